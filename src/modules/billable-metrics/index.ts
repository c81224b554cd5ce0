export { type AggregationType, anyValue, BillableMetricRow, type MetricFilter } from './billable-metric.entity.ts';
export { BillableMetricsModule } from './billable-metrics.module.ts';
