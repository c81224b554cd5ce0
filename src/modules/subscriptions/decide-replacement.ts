import type { KeptFields } from '../../platform/database/kept-fields.ts';
import type { Temporal } from 'temporal-polyfill';
import { stepAnchorOf } from '../../domain/lifecycles/billing-step.ts';
import { periodContaining } from '../../domain/calendar/billing-period.ts';
import { anchorOf } from '../../domain/lifecycles/begin-subscription.ts';
import { dateOf, instantOf } from '../../platform/clock/clock.ts';
import { PlanRow } from '../plans/index.ts';
import { decideEnd } from './decide-end.ts';
import type { Decided, Reading } from './decided.ts';
import { openSubscription } from './open-subscription.ts';
import type { SubscriptionRow } from './subscription.entity.ts';

export interface Change {
  readonly plan: PlanRow;
  readonly name?: string | null;
  readonly endingAt?: Date | null;
  /** Undefined carries the predecessor's. */
  readonly billingEntityId?: string | null;
  /** Undefined carries the predecessor's. */
  readonly keptFields?: KeptFields;
}

/** A new subscription takes the place of another at once, on the same anchor. The last decision is the new one's. */
export async function decideReplacement(
  reading: Reading,
  old: SubscriptionRow,
  change: Change,
  at: Date,
): Promise<readonly [...Decided[], Decided]> {
  const opened = await openSubscription(reading, successorOf(old, change, at), at);
  const successor = { ...opened, previousSubscriptionId: old.id };
  const [ended, row] = await takeOver(reading, old, successor, change.plan, at);
  return [ended, { row, write: 'insert', told: ['created', 'started'] }];
}

/** A subscription that waits to take the place of another at `changeAt`. */
export async function decidePlannedChange(
  reading: Reading,
  old: SubscriptionRow,
  change: Change,
  changeAt: Date,
  now: Date,
): Promise<Decided[]> {
  const opened = await openSubscription(reading, successorOf(old, change, changeAt), now);
  return [
    { row: { ...opened, previousSubscriptionId: old.id, changeAt }, write: 'insert', told: ['created'] },
    { row: old, write: 'nothing', told: ['updated'] },
  ];
}

/** Turns a planned change whose time has come into the subscription that it planned. */
export async function decideTakeover(
  reading: Reading,
  planned: SubscriptionRow,
  old: SubscriptionRow,
  now: Date,
): Promise<Decided[]> {
  const at = planned.changeAt ?? now;
  const plan = await reading.findOneByOrFail(PlanRow, { organizationId: planned.organizationId, id: planned.planId });
  const opened = await openSubscription(reading, successorOf(old, { ...planned, plan }, at), now);
  const begun = { ...opened, id: planned.id, previousSubscriptionId: old.id, createdAt: planned.createdAt };
  const [ended, row] = await takeOver(reading, old, begun, plan, at);
  return [ended, { row, write: 'update', told: ['started'] }];
}

/**
 * Ends the old one. When it has a last invoice to come, what the successor bills in advance is billed with it: on the same invoice,
 * if one entity bills both by then. Else the successor starts with an invoice of its own.
 */
async function takeOver(
  reading: Reading,
  old: SubscriptionRow,
  successor: SubscriptionRow,
  plan: PlanRow,
  at: Date,
): Promise<[Decided, SubscriptionRow]> {
  const [ended] = await decideEnd(reading, old, at, { successorId: successor.id });
  if (!ended.row.finalInvoiceDue || !isStart(successor)) return [ended, successor];
  const row = { ...ended.row, billsSuccessor: true };
  return [
    { ...ended, row },
    { ...successor, currentPeriodEnd: firstEndOf(successor, plan) },
  ];
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
  keptFields: change.keptFields ?? old.keptFields,
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

/** The end of what is paid for: of the trial, of the plan's running period, or of the period that a payment provider bills. */
export async function paidUntil(reading: Reading, row: SubscriptionRow, at: Date): Promise<Date> {
  if (row.status === 'TRIAL' && row.trialEndsAt) return row.trialEndsAt;
  if (row.paymentProvider !== 'MANUAL') return row.currentPeriodEnd ?? at;
  const plan = await reading.findOneByOrFail(PlanRow, { organizationId: row.organizationId, id: row.planId });
  return dateOf(endOfPeriod(row, plan, at));
}
