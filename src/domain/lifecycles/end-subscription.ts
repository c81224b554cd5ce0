import type { Temporal } from 'temporal-polyfill';
import type { Span } from '../calendar/span.ts';
import { common, endOfUse, splitAt } from '../calendar/spans.ts';

/** How a subscription comes to its end. A downgrade ends with its period, so nothing of it is cut. */
export type Ending = 'termination' | 'upgrade' | 'downgrade';

export interface EndingSpans {
  /** Of the plan and of prorated fixed charges: whole local days. The termination day is used, the upgrade day is the new plan's. */
  readonly used: Span;
  /** What a plan that was paid in advance did not get: to be credited. */
  readonly unused: Span;
  /** Of usage: the exact instants. */
  readonly metered: Span;
}

/**
 * Cuts a billed span of a subscription that ends at `at`. When its trial ended on the day of the termination, that day was the
 * trial's: nothing of what was paid for is used.
 */
export function endSpans(
  billed: Span,
  ending: {
    readonly kind: Ending;
    readonly at: Temporal.Instant;
    readonly timezone: string;
    readonly trialEndsAt?: Temporal.Instant | null;
  },
): EndingSpans {
  const { kind, at, timezone, trialEndsAt } = ending;
  const metered = common(billed, { start: billed.start, end: at });
  if (kind === 'downgrade') return { used: billed, unused: { start: billed.end, end: billed.end }, metered };
  const trialDay = trialEndsAt != null && endOfUse(trialEndsAt, timezone, 'used').equals(endOfUse(at, timezone, 'used'));
  const [used, unused] = splitAt(billed, endOfUse(at, timezone, kind === 'termination' && !trialDay ? 'used' : 'given_up'));
  return { used, unused, metered };
}
