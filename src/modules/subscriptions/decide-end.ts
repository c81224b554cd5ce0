import { BillingError } from '../../domain/errors/billing-error.ts';
import { isBilled, subscriptionTransitions } from '../../domain/lifecycles/subscription.ts';
import type { Tx } from '../../platform/database/unit-of-work.ts';
import { billsInAdvance, PlanRow } from '../plans/index.ts';
import type { Decided, Reading } from './decided.ts';
import { SubscriptionRow } from './subscription.entity.ts';

type Terms = Partial<Pick<SubscriptionRow, 'onTerminationCreditNote' | 'onTerminationInvoice' | 'successorId'>> & {
  /** The change that is planned for it: canceled, unless a successor takes its place. */
  readonly planned?: SubscriptionRow | null;
};

/**
 * The end of a subscription at `at`; what it used up to then is billed, and what it paid beyond is credited, by the next run. The
 * last decision is its own.
 * @throws BillingError transition_not_allowed
 */
export async function decideEnd(
  reading: Reading,
  row: SubscriptionRow,
  at: Date,
  { planned = null, ...terms }: Terms = {},
): Promise<readonly [...Decided[], Decided]> {
  const next = row.status === 'PENDING' ? 'CANCELED' : 'TERMINATED';
  if (!subscriptionTransitions[row.status].includes(next)) throw new BillingError('transition_not_allowed');
  const ended = {
    ...row,
    ...terms,
    ...(await closedPeriod(reading, row, at)),
    status: next,
    terminatedAt: next === 'TERMINATED' ? at : null,
    canceledAt: next === 'CANCELED' ? at : row.canceledAt,
    updatedAt: at,
  } as const;
  const canceled = planned && !terms.successorId ? await decideEnd(reading, planned, at) : [];
  const pauseEndsAt = row.status === 'PAUSED' ? at : null;
  return [...canceled, { row: ended, write: 'update', told: [next.toLowerCase()], pauseEndsAt }];
}

/** The period of a running subscription, cut at `at` and due; one that is not billed, or was billed when it paused, stays as it is. */
export async function closedPeriod(
  reading: Reading,
  row: SubscriptionRow,
  at: Date,
): Promise<Pick<SubscriptionRow, 'finalInvoiceDue' | 'currentPeriodEnd'>> {
  const { finalInvoiceDue, currentPeriodStart: start, currentPeriodEnd: end } = row;
  if (!isBilled(row.status) || row.paymentProvider !== 'MANUAL' || !start || !end || start > at)
    return { finalInvoiceDue, currentPeriodEnd: end };
  // At the very start of a period only what was billed in advance is left to settle.
  if (start.getTime() === at.getTime() && row.status === 'TRIAL') return { finalInvoiceDue: false, currentPeriodEnd: end };
  if (start.getTime() === at.getTime()) {
    const plan = await reading.findOneByOrFail(PlanRow, { organizationId: row.organizationId, id: row.planId });
    return (await billsInAdvance(reading, plan))
      ? { finalInvoiceDue: true, currentPeriodEnd: at }
      : { finalInvoiceDue: false, currentPeriodEnd: end };
  }
  return { finalInvoiceDue: true, currentPeriodEnd: at < end ? at : end };
}

/** The change that is planned for a subscription, locked. */
export const plannedChangeOf = (tx: Tx, { organizationId, id }: SubscriptionRow): Promise<SubscriptionRow | null> =>
  tx.findOne(SubscriptionRow, {
    where: { organizationId, previousSubscriptionId: id, status: 'PENDING' },
    lock: { mode: 'pessimistic_write' },
  });
