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
    ...(await closedPeriod(reading, row, { at, isDayUsed: !terms.successorId })),
    status: next,
    terminatedAt: next === 'TERMINATED' ? at : null,
    canceledAt: next === 'CANCELED' ? at : row.canceledAt,
    updatedAt: at,
  } as const;
  const canceled = planned && !terms.successorId ? await decideEnd(reading, planned, at) : [];
  const pauseEndsAt = row.status === 'PAUSED' ? at : null;
  return [...canceled, { row: ended, write: 'update', told: [next.toLowerCase()], pauseEndsAt }];
}

/**
 * The period of a running subscription, cut at an instant and due; one that is not billed, or was billed when it paused, stays as it is.
 * The day of the instant is used by a termination, but not by a change of plan or a pause.
 */
export async function closedPeriod(
  reading: Reading,
  row: SubscriptionRow,
  { at, isDayUsed }: { readonly at: Date; readonly isDayUsed: boolean },
): Promise<Pick<SubscriptionRow, 'finalInvoiceDue' | 'currentPeriodEnd'>> {
  const { finalInvoiceDue, currentPeriodStart: start, currentPeriodEnd: end } = row;
  if (!isBilled(row.status) || row.paymentProvider !== 'MANUAL' || !start || !end || start > at)
    return { finalInvoiceDue, currentPeriodEnd: end };
  if (start < at) return { finalInvoiceDue: true, currentPeriodEnd: at < end ? at : end };
  // At the very start of a period what was billed in advance is left to settle, or the day on which the subscription began.
  const isDue = row.status !== 'TRIAL' && ((isDayUsed && beginsAt(row, at)) || (await isPaidInAdvance(reading, row)));
  return { finalInvoiceDue: isDue, currentPeriodEnd: isDue ? at : end };
}

const beginsAt = ({ startedAt, resumedAt }: SubscriptionRow, at: Date): boolean =>
  at.getTime() === (resumedAt ?? startedAt)?.getTime();

const isPaidInAdvance = async (reading: Reading, { organizationId, planId }: SubscriptionRow): Promise<boolean> =>
  billsInAdvance(reading, await reading.findOneByOrFail(PlanRow, { organizationId, id: planId }));

/** The change that is planned for a subscription, locked. */
export const plannedChangeOf = (tx: Tx, { organizationId, id }: SubscriptionRow): Promise<SubscriptionRow | null> =>
  tx.findOne(SubscriptionRow, {
    where: { organizationId, previousSubscriptionId: id, status: 'PENDING' },
    lock: { mode: 'pessimistic_write' },
  });
