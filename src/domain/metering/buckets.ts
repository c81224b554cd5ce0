import type { MeterEvent } from './meter-event.ts';

/** A charge's filter: for each key the values it takes. */
export interface ChargeFilter {
  readonly id: string;
  readonly values: Readonly<Record<string, readonly string[]>>;
}

/** Events that are priced together: one filter (null: matched by none) and one combination of the grouping values. */
export interface Bucket {
  readonly filterId: string | null;
  readonly groupedBy: Readonly<Record<string, string | null>>;
  readonly events: readonly MeterEvent[];
}

const wordOf = (event: MeterEvent, key: string): string | null => {
  const value = Object.hasOwn(event.properties, key) ? event.properties[key] : undefined;
  return value === undefined || value === null ? null : `${value as string}`;
};

const matches = (filter: ChargeFilter, event: MeterEvent): boolean =>
  Object.entries(filter.values).every(([key, values]) => {
    const word = wordOf(event, key);
    return word !== null && values.includes(word);
  });

/** The most specific filter that matches: the one with most keys, of those the first. Null: the charge's own price. */
export function filterFor(filters: readonly ChargeFilter[], event: MeterEvent): ChargeFilter | null {
  let best: ChargeFilter | null = null;
  for (const filter of filters) if (matches(filter, event) && (best === null || keysOf(filter) > keysOf(best))) best = filter;
  return best;
}

const keysOf = (filter: ChargeFilter): number => Object.keys(filter.values).length;

/** Deals events to filters and groups, in the order in which each bucket is first met. Every event is in exactly one. */
export function bucketsOf(
  events: readonly MeterEvent[],
  filters: readonly ChargeFilter[],
  groupKeys: readonly string[],
): readonly Bucket[] {
  const buckets = new Map<string, { filterId: string | null; groupedBy: Record<string, string | null>; events: MeterEvent[] }>();
  for (const event of events) {
    const filterId = filterFor(filters, event)?.id ?? null;
    const groupedBy = Object.fromEntries(groupKeys.map((key) => [key, wordOf(event, key)]));
    const key = JSON.stringify([filterId, ...Object.values(groupedBy)]);
    const bucket = buckets.get(key);
    if (bucket) bucket.events.push(event);
    else buckets.set(key, { filterId, groupedBy, events: [event] });
  }
  return [...buckets.values()];
}
