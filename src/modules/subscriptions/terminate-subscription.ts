import { Injectable } from '@nestjs/common';
import { BillingError } from '../../domain/errors/billing-error.ts';
import { subscriptionTransitions } from '../../domain/lifecycles/subscription.ts';
import { type Tx, UnitOfWork } from '../../platform/database/unit-of-work.ts';
import { tell } from '../../platform/outbox/outbox.ts';
import { OrganizationClock } from '../organizations/index.ts';
import { SubscriptionRow } from './subscription.entity.ts';
import { findSubscription, presentSubscriptions } from './subscriptions.queries.ts';

/** Ends a subscription now; what it used up to this instant is billed by the next run. One that never started is canceled. */
@Injectable()
export class TerminateSubscription {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly organizationClock: OrganizationClock,
  ) {}

  /** @throws BillingError subscription_not_found, transition_not_allowed (it has ended) */
  async execute(organizationId: string, externalId: string, status?: 'PENDING' | 'ACTIVE'): Promise<SubscriptionRow> {
    return this.unitOfWork.run(async (tx) => {
      const row = await findSubscription(tx, organizationId, externalId, { forUpdate: true, ...(status ? { status } : {}) });
      return endSubscription(tx, row, await this.organizationClock.now(organizationId, tx));
    });
  }
}

/** Writes the end of a locked subscription at `at`, which is not before its current period. */
export async function endSubscription(tx: Tx, row: SubscriptionRow, at: Date): Promise<SubscriptionRow> {
  const next = row.status === 'PENDING' ? 'CANCELED' : 'TERMINATED';
  if (!subscriptionTransitions[row.status].includes(next)) throw new BillingError('transition_not_allowed');
  const isBilled = row.status === 'ACTIVE' && row.paymentProvider === 'MANUAL';
  const finalInvoiceDue = isBilled && row.currentPeriodStart !== null && row.currentPeriodStart < at;
  const changes = {
    status: next,
    terminatedAt: next === 'TERMINATED' ? at : null,
    canceledAt: next === 'CANCELED' ? at : row.canceledAt,
    finalInvoiceDue,
    currentPeriodEnd: finalInvoiceDue && row.currentPeriodEnd && at < row.currentPeriodEnd ? at : row.currentPeriodEnd,
    updatedAt: at,
  } as const;
  await tx.update(SubscriptionRow, { organizationId: row.organizationId, id: row.id }, changes);
  const ended = { ...row, ...changes };
  const [payload] = await presentSubscriptions(tx, [ended]);
  await tell(tx, row.organizationId, at, [
    { objectType: 'subscription', objectId: row.id, type: `subscription.${next.toLowerCase()}`, payload: payload ?? {} },
  ]);
  return ended;
}
