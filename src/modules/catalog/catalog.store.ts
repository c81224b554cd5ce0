import { liveStatuses } from '../../domain/lifecycles/subscription.ts';
import { runStatement } from '../../platform/database/sql.ts';
import type { Tx } from '../../platform/database/unit-of-work.ts';
import type { BillableMetricRow } from './billable-metric.entity.ts';
import type { PlanRow } from './plan.entity.ts';

/**
 * Questions to the database, not to rooms: subscriptions and usage stand to the right, where this room cannot import. A
 * subscription holds a foreign key to its plan, so whoever holds the plan's row lock gets an answer that stays true until commit.
 */
const hasLiveSubscription = {
  name: 'plans.has_live_subscription',
  text: `select exists (select from subscriptions where organization_id = $1 and plan_id = $2 and status = any($3::text[])) as found`,
};

/** Does a subscription that may still be billed hang on the plan? */
export async function isPlanLive(tx: Tx, plan: PlanRow): Promise<boolean> {
  const [row] = await runStatement<{ found: boolean }>(tx, hasLiveSubscription, [plan.organizationId, plan.id, liveStatuses]);
  return row?.found ?? false;
}

/** Events have no foreign key to their metric (docs/decisions/0005); the limit makes this one index probe a stream. */
const isMeasured = {
  name: 'billable_metrics.is_measured',
  text: `select exists (select from charges where organization_id = $1 and billable_metric_id = $2)
    or exists (
      select from usage_streams s
      cross join lateral (select from usage_events e where e.stream_id = s.id and e.metric_key = $3 limit 1) e
      where s.organization_id = $1) as found`,
};

/** Does a charge price the metric, or an event carry its value? */
export async function isMetricInUse(tx: Tx, metric: BillableMetricRow): Promise<boolean> {
  const [row] = await runStatement<{ found: boolean }>(tx, isMeasured, [metric.organizationId, metric.id, metric.usageKey]);
  return row?.found ?? false;
}

/** The plan and all that hangs on it. Its subscriptions, past ones too, refuse by `fk_subscriptions_plan`. */
export async function deletePlanRows(tx: Tx, { organizationId, id }: PlanRow): Promise<void> {
  await tx.query(
    `delete from charge_taxes where organization_id = $1 and charge_id in (select id from charges where organization_id = $1 and plan_id = $2)`,
    [organizationId, id],
  );
  for (const table of ['charges', 'fixed_charges', 'plan_taxes'])
    await tx.query(`delete from ${table} where organization_id = $1 and plan_id = $2`, [organizationId, id]);
  await tx.query('delete from plans where organization_id = $1 and id = $2', [organizationId, id]);
}
