import { invalid } from '../../domain/errors/billing-error.ts';
import { decidePlanChange } from '../../domain/lifecycles/change-plan.ts';
import { dateOf, instantOf } from '../../platform/clock/clock.ts';
import type { Tx } from '../../platform/database/unit-of-work.ts';
import { PlanRow } from '../plans/index.ts';
import { endSubscription, plannedChangeOf } from './end-subscription.ts';
import { type Change, endOfPeriod, planChange, replaceSubscription } from './replace-subscription.ts';
import { SubscriptionRow } from './subscription.entity.ts';
import { tellSubscription } from './tell-subscription.ts';

/**
 * What Lago makes of a second POST under a live external id: an upgrade at once, a downgrade at the end of the period, the same plan
 * undoes what was planned. One that has not started yet simply takes the other plan.
 * @throws BillingError validation_errors (it is paused or not active)
 */
export async function changePlan(tx: Tx, live: SubscriptionRow, change: Change, at: Date): Promise<SubscriptionRow> {
  const { organizationId, id } = live;
  if (live.status === 'PENDING') return keepPlan(tx, { ...live, planId: change.plan.id }, change, at);
  const current = await tx.findOneByOrFail(PlanRow, { organizationId, id: live.planId });
  const planned = await plannedChangeOf(tx, live);
  const decision = decidePlanChange({
    current: termsOf(current),
    wanted: termsOf(change.plan),
    pendingPlanId: planned?.planId ?? null,
    now: instantOf(at),
    periodEnd: endOfPeriod(live, current, at),
  });
  if (decision.kind === 'refused') throw invalid({ [decision.field]: [decision.reason] });
  if (decision.kind === 'none') return keepPlan(tx, live, change, at);
  if (planned) await endSubscription(tx, planned, at);
  if (decision.kind === 'cancel_pending') return keepPlan(tx, live, change, at);
  if (live.status !== 'ACTIVE' && live.status !== 'TRIAL') throw invalid({ subscription: ['not_active'] });
  if (decision.kind === 'upgrade') return replaceSubscription(tx, live, change, at);
  await planChange(tx, live, change, dateOf(decision.at), at);
  return tx.findOneByOrFail(SubscriptionRow, { organizationId, id });
}

const termsOf = ({ id, interval, amountCents, amountCurrency: currency }: PlanRow) => ({ id, interval, amountCents, currency });

async function keepPlan(tx: Tx, row: SubscriptionRow, change: Change, at: Date): Promise<SubscriptionRow> {
  const { organizationId, id, planId } = row;
  const changes = {
    planId,
    name: change.name === undefined ? row.name : change.name,
    endingAt: change.endingAt === undefined ? row.endingAt : change.endingAt,
    billingEntityId: change.billingEntityId === undefined ? row.billingEntityId : change.billingEntityId,
    updatedAt: at,
  };
  await tx.update(SubscriptionRow, { organizationId, id }, changes);
  const kept = { ...row, ...changes };
  await tellSubscription(tx, kept, at, 'updated');
  return kept;
}
