import { isoOf } from '../../platform/clock/clock.ts';
import type { BillableMetricRow } from './billable-metric.entity.ts';

export const presentBillableMetric = (row: Omit<BillableMetricRow, 'usageKey'>) => ({
  id: row.id,
  lago_id: row.id,
  code: row.code,
  name: row.name,
  description: row.description,
  aggregation_type: `${row.aggregationType.toLowerCase()}_agg`,
  field_name: row.fieldName,
  recurring: row.recurring,
  expression: row.expression,
  rounding_function: row.roundingFunction,
  rounding_precision: row.roundingPrecision,
  weighted_interval: row.weightedInterval,
  filters: row.filters,
  created_at: isoOf(row.createdAt),
  updated_at: isoOf(row.updatedAt),
});
