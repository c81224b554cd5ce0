export { AddOnRow } from './add-on.entity.ts';
export { type AggregationType, BillableMetricRow } from './billable-metric.entity.ts';
export { CatalogModule } from './catalog.module.ts';
export { findPlan } from './catalog.queries.ts';
export { ChargeRow, type PriceStatus } from './charge.entity.ts';
export { FixedChargeRow } from './fixed-charge.entity.ts';
export { PlanRow } from './plan.entity.ts';
