import type { Temporal } from 'temporal-polyfill';
import type { Span } from '../../domain/calendar/span.ts';
import type { UsageBucket, UsageEvidence } from '../../domain/invoicing/items.ts';
import type { DayCount } from '../../domain/proration/local-days.ts';
import type { Metering } from '../../domain/metering/meter-usage.ts';
import type { Metric } from '../../domain/metering/metric.ts';
import { anyValue } from '../billable-metrics/index.ts';
import type { MeasuredUsage, UsageRequest } from '../usage/index.ts';
import type { FilterFacts, MetricFacts, UsageChargeFacts } from './price-facts.store.ts';

/** Where and when a subscription's usage is counted. */
export interface UsageSpan {
  readonly streamId: string;
  readonly timezone: string;
  readonly dayCount: DayCount;
  readonly daysUntil?: Temporal.Instant;
  readonly period: Span;
  readonly billed: Span;
}

/** What usage must say for a charge to be priced. */
export const usageRequestOf = (
  charge: UsageChargeFacts,
  { streamId, timezone, dayCount, daysUntil, period, billed }: UsageSpan,
): UsageRequest => ({
  streamId,
  metricKey: charge.metric.usage_key,
  aggregation: charge.metric.aggregation_type,
  metering: {
    metric: metricOf(charge.metric),
    model: charge.pricing.model,
    prorated: charge.prorated,
    period,
    billed,
    timezone,
    dayCount,
    ...(daysUntil && { daysUntil }),
  },
  filters: charge.filters.map((filter) => ({
    id: filter.id,
    values: valuesOf(filter, charge.metric),
    model: filter.pricing.model,
    groupKeys: filter.pricing.groupKeys,
  })),
  groupKeys: charge.pricing.groupKeys,
});

/** The same usage as the buckets that are priced, each a fee of its own. */
export const bucketOf = (charge: UsageChargeFacts, measured: MeasuredUsage): UsageBucket => {
  const filter = charge.filters.find(({ id }) => id === measured.filterId);
  return {
    pricing: filter?.pricing ?? charge.pricing,
    usage: measured.usage,
    ...(filter && { filterId: filter.id, filterValues: filter.filter_values, label: labelOf(filter) }),
    ...(measured.groupedBy && { groupedBy: measured.groupedBy }),
    evidence: evidenceOf(charge.metric, measured),
  };
};

const aggregationOf = (metric: MetricFacts): Metric['aggregation'] =>
  `${metric.aggregation_type.toLowerCase()}_agg` as Metric['aggregation'];

const roundingOf = ({ rounding_function, rounding_precision }: MetricFacts): Metric['rounding'] =>
  rounding_function && { function: rounding_function, precision: rounding_precision ?? 0 };

/** Expressions were evaluated when the events came. */
const metricOf = (metric: MetricFacts): Metering['metric'] => ({
  code: metric.code,
  aggregation: aggregationOf(metric),
  fieldName: metric.field_name,
  expression: null,
  recurring: metric.recurring,
  rounding: roundingOf(metric),
});

const valuesOf = (filter: FilterFacts, metric: MetricFacts): Record<string, readonly string[]> =>
  Object.fromEntries(
    Object.entries(filter.filter_values).map(([key, values]) => [
      key,
      values.includes(anyValue) ? (metric.filters.find((candidate) => candidate.key === key)?.values ?? []) : values,
    ]),
  );

/** How Lago calls a filter without a name: by its values. */
const labelOf = (filter: FilterFacts): string =>
  filter.invoice_display_name ?? Object.values(filter.filter_values).flat().join(', ');

const evidenceOf = (metric: MetricFacts, { aggregated }: MeasuredUsage): UsageEvidence => ({
  metric_code: metric.code,
  aggregation: aggregationOf(metric),
  field_name: metric.field_name,
  aggregated: aggregated.toDecimal(),
  rounding: roundingOf(metric),
});
