import type { Span } from '../calendar/span.ts';
import { Exact } from '../money/exact.ts';
import type { Carried } from './carried.ts';
import type { MeterEvent } from './meter-event.ts';
import { type Metric, numberOf } from './metric.ts';

const places = 15;

/**
 * The running total weighted by the time it stood, over the WHOLE period, also after a late start (Lago): a total of 300
 * for half of the month is 150. Fifteen decimals, as a fee keeps its units.
 */
export function weightedSum(
  metric: Metric,
  events: readonly MeterEvent[],
  { billed, period }: { readonly billed: Span; readonly period: Span },
  before: Carried,
): { units: Exact; after: Carried } {
  const end = billed.end.epochNanoseconds;
  let weighted = before.total.times(Exact.fromInteger(end - billed.start.epochNanoseconds));
  let total = before.total;
  for (const event of events) {
    const value = numberOf(metric, event) ?? Exact.zero;
    weighted = weighted.plus(value.times(Exact.fromInteger(end - event.timestamp.epochNanoseconds)));
    total = total.plus(value);
  }
  const length = Exact.fromInteger(period.end.epochNanoseconds - period.start.epochNanoseconds);
  return { units: weighted.dividedBy(length).rounded('round', places), after: { total, values: [] } };
}
