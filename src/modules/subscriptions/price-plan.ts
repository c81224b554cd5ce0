import type { Tx } from '../../platform/database/unit-of-work.ts';
import { deletePlanRows, overridePlan, ownPlan, type PlanOverridesInput, PlanRow, samePrices } from '../plans/index.ts';
import type { Reading } from './decided.ts';
import type { SubscriptionRow } from './subscription.entity.ts';

/** A plan of the catalog, at its prices or at others. */
export interface AskedPlan {
  readonly plan: PlanRow;
  readonly overrides: PlanOverridesInput | null;
}

/** An object that says nothing overrides nothing. */
export const givenOverrides = (overrides: PlanOverridesInput | null | undefined): PlanOverridesInput | null =>
  overrides && Object.values(overrides).some((value) => value !== undefined) ? overrides : null;

/** The plan that a subscription has, and the one of the change that is planned for it. */
export async function knownPlans(reading: Reading, live: SubscriptionRow, planned: SubscriptionRow | null): Promise<PlanRow[]> {
  const { organizationId } = live;
  const plans = [await reading.findOneByOrFail(PlanRow, { organizationId, id: live.planId })];
  if (planned) plans.push(await reading.findOneByOrFail(PlanRow, { organizationId, id: planned.planId }));
  return plans;
}

/** The plan of the catalog that a plan is, or is a copy of. */
const catalogIdOf = ({ id, parentId }: PlanRow): string => parentId ?? id;

/** One of the known that is a plan of the catalog, overridden or not; else that itself. */
export const planAmong = (known: readonly PlanRow[], plan: PlanRow): PlanRow =>
  known.find((one) => catalogIdOf(one) === plan.id) ?? plan;

/**
 * The plan that is asked for: where nothing is said of prices one of the known that is it, overridden or not; with other prices one of the
 * known that has the same, else a new copy. So asking twice is asking once.
 */
export async function pricedPlan(tx: Tx, asked: AskedPlan, known: readonly PlanRow[], at: Date): Promise<PlanRow> {
  const { plan, overrides } = asked;
  if (!overrides) return planAmong(known, plan);
  const own = await overridePlan(tx, await ownPlan(tx, plan, at), overrides, at);
  for (const one of known)
    if (await samePrices(tx, one, own)) {
      await deletePlanRows(tx, own);
      return one;
    }
  return own;
}
