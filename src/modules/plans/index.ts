export { ChargeRow, type PriceStatus } from './charges/charge.entity.ts';
export { FixedChargeRow } from './fixed-charges/fixed-charge.entity.ts';
export { PlanRow } from './plan.entity.ts';
export { PlansModule } from './plans.module.ts';
export { findPlan } from './plans.queries.ts';
