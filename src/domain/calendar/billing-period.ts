import { Temporal } from 'temporal-polyfill';
import { localDateOf, startOfLocalDay } from './local-day.ts';

export type Interval = 'weekly' | 'monthly' | 'quarterly' | 'semiannual' | 'yearly';
export type BillingTime = 'calendar' | 'anniversary';

export const intervals: readonly Interval[] = ['weekly', 'monthly', 'quarterly', 'semiannual', 'yearly'];

/** What a subscription's periods hang on. */
export interface BillingAnchor {
  readonly interval: Interval;
  readonly billingTime: BillingTime;
  /** The date the subscription began, in the customer's zone; every period is recomputed from it, never from the previous one. */
  readonly anchorDate: Temporal.PlainDate;
  /** IANA zone of the customer (else of the billing entity). */
  readonly timezone: string;
}

/** Half-open span of instants `[start, end)` with the local dates it came from. */
export interface BillingPeriod {
  /** Position from the anchor: 0 holds the anchor date. */
  readonly index: number;
  readonly startDate: Temporal.PlainDate;
  readonly endDate: Temporal.PlainDate;
  readonly start: Temporal.Instant;
  readonly end: Temporal.Instant;
}

const monthsOf: Readonly<Record<Exclude<Interval, 'weekly'>, number>> = { monthly: 1, quarterly: 3, semiannual: 6, yearly: 12 };

/** First day of the calendar period that holds `date`: Monday, the 1st, the 1st of Jan/Apr/Jul/Oct, of Jan/Jul, 1 January. */
function calendarFloor(date: Temporal.PlainDate, interval: Interval): Temporal.PlainDate {
  if (interval === 'weekly') return date.subtract({ days: date.dayOfWeek - 1 });
  const months = monthsOf[interval];
  return date.with({ month: Math.floor((date.month - 1) / months) * months + 1, day: 1 });
}

/** Start date of the period with this index; a short month clamps the day and the next one returns to it (31 Jan, 28 Feb, 31 Mar). */
function startDateOf(anchor: BillingAnchor, index: number): Temporal.PlainDate {
  const origin = anchor.billingTime === 'calendar' ? calendarFloor(anchor.anchorDate, anchor.interval) : anchor.anchorDate;
  return anchor.interval === 'weekly' ? origin.add({ weeks: index }) : origin.add({ months: index * monthsOf[anchor.interval] });
}

export function periodAt(anchor: BillingAnchor, index: number): BillingPeriod {
  const startDate = startDateOf(anchor, index);
  const endDate = startDateOf(anchor, index + 1);
  return {
    index,
    startDate,
    endDate,
    start: startOfLocalDay(startDate, anchor.timezone),
    end: startOfLocalDay(endDate, anchor.timezone),
  };
}

/** The one period that contains the instant. Instants before the anchor have negative indexes. */
export function periodContaining(anchor: BillingAnchor, instant: Temporal.Instant): BillingPeriod {
  const date = localDateOf(instant, anchor.timezone);
  const origin = startDateOf(anchor, 0);
  const distance = origin.until(date, { largestUnit: anchor.interval === 'weekly' ? 'weeks' : 'months' });
  const estimate = anchor.interval === 'weekly' ? distance.weeks : Math.floor(distance.months / monthsOf[anchor.interval]);
  for (const index of [estimate, estimate + 1, estimate - 1, estimate + 2, estimate - 2]) {
    const period = periodAt(anchor, index);
    if (Temporal.Instant.compare(period.start, instant) <= 0 && Temporal.Instant.compare(instant, period.end) < 0) return period;
  }
  throw new RangeError(`no ${anchor.interval} period contains ${instant.toString()}`);
}
