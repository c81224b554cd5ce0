import type { Temporal } from 'temporal-polyfill';
import { stepAnchorOf } from '../../domain/lifecycles/billing-step.ts';
import { periodContaining } from '../../domain/calendar/billing-period.ts';
import { anchorOf } from '../../domain/lifecycles/begin-subscription.ts';
import { dateOf, instantOf } from '../../platform/clock/clock.ts';
import type { Tx } from '../../platform/database/unit-of-work.ts';
import { PlanRow } from '../plans/index.ts';
import { endSubscription } from './end-subscription.ts';
import { openSubscription } from './open-subscription.ts';
import { SubscriptionRow } from './subscription.entity.ts';
import { tellSubscription } from './tell-subscription.ts';

export interface Change {
  readonly plan: PlanRow;
  readonly name?: string | null;
  readonly endingAt?: Date | null;
  /** Undefined carries the predecessor's. */
  readonly billingEntityId?: string | null;
}

/** A new subscription takes the place of a locked one at once, on the same anchor. */
export async function replaceSubscription(tx: Tx, old: SubscriptionRow, change: Change, at: Date): Promise<SubscriptionRow> {
  const opened = await openSubscription(tx, successorOf(old, change, at), at);
  const row = await takeOver(tx, old, { ...opened, previousSubscriptionId: old.id }, change.plan, at);
  await tx.insert(SubscriptionRow, row);
  await tellSubscription(tx, row, at, 'created', 'started');
  return row;
}

/** A subscription that waits to take the place of this one at `changeAt`. */
export async function planChange(
  tx: Tx,
  old: SubscriptionRow,
  change: Change,
  changeAt: Date,
  now: Date,
): Promise<SubscriptionRow> {
  const opened = await openSubscription(tx, successorOf(old, change, changeAt), now);
  const row = { ...opened, previousSubscriptionId: old.id, changeAt };
  await tx.insert(SubscriptionRow, row);
  await tellSubscription(tx, row, now, 'created');
  await tellSubscription(tx, old, now, 'updated');
  return row;
}

/** Turns a planned change whose time has come into the subscription that it planned; both rows are locked. */
export async function carryOut(tx: Tx, planned: SubscriptionRow, old: SubscriptionRow, now: Date): Promise<void> {
  const { organizationId, id } = planned;
  const at = planned.changeAt ?? now;
  const plan = await tx.findOneByOrFail(PlanRow, { organizationId, id: planned.planId });
  const opened = await openSubscription(tx, successorOf(old, { ...planned, plan }, at), now);
  const begun = { ...opened, id, previousSubscriptionId: old.id, createdAt: planned.createdAt };
  const row = await takeOver(tx, old, begun, plan, at);
  await tx.update(SubscriptionRow, { organizationId, id }, row);
  await tellSubscription(tx, row, now, 'started');
}

/**
 * Ends the old one. When it has a last invoice to come, what the successor bills in advance is billed with it: on the same invoice,
 * if one entity bills both by then. Else the successor starts with an invoice of its own.
 */
async function takeOver(
  tx: Tx,
  old: SubscriptionRow,
  successor: SubscriptionRow,
  plan: PlanRow,
  at: Date,
): Promise<SubscriptionRow> {
  const ended = await endSubscription(tx, old, at, { successorId: successor.id });
  if (!ended.finalInvoiceDue || !isStart(successor)) return successor;
  await tx.update(SubscriptionRow, { organizationId: old.organizationId, id: old.id }, { billsSuccessor: true });
  return { ...successor, currentPeriodEnd: firstEndOf(successor, plan) };
}

/** The end of the plan's running period: when a downgrade takes place. */
export const endOfPeriod = (row: SubscriptionRow, plan: PlanRow, now: Date): Temporal.Instant =>
  periodContaining(planAnchorOf(row, plan), instantOf(now)).end;

const planAnchorOf = (row: SubscriptionRow, plan: PlanRow) =>
  anchorOf({
    interval: plan.interval,
    billingTime: row.billingTime,
    timezone: row.billingTimezone,
    subscriptionAt: instantOf(row.subscriptionAt),
  });

const successorOf = (old: SubscriptionRow, change: Change, startsAt: Date) => ({
  organizationId: old.organizationId,
  externalId: old.externalId,
  customerId: old.customerId,
  billingEntityId: change.billingEntityId === undefined ? old.billingEntityId : change.billingEntityId,
  streamId: old.streamId,
  name: change.name === undefined ? old.name : change.name,
  billingTime: old.billingTime,
  billingTimezone: old.billingTimezone,
  subscriptionAt: old.subscriptionAt,
  endingAt: change.endingAt === undefined ? old.endingAt : change.endingAt,
  plan: change.plan,
  startsAt,
  resource: old.resourceType === null ? null : { type: old.resourceType, config: old.resourceConfig ?? {}, id: old.resourceId },
});

const isStart = ({ status, currentPeriodStart: start, currentPeriodEnd: end }: SubscriptionRow): boolean =>
  status === 'ACTIVE' && start !== null && end !== null && start.getTime() === end.getTime();

function firstEndOf(row: SubscriptionRow, plan: PlanRow): Date {
  const anchor = stepAnchorOf({
    anchor: planAnchorOf(row, plan),
    chargesMonthly: plan.billChargesMonthly,
    fixedChargesMonthly: plan.billFixedChargesMonthly,
  });
  return dateOf(periodContaining(anchor, instantOf(row.currentPeriodStart ?? row.subscriptionAt)).end);
}
