import { periodContaining } from '../../domain/calendar/billing-period.ts';
import { anchorOf } from '../../domain/lifecycles/begin-subscription.ts';
import { dateOf, instantOf } from '../../platform/clock/clock.ts';
import type { Tx } from '../../platform/database/unit-of-work.ts';
import { PlanRow } from '../plans/index.ts';
import { SubscriptionRow, tellSubscription } from '../subscriptions/index.ts';

/** Half-open. */
export interface Period {
  readonly start: Date;
  readonly end: Date;
}

export interface Activation {
  /** The payment provider's; without it the plan's interval from `at` on. */
  readonly period: Period | null;
  /** What the resource is called; not asked of a subscription without one, nor of one that has its resource already. */
  readonly resourceId: string;
  readonly at: Date;
}

/** The resource is there: a locked subscription that is PROVISIONING becomes ACTIVE. */
export async function activateSubscription(tx: Tx, row: SubscriptionRow, activation: Activation): Promise<SubscriptionRow> {
  const { resourceId, at } = activation;
  const { start, end } = activation.period ?? (await periodFrom(tx, row, at));
  const changes = {
    status: 'ACTIVE',
    startedAt: at,
    currentPeriodStart: start,
    currentPeriodEnd: end,
    resourceId: row.resourceType === null ? null : (row.resourceId ?? resourceId),
    updatedAt: at,
  } as const;
  await tx.update(SubscriptionRow, { organizationId: row.organizationId, id: row.id }, changes);
  const active = { ...row, ...changes };
  await tellSubscription(tx, active, at, 'started');
  return active;
}

async function periodFrom(tx: Tx, row: SubscriptionRow, at: Date): Promise<Period> {
  const plan = await tx.findOneByOrFail(PlanRow, { organizationId: row.organizationId, id: row.planId });
  const anchor = anchorOf({
    interval: plan.interval,
    billingTime: 'anniversary',
    timezone: row.billingTimezone,
    subscriptionAt: instantOf(at),
  });
  return { start: at, end: dateOf(periodContaining(anchor, instantOf(at)).end) };
}
