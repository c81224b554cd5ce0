import { BillingError } from '../../domain/errors/billing-error.ts';
import { subscriptionTransitions } from '../../domain/lifecycles/subscription.ts';
import type { Tx } from '../../platform/database/unit-of-work.ts';
import { billsInAdvance, PlanRow } from '../plans/index.ts';
import { SubscriptionRow } from './subscription.entity.ts';
import { tellSubscription } from './tell-subscription.ts';

type Terms = Partial<Pick<SubscriptionRow, 'onTerminationCreditNote' | 'onTerminationInvoice' | 'successorId'>>;

/**
 * Writes the end of a locked subscription at `at`; what it used up to then is billed, and what it paid beyond is credited, by the
 * next run. A change that was planned for it is canceled, unless a successor takes its place.
 * @throws BillingError transition_not_allowed
 */
export async function endSubscription(tx: Tx, row: SubscriptionRow, at: Date, terms: Terms = {}): Promise<SubscriptionRow> {
  const next = row.status === 'PENDING' ? 'CANCELED' : 'TERMINATED';
  if (!subscriptionTransitions[row.status].includes(next)) throw new BillingError('transition_not_allowed');
  const changes = {
    ...terms,
    ...(await closedPeriod(tx, row, at)),
    status: next,
    terminatedAt: next === 'TERMINATED' ? at : null,
    canceledAt: next === 'CANCELED' ? at : row.canceledAt,
    updatedAt: at,
  } as const;
  const { organizationId } = row;
  await tx.update(SubscriptionRow, { organizationId, id: row.id }, changes);
  await closePause(tx, row, at);
  if (row.status !== 'PENDING' && !terms.successorId) await cancelPlannedChange(tx, row, at);
  const ended = { ...row, ...changes };
  await tellSubscription(tx, ended, at, next.toLowerCase());
  return ended;
}

/** The period of a running subscription, cut at `at` and due; one that is not billed, or was billed when it paused, stays as it is. */
export async function closedPeriod(
  tx: Tx,
  row: SubscriptionRow,
  at: Date,
): Promise<Pick<SubscriptionRow, 'finalInvoiceDue' | 'currentPeriodEnd'>> {
  const { finalInvoiceDue, currentPeriodStart: start, currentPeriodEnd: end } = row;
  if (row.status !== 'ACTIVE' || row.paymentProvider !== 'MANUAL' || !start || !end || start > at)
    return { finalInvoiceDue, currentPeriodEnd: end };
  // At the very start of a period only what was billed in advance is left to settle.
  if (start.getTime() === at.getTime()) {
    const plan = await tx.findOneByOrFail(PlanRow, { organizationId: row.organizationId, id: row.planId });
    return (await billsInAdvance(tx, plan))
      ? { finalInvoiceDue: true, currentPeriodEnd: at }
      : { finalInvoiceDue: false, currentPeriodEnd: end };
  }
  return { finalInvoiceDue: true, currentPeriodEnd: at < end ? at : end };
}

/** Its planned change, locked. */
export const plannedChangeOf = (tx: Tx, { organizationId, id }: SubscriptionRow): Promise<SubscriptionRow | null> =>
  tx.findOne(SubscriptionRow, {
    where: { organizationId, previousSubscriptionId: id, status: 'PENDING' },
    lock: { mode: 'pessimistic_write' },
  });

async function cancelPlannedChange(tx: Tx, row: SubscriptionRow, at: Date): Promise<void> {
  const planned = await plannedChangeOf(tx, row);
  if (planned) await endSubscription(tx, planned, at);
}

/** A pause that ends with its subscription. */
async function closePause(tx: Tx, row: SubscriptionRow, at: Date): Promise<void> {
  if (row.status !== 'PAUSED') return;
  await tx.query(
    'update subscription_pauses set resumed_at = $3 where organization_id = $1 and subscription_id = $2 and resumed_at is null',
    [row.organizationId, row.id, at],
  );
}
