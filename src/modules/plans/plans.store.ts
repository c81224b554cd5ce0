import { liveStatuses } from '../../domain/lifecycles/subscription.ts';
import { runStatement } from '../../platform/database/sql.ts';
import type { Tx } from '../../platform/database/unit-of-work.ts';
import type { PlanRow } from './plan.entity.ts';

/**
 * A question to the database, not to a room: subscriptions stand to the right, where this room cannot import. A subscription holds a foreign key to its plan, so whoever holds the plan's row lock gets an answer that stays true until commit.
 */
const hasLiveSubscription = {
  name: 'plans.has_live_subscription',
  text: `select exists (select from subscriptions where organization_id = $1 and status = any($3::text[])
    and plan_id in (select id from plans where organization_id = $1 and (id = $2 or parent_id = $2))) as found`,
};

/** Does a subscription that may still be billed hang on the plan, or on a copy of it? */
export async function isPlanLive(tx: Tx, plan: PlanRow): Promise<boolean> {
  const [row] = await runStatement<{ found: boolean }>(tx, hasLiveSubscription, [plan.organizationId, plan.id, liveStatuses]);
  return row?.found ?? false;
}

/** The plan and all that hangs on it. Its subscriptions, past ones too, refuse by `fk_subscriptions_plan`. */
export async function deletePlanRows(tx: Tx, { organizationId, id }: PlanRow): Promise<void> {
  const values = [organizationId, id];
  const ofCharges = 'select id from charges where organization_id = $1 and plan_id = $2';
  for (const table of ['charge_taxes', 'charge_filters'])
    await tx.query(`delete from ${table} where organization_id = $1 and charge_id in (${ofCharges})`, values);
  await tx.query(
    `delete from minimum_commitment_taxes where organization_id = $1 and minimum_commitment_id in
      (select id from minimum_commitments where organization_id = $1 and plan_id = $2)`,
    values,
  );
  await tx.query(
    'delete from fixed_charge_units where organization_id = $1 and fixed_charge_id in (select id from fixed_charges where organization_id = $1 and plan_id = $2)',
    values,
  );
  for (const table of ['charges', 'fixed_charges', 'minimum_commitments', 'plan_taxes'])
    await tx.query(`delete from ${table} where organization_id = $1 and plan_id = $2`, values);
  await tx.query('delete from plans where organization_id = $1 and id = $2', [organizationId, id]);
}
