import type { Temporal } from 'temporal-polyfill';
import type { Span } from '../calendar/span.ts';
import { startOfNextDayOf } from '../calendar/spans.ts';
import { Exact } from '../money/exact.ts';
import type { ProratedChange } from '../pricing/graduated.ts';
import { type DayCount, localDaysAs } from '../proration/local-days.ts';
import type { Carried } from './carried.ts';
import type { MeterEvent } from './meter-event.ts';
import { type Metric, numberOf } from './metric.ts';
import { uniqueChanges } from './unique-count.ts';

/** Prorated units are rounded up here (Lago): 10 × 17/31 is 5.48388. */
const places = 5;

/** In the place where Lago rounds what was prorated: up. */
export const roundProrated = (units: Exact): Exact => units.rounded('ceil', places);

interface Period {
  readonly billed: Span;
  readonly period: Span;
  readonly timezone: string;
  readonly dayCount?: DayCount;
  readonly daysUntil?: Temporal.Instant;
}

/**
 * The units of a recurring, prorated metric: what was carried over counts for every billed day, a change for the days left. A running
 * total below zero is no units, for as long as it is.
 */
export function proratedUnits(metric: Metric, events: readonly MeterEvent[], period: Period, carried: Carried): Exact {
  let total = Exact.zero;
  let units = Exact.zero;
  for (const { full, prorated } of exactChanges(metric, events, period, carried)) {
    if (full.isZero()) continue;
    const after = total.plus(full);
    const above = after.atLeast(Exact.zero).minus(total.atLeast(Exact.zero));
    units = units.plus(above.compare(full) === 0 ? prorated : prorated.times(above).dividedBy(full));
    total = after;
  }
  return roundProrated(units);
}

/** The same change by change, each rounded up, for a graduated price. The first is what was carried over. */
export const proratedChanges = (
  metric: Metric,
  events: readonly MeterEvent[],
  period: Period,
  carried: Carried,
): readonly ProratedChange[] =>
  exactChanges(metric, events, period, carried).map(({ full, prorated }) => ({
    full,
    prorated: roundProrated(prorated),
  }));

function exactChanges(
  metric: Metric,
  events: readonly MeterEvent[],
  period: Period,
  carried: Carried,
): readonly ProratedChange[] {
  const share = shareOfDays(period);
  const first = { full: carried.total, prorated: carried.total.times(share(period.billed.start)) };
  const changes =
    metric.aggregation === 'unique_count_agg'
      ? changesOfUnique(metric, events, period, carried)
      : events.flatMap((event) => {
          const full = numberOf(metric, event);
          return full ? [{ full, prorated: full.times(share(event.timestamp)) }] : [];
        });
  return carried.total.isZero() ? changes : [first, ...changes];
}

/** The day of an addition and the day of a removal are both used; a value that comes back on the day it left pays that day once. */
function changesOfUnique(
  metric: Metric,
  events: readonly MeterEvent[],
  period: Period,
  carried: Carried,
): readonly ProratedChange[] {
  const share = shareOfDays(period);
  const paidUntil = new Map<string, Temporal.Instant>();
  return uniqueChanges(metric, events, carried.values).map(({ event, value, operation }) => {
    const nextDay = startOfNextDayOf(event.timestamp, period.timezone);
    if (operation === 'remove') {
      paidUntil.set(value, nextDay);
      return { full: Exact.one.negated(), prorated: share(nextDay).negated() };
    }
    const paid = paidUntil.get(value);
    const from = paid && paid.epochNanoseconds > event.timestamp.epochNanoseconds ? paid : event.timestamp;
    return { full: Exact.one, prorated: share(from) };
  });
}

/** Billed days from an instant's local day on, over the days of the whole period. */
export function shareOfDays(span: Period): (from: Temporal.Instant) => Exact {
  const { billed, period, timezone, dayCount = 'actual', daysUntil = billed.end } = span;
  const count = localDaysAs(dayCount);
  const whole = BigInt(count(period.start, period.end, timezone));
  return (from) => Exact.ratio(BigInt(count(from, daysUntil, timezone)), whole);
}
