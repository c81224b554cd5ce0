import { Temporal } from 'temporal-polyfill';
import { localDateOf } from '../calendar/local-day.ts';
import { Exact } from '../money/exact.ts';

/**
 * Billable local days in `[start, end)`: every local day that the span touches counts once, the day of a start in the
 * middle included (an hour lost or won to DST does not change a day's count).
 */
export function localDays(start: Temporal.Instant, end: Temporal.Instant, timezone: string): number {
  if (Temporal.Instant.compare(end, start) <= 0) return 0;
  const first = localDateOf(start, timezone);
  const last = localDateOf(end.subtract({ nanoseconds: 1 }), timezone);
  return first.until(last, { largestUnit: 'days' }).days + 1;
}

export interface Proration {
  readonly billableDays: number;
  /** Days of the whole period, never of the shortened one. */
  readonly periodDays: number;
}

export const prorationFraction = ({ billableDays, periodDays }: Proration): Exact =>
  Exact.ratio(BigInt(billableDays), BigInt(periodDays));
