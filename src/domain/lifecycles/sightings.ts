/** What a provider said of one of its objects, as far as order is concerned. */
export interface Sighting {
  /** When the provider says it was so, in epoch milliseconds; whole seconds, so several fall on one. */
  readonly occurredAtMs: number;
  /** Where in its life the object is; it never goes back. */
  readonly rank: bigint;
  /** Everything we keep of it, as one text: two sightings with one text say the same. */
  readonly state: string;
}

export interface KnownSighting extends Sighting {
  /** From the object's beginning on, and still in its second, each change that we heard of led on from the one before. */
  readonly isUnbroken: boolean;
}

export interface NextSighting extends Sighting {
  /** What it was just before, where the provider says so. */
  readonly previousState: string | null;
  /** It tells of the object's beginning. */
  readonly isBeginning: boolean;
}

export type Verdict = 'same' | 'newer' | 'older' | 'undecided';

/**
 * Whether the next sighting is later than the known one, without trusting whole seconds (stripe.md 2.3): the rank decides,
 * then strictly different seconds, then what each says of the moment before. What stays undecided only the provider can tell.
 */
export function compareSightings(known: KnownSighting, next: NextSighting): Verdict {
  if (next.state === known.state) return 'same';
  if (next.rank !== known.rank) return next.rank > known.rank ? 'newer' : 'older';
  if (next.occurredAtMs !== known.occurredAtMs) return next.occurredAtMs > known.occurredAtMs ? 'newer' : 'older';
  if (next.isBeginning) return 'older';
  return known.isUnbroken && next.previousState === known.state ? 'newer' : 'undecided';
}

/**
 * Whether what is known stays unbroken with this sighting. An object may leave a state and come back to it within a second, so "it was just
 * so" alone does not make a word the next one. Who follows every change from the beginning on ends where they end, whichever of two that
 * leave the same state comes first; once a change was skipped, or may have been in a second before, that is no longer so.
 */
export function staysUnbroken(known: KnownSighting, next: NextSighting, verdict: Verdict): boolean {
  if (verdict === 'older' || verdict === 'undecided') return known.isUnbroken;
  const leadsOn = next.previousState === null ? next.state === known.state : next.previousState === known.state;
  return leadsOn && known.isUnbroken && next.occurredAtMs === known.occurredAtMs;
}

/** The later of two states; what was learned once (a number, a link, a day of payment) is not unlearned. */
export function mergeStates<T extends object>(known: T, next: T, verdict: Verdict, learnedOnce: readonly (keyof T)[]): T {
  const [leading, other] = verdict === 'newer' ? [next, known] : [known, next];
  const merged = { ...leading };
  for (const key of learnedOnce) merged[key] ??= other[key];
  return merged;
}
