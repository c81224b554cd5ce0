import type { Tx } from '../../platform/database/unit-of-work.ts';
import { tell } from '../../platform/outbox/outbox.ts';
import { presentPlans } from './plans.queries.ts';
import type { PlanRow } from './plan.entity.ts';
import type { presentPlan } from './plan.presenter.ts';

export type PresentedPlan = ReturnType<typeof presentPlan>;

/** Tells what happened to the plan, as it stands in this transaction, and returns it. */
export async function tellPlan(
  tx: Tx,
  type: 'plan.created' | 'plan.updated' | 'plan.deleted',
  row: PlanRow,
  at: Date,
): Promise<PresentedPlan> {
  const [plan] = await presentPlans(tx, [row]);
  if (!plan) throw new Error(`plan ${row.id} cannot be presented`);
  await tell(tx, row.organizationId, at, [{ objectType: 'plan', objectId: row.id, type, payload: plan }]);
  return plan;
}
