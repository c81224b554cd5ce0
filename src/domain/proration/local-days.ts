import { Temporal } from 'temporal-polyfill';
import { localDateOf, remember } from '../calendar/local-day.ts';
import type { Span } from '../calendar/span.ts';
import { common } from '../calendar/spans.ts';
import { Exact } from '../money/exact.ts';

/**
 * Billable local days in `[start, end)`: every local day that the span touches counts once, the day of a start in the
 * middle included (an hour lost or won to DST does not change a day's count).
 */
export function localDays(start: Temporal.Instant, end: Temporal.Instant, timezone: string): number {
  const [from, to] = [start.epochNanoseconds, end.epochNanoseconds];
  return to <= from ? 0 : remember(counts, `${from} ${to} ${timezone}`, () => countDays(start, end, timezone));
}

const counts = new Map<string, number>();

function countDays(start: Temporal.Instant, end: Temporal.Instant, timezone: string): number {
  const first = localDateOf(start, timezone);
  const last = localDateOf(end.subtract({ nanoseconds: 1 }), timezone);
  return first.until(last, { largestUnit: 'days' }).days + 1;
}

/** How days are counted: as the calendar has them, or 30 to every month (30/360 bond basis, Kill Bill's fixed proration days). */
export const dayCounts = ['actual', 'thirty_day_months'] as const;
export type DayCount = (typeof dayCounts)[number];

export interface Proration {
  readonly billableDays: number;
  /** Days of the whole period, never of the shortened one. */
  readonly periodDays: number;
}

export const prorationFraction = ({ billableDays, periodDays }: Proration): Exact =>
  Exact.ratio(BigInt(billableDays), BigInt(periodDays));

/** The part of the period that is billed; null for all of it, which is what most invoices are and costs no calendar arithmetic. */
export function prorationOf(period: Span, billed: Span, timezone: string, dayCount: DayCount = 'actual'): Proration | null {
  if (sameInstant(period.start, billed.start) && sameInstant(period.end, billed.end)) return null;
  const count = localDaysAs(dayCount);
  const within = common(period, billed);
  const billableDays = count(within.start, within.end, timezone);
  const periodDays = count(period.start, period.end, timezone);
  return billableDays === periodDays ? null : { billableDays, periodDays };
}

export const localDaysAs = (
  dayCount: DayCount,
): ((start: Temporal.Instant, end: Temporal.Instant, timezone: string) => number) =>
  dayCount === 'actual' ? localDays : thirtyDayMonths;

const sameInstant = (a: Temporal.Instant, b: Temporal.Instant): boolean => a === b || a.epochNanoseconds === b.epochNanoseconds;

/** Days from the first local day to the day after the last, as if every month had 30: 23 May to 15 June is 22. */
function thirtyDayMonths(start: Temporal.Instant, end: Temporal.Instant, timezone: string): number {
  if (Temporal.Instant.compare(end, start) <= 0) return 0;
  const from = localDateOf(start, timezone);
  const to = localDateOf(end.subtract({ nanoseconds: 1 }), timezone).add({ days: 1 });
  return thirtyDayMonthsBetween(from, to);
}

/** `[from, to)` with 30 days to every month; the 31st counts as the 30th. */
export const thirtyDayMonthsBetween = (from: Temporal.PlainDate, to: Temporal.PlainDate): number =>
  (to.year - from.year) * 360 + (to.month - from.month) * 30 + Math.min(to.day, 30) - Math.min(from.day, 30);
