export { ChargeRow, type PriceStatus } from './charges/charge.entity.ts';
export { ChargeFilterRow } from './charges/charge-filter.entity.ts';
export { FixedChargeRow } from './fixed-charges/fixed-charge.entity.ts';
export { MinimumCommitmentRow } from './minimum-commitment.entity.ts';
export { PlanRow } from './plan.entity.ts';
export { PlansModule } from './plans.module.ts';
export { billsInAdvance, findPlan } from './plans.queries.ts';
