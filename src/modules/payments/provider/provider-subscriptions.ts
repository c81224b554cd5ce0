import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { UnitOfWork } from '../../../platform/database/unit-of-work.ts';
import { OrganizationClock } from '../../organizations/index.ts';
import type { PlanRow } from '../../plans/index.ts';
import type { PaidSubscriptions } from '../../provisioning/index.ts';
import { SubscriptionRow } from '../../subscriptions/index.ts';
import { PaymentProviders } from './payment-providers.ts';
import { isSession, updateLink } from './provider-links.store.ts';
import { ProviderSubscriptionRow } from './provider-subscription.entity.ts';

/** Tells a payment provider what becomes of what it bills. */
@Injectable()
export class ProviderSubscriptions implements PaidSubscriptions {
  constructor(
    private readonly dataSource: DataSource,
    private readonly unitOfWork: UnitOfWork,
    private readonly providers: PaymentProviders,
    private readonly organizationClock: OrganizationClock,
  ) {}

  async end(subscription: SubscriptionRow, { refund }: { refund: boolean }): Promise<void> {
    const link = await this.linkOf(subscription);
    if (!link) return;
    const provider = this.providers.get(link.provider);
    await provider.cancelSubscription(link.providerSubscriptionId);
    if (refund) await provider.refundSubscription(link.providerSubscriptionId);
    const { organizationId, id } = subscription;
    await this.unitOfWork.run(async (tx) => {
      await tx.findOneOrFail(SubscriptionRow, { where: { organizationId, id }, lock: { mode: 'pessimistic_write' } });
      const at = await this.organizationClock.now(organizationId, tx);
      // We know that it is over there, so that the provider's own word of it, however late, ends nothing that was begun anew.
      await updateLink(tx, link, { providerStatus: 'canceled' }, at);
    });
  }

  async endWithPeriod(subscription: SubscriptionRow): Promise<void> {
    const link = await this.linkOf(subscription);
    if (link) await this.providers.get(link.provider).cancelSubscriptionAtPeriodEnd(link.providerSubscriptionId);
  }

  async changePlan(subscription: SubscriptionRow, plan: PlanRow): Promise<void> {
    const link = await this.linkOf(subscription);
    if (!link) return;
    const provider = this.providers.get(link.provider);
    const { organizationId, id, code, amountCents, amountCurrency: currency, interval } = plan;
    const displayName = plan.invoiceDisplayName ?? plan.name;
    const price = await provider.getOrCreatePrice({ organizationId, id, code, displayName, amountCents, currency, interval });
    await provider.changeSubscriptionPrice(link.providerSubscriptionId, price);
  }

  /** Undefined: no provider knows it, or only a checkout that nobody paid (D8). */
  private async linkOf({ organizationId, id }: SubscriptionRow): Promise<ProviderSubscriptionRow | undefined> {
    const link = await this.dataSource.manager.findOneBy(ProviderSubscriptionRow, { organizationId, subscriptionId: id });
    return link && !isSession(link.providerSubscriptionId) ? link : undefined;
  }
}
