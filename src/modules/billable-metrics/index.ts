export { type AggregationType, BillableMetricRow } from './billable-metric.entity.ts';
export { BillableMetricsModule } from './billable-metrics.module.ts';
