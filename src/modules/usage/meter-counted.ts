import { Temporal } from 'temporal-polyfill';
import { aggregate } from '../../domain/metering/aggregate.ts';
import type { MeterEvent } from '../../domain/metering/meter-event.ts';
import { type Metering, meterUsage } from '../../domain/metering/meter-usage.ts';
import type { Metric } from '../../domain/metering/metric.ts';
import type { Exact } from '../../domain/money/exact.ts';
import type { UsageToPrice } from '../../domain/pricing/usage.ts';
import type { CountedEvent } from './aggregate-buckets.ts';

const beginning = Temporal.Instant.fromEpochMilliseconds(0);

/** The events of one bucket, in order, through the domain's own reducers: for prices that look at each event. */
export function meterCounted(
  metering: Metering,
  counted: readonly CountedEvent[],
): { readonly usage: UsageToPrice; readonly aggregated: Exact } {
  const metric = countedMetric(metering.metric);
  const events = counted.map((event) => countedEvent(metric, event));
  const before = { billed: { start: beginning, end: metering.billed.start }, period: metering.period };
  const { carried } = aggregate(metric, events, before);
  const { usage, aggregate: total } = meterUsage({ ...metering, metric }, events, carried);
  return { usage, aggregated: total.aggregated };
}

/** A metric whose events are stored: what they count with was read from their properties when they came. */
export const countedMetric = (metric: Metric): Metric => ({
  ...metric,
  fieldName: metric.fieldName && 'counted',
  expression: null,
});

/** A stored event as the reducers read one: what it counted is kept apart from its properties. */
export const countedEvent = (metric: Metric, { at, value, unique_value }: CountedEvent): MeterEvent => ({
  timestamp: Temporal.Instant.from(at),
  code: metric.code,
  properties:
    metric.aggregation === 'unique_count_agg'
      ? { counted: unique_value, ...(value !== null && { operation_type: 'remove' }) }
      : { counted: value },
});
