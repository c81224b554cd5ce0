import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { BillingError, invalid } from '../../../domain/errors/billing-error.ts';
import { isId } from '../../../platform/database/ids.ts';
import { UnitOfWork } from '../../../platform/database/unit-of-work.ts';
import { OrganizationClock } from '../../organizations/index.ts';
import { SubscriptionRow, tellSubscription } from '../../subscriptions/index.ts';
import { CloseCheckouts } from '../checkout/close-checkouts.ts';
import { isSession, updateLink } from '../provider/provider-links.store.ts';
import { ProviderSubscriptionRow } from '../provider/provider-subscription.entity.ts';
import type { AdminUpdateSubscriptionInput } from './admin.dto.ts';
import { AskOwnVerbs } from './ask-own-verbs.ts';

/**
 * What an operator may change of a subscription by hand. It takes the way of the tenant's doors, which tell the payment provider that bills it;
 * only a purchase that has not come to its end yet is canceled here.
 */
@Injectable()
export class OverrideSubscription {
  constructor(
    private readonly dataSource: DataSource,
    private readonly askOwnVerbs: AskOwnVerbs,
    private readonly unitOfWork: UnitOfWork,
    private readonly organizationClock: OrganizationClock,
    private readonly closeCheckouts: CloseCheckouts,
  ) {}

  /** @throws BillingError subscription_not_found, transition_not_allowed, already_canceled, billed_by_provider, validation_errors */
  async execute(id: string, input: AdminUpdateSubscriptionInput): Promise<SubscriptionRow> {
    if (input.status !== undefined && input.cancel_at_period_end) throw invalid({ cancel_at_period_end: ['value_is_invalid'] });
    const seen = isId(id) ? await this.dataSource.manager.findOneBy(SubscriptionRow, { id }) : null;
    if (!seen) throw new BillingError('subscription_not_found');
    return isPurchase(seen) && input.status === 'CANCELED' ? this.cancelPurchase(seen) : this.askOwnVerbs.execute(seen, input);
  }

  /**
   * What is not paid yet can be paid no more; of what is paid the money goes back: its page is closed (or what was paid in it all the same is
   * refunded), an attempt to make its resource fails and is settled.
   */
  private async cancelPurchase({ organizationId, id }: SubscriptionRow): Promise<SubscriptionRow> {
    const canceled = await this.unitOfWork.run(async (tx) => {
      const where = { organizationId, id };
      const row = await tx.findOneOrFail(SubscriptionRow, { where, lock: { mode: 'pessimistic_write' } });
      if (!isPurchase(row)) throw new BillingError('transition_not_allowed');
      const at = await this.organizationClock.now(organizationId, tx);
      const changes = { status: 'CANCELED', canceledAt: at, endingAt: at, updatedAt: at } as const;
      await tx.update(SubscriptionRow, where, changes);
      const link = await tx.findOneByOrFail(ProviderSubscriptionRow, { organizationId, subscriptionId: id });
      if (row.status === 'PENDING_PAYMENT')
        await updateLink(
          tx,
          link,
          { closes: isSession(link.providerSubscriptionId) ? 'SESSION' : 'PURCHASE', closedAt: null },
          at,
        );
      const after = { ...row, ...changes };
      await tellSubscription(tx, after, at, 'canceled');
      return after;
    });
    await this.closeCheckouts.execute();
    return canceled;
  }
}

/** Bought at a payment provider, and not paid or not made yet. */
const isPurchase = ({ status, paymentProvider }: SubscriptionRow): boolean =>
  paymentProvider !== 'MANUAL' && (status === 'PENDING_PAYMENT' || status === 'PROVISIONING');
