import type { Span } from '../calendar/span.ts';
import { Exact } from '../money/exact.ts';
import { type Carried, nothingCarried } from './carried.ts';
import type { MeterEvent } from './meter-event.ts';
import { type Metric, numberOf, roundUnits } from './metric.ts';
import { countUnique } from './unique-count.ts';
import { weightedSum } from './weighted-sum.ts';

export interface Aggregate {
  /** After the metric's rounding. */
  readonly units: Exact;
  readonly aggregated: Exact;
  readonly eventsCount: bigint;
  /** For the next period; nothing where the metric does not recur. */
  readonly carried: Carried;
}

/** Events of the span `[start, end)` in the order of their time; ties in the order of arrival. */
export const eventsWithin = (events: readonly MeterEvent[], span: Span): readonly MeterEvent[] =>
  events
    .filter(({ timestamp }) => {
      const at = timestamp.epochNanoseconds;
      return at >= span.start.epochNanoseconds && at < span.end.epochNanoseconds;
    })
    .toSorted((a, b) => {
      const [left, right] = [a.timestamp.epochNanoseconds, b.timestamp.epochNanoseconds];
      return left < right ? -1 : left > right ? 1 : 0;
    });

/**
 * The units that the events of a span come to (as Lago; requirement G7): the reference that SQL is compared with. No events are
 * zero units. `period` is the whole billing period, over which a weighted sum is spread.
 */
export function aggregate(
  metric: Metric,
  events: readonly MeterEvent[],
  { billed, period }: { readonly billed: Span; readonly period: Span },
  carried: Carried = nothingCarried,
): Aggregate {
  const counted = eventsWithin(events, billed);
  const before = metric.recurring ? carried : nothingCarried;
  const { units, after } = reduce(metric, counted, { billed, period }, before);
  return {
    units: roundUnits(units, metric.rounding),
    aggregated: units,
    eventsCount: BigInt(counted.length),
    carried: metric.recurring ? after : nothingCarried,
  };
}

function reduce(
  metric: Metric,
  events: readonly MeterEvent[],
  spans: { readonly billed: Span; readonly period: Span },
  before: Carried,
): { units: Exact; after: Carried } {
  const numbers = () => events.flatMap((event) => numberOf(metric, event) ?? []);
  switch (metric.aggregation) {
    case 'count_agg':
      return { units: Exact.fromInteger(BigInt(events.length)), after: nothingCarried };
    case 'max_agg':
      return {
        units: numbers().reduce((most, value) => (value.compare(most) > 0 ? value : most), numbers()[0] ?? Exact.zero),
        after: nothingCarried,
      };
    case 'latest_agg':
      return { units: numbers().at(-1) ?? Exact.zero, after: nothingCarried };
    case 'sum_agg':
    case 'custom_agg': {
      const total = numbers().reduce((sum, value) => sum.plus(value), before.total);
      return { units: total, after: { total, values: [] } };
    }
    case 'unique_count_agg': {
      const values = countUnique(metric, events, before.values);
      const total = Exact.fromInteger(BigInt(values.length));
      return { units: total, after: { total, values } };
    }
    case 'weighted_sum_agg':
      return weightedSum(metric, events, spans, before);
  }
}
