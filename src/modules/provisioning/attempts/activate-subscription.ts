import { periodContaining } from '../../../domain/calendar/billing-period.ts';
import { anchorOf } from '../../../domain/lifecycles/begin-subscription.ts';
import { dateOf, instantOf } from '../../../platform/clock/clock.ts';
import type { Tx } from '../../../platform/database/unit-of-work.ts';
import { PlanRow } from '../../plans/index.ts';
import { SubscriptionRow, tellSubscription } from '../../subscriptions/index.ts';

/** Half-open. */
export interface Period {
  readonly start: Date;
  readonly end: Date;
}

/**
 * What it sells is there: a locked subscription that is PROVISIONING becomes ACTIVE, in the period that its payment provider bills, else
 * in the plan's interval from now on. One that its provider no longer renews ends with that period.
 */
export async function activateSubscription(
  tx: Tx,
  row: SubscriptionRow,
  { resourceId, isRenewed, at }: { readonly resourceId: string | null; readonly isRenewed: boolean; readonly at: Date },
): Promise<SubscriptionRow> {
  const { currentPeriodStart, currentPeriodEnd } = row;
  const isGiven = currentPeriodStart !== null && currentPeriodEnd !== null;
  const { start, end } = isGiven ? { start: currentPeriodStart, end: currentPeriodEnd } : await periodFrom(tx, row, at);
  const changes = {
    status: 'ACTIVE',
    startedAt: at,
    currentPeriodStart: start,
    currentPeriodEnd: end,
    endingAt: isRenewed ? row.endingAt : end,
    resourceId,
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
