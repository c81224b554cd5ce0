import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { BillingError } from '../../../domain/errors/billing-error.ts';
import { type Tx, UnitOfWork } from '../../../platform/database/unit-of-work.ts';
import { OrganizationClock } from '../../organizations/index.ts';
import { PlanRow } from '../../plans/index.ts';
import type { PaidSubscriptions } from '../../provisioning/index.ts';
import { SubscriptionRow, tellSubscription } from '../../subscriptions/index.ts';
import { MayBeSold } from './may-be-sold.ts';
import { followWord } from './follow-word.ts';
import type { ObservedSubscription } from './observed.ts';
import { PaymentProviders } from './payment-providers.ts';
import { isSession, updateLink } from './provider-links.store.ts';
import { knownState } from './provider-objects.store.ts';
import { ProviderSubscriptionRow } from './provider-subscription.entity.ts';

type Key = Pick<SubscriptionRow, 'organizationId' | 'id'>;

/** After these nobody knows what the provider did: it is asked again. */
const unknownOutcomes: readonly string[] = ['payment_provider_unavailable', 'payment_provider_failed'];
const isRefused = (error: unknown): boolean => error instanceof BillingError && !unknownOutcomes.includes(error.code);

/** Tells a payment provider what becomes of what it bills. */
@Injectable()
export class ProviderSubscriptions implements PaidSubscriptions {
  constructor(
    private readonly dataSource: DataSource,
    private readonly unitOfWork: UnitOfWork,
    private readonly providers: PaymentProviders,
    private readonly organizationClock: OrganizationClock,
    private readonly mayBeSold: MayBeSold,
  ) {}

  async catchUp(tx: Tx, subscription: SubscriptionRow): Promise<SubscriptionRow> {
    const { organizationId, id: subscriptionId } = subscription;
    const link = await tx.findOneBy(ProviderSubscriptionRow, { organizationId, subscriptionId });
    const known = link && (await knownState(tx, 'subscription', link.providerSubscriptionId));
    if (!link || !known) return subscription;
    const at = await this.organizationClock.now(organizationId, tx);
    return (await followWord(tx, { link, subscription }, known as ObservedSubscription, at)).after;
  }

  async end(subscription: Key, { refund }: { refund: boolean }): Promise<void> {
    const link = await this.linkOf(subscription);
    if (!link) return;
    const provider = this.providers.get(link.provider);
    await provider.cancelSubscription(link.providerSubscriptionId);
    if (refund) await provider.refundSubscription(link.providerSubscriptionId);
    await this.unitOfWork.run(async (tx) => {
      const at = await this.hold(tx, subscription);
      // We know that it is over there, so that the provider's own word of it, however late, ends nothing that was begun anew.
      await updateLink(tx, link, { providerStatus: 'canceled' }, at);
    });
  }

  /** One that is over here ends there too; a page on which it could still be paid is closed. */
  async endOver(key: Key): Promise<void> {
    if (await this.linkOf(key)) return this.end(key, { refund: false });
    await this.unitOfWork.run(async (tx) => {
      const at = await this.hold(tx, key);
      const link = await tx.findOneByOrFail(ProviderSubscriptionRow, linkKeyOf(key));
      if (isSession(link.providerSubscriptionId)) await updateLink(tx, link, { closes: 'SESSION', closedAt: null }, at);
    });
  }

  async endWithPeriod(subscription: Key): Promise<void> {
    const link = await this.linkOf(subscription);
    if (link) await this.providers.get(link.provider).cancelSubscriptionAtPeriodEnd(link.providerSubscriptionId);
  }

  async changePlan(subscription: SubscriptionRow, plan: PlanRow): Promise<SubscriptionRow> {
    await this.mayBeSold.require('plan_code', plan, subscription.customerId, subscription.billingEntityId);
    await this.unitOfWork.run(async (tx) => {
      const at = await this.hold(tx, subscription);
      const link = await tx.findOneBy(ProviderSubscriptionRow, linkKeyOf(subscription));
      if (!link || isSession(link.providerSubscriptionId)) throw new BillingError('transition_not_allowed');
      const isOther = link.changesToPlanId !== null && link.changesToPlanId !== plan.id;
      if (isOther) throw new BillingError('conflict', { plan_code: ['change_in_progress'] });
      await updateLink(tx, link, { changesToPlanId: plan.id, changesAskedAt: link.changesAskedAt ?? at }, at);
    });
    return this.settleChange(subscription);
  }

  /**
   * The provider hears of the plan that is wanted, then it is ours too; what it refuses is not wanted any more.
   * @throws BillingError those of the provider
   */
  async settleChange(key: Key): Promise<SubscriptionRow> {
    const link = await this.linkOf(key);
    if (link?.changesToPlanId) {
      const plan = await this.dataSource.manager.findOneByOrFail(PlanRow, {
        organizationId: key.organizationId,
        id: link.changesToPlanId,
      });
      try {
        await this.changePrice(link, plan);
      } catch (error) {
        if (isRefused(error)) await this.closeChange(key, plan, {});
        throw error;
      }
      return this.closeChange(key, plan, { planId: plan.id });
    }
    return this.dataSource.manager.findOneByOrFail(SubscriptionRow, { organizationId: key.organizationId, id: key.id });
  }

  private async changePrice(link: ProviderSubscriptionRow, plan: PlanRow): Promise<void> {
    const provider = this.providers.get(link.provider);
    const { organizationId, id, code, amountCents, amountCurrency: currency, interval } = plan;
    const displayName = plan.invoiceDisplayName ?? plan.name;
    const price = await provider.getOrCreatePrice({ organizationId, id, code, displayName, amountCents, currency, interval });
    await provider.changeSubscriptionPrice(link.providerSubscriptionId, price);
  }

  private closeChange(key: Key, plan: PlanRow, changes: { readonly planId?: string }): Promise<SubscriptionRow> {
    return this.unitOfWork.run(async (tx) => {
      const at = await this.hold(tx, key);
      const row = await tx.findOneByOrFail(SubscriptionRow, { organizationId: key.organizationId, id: key.id });
      const link = await tx.findOneByOrFail(ProviderSubscriptionRow, linkKeyOf(key));
      // Somebody else who asked for the same was faster.
      if (link.changesToPlanId !== plan.id) return row;
      await updateLink(tx, link, { changesToPlanId: null, changesAskedAt: null }, at);
      if (changes.planId === undefined) return row;
      const changed = { ...row, planId: changes.planId, updatedAt: at };
      await tx.update(SubscriptionRow, { organizationId: row.organizationId, id: row.id }, { ...changes, updatedAt: at });
      await tellSubscription(tx, changed, at, 'updated');
      return changed;
    });
  }

  /** Locks our subscription. Returns its organization's time. */
  private async hold(tx: Tx, { organizationId, id }: Key): Promise<Date> {
    await tx.findOneOrFail(SubscriptionRow, { where: { organizationId, id }, lock: { mode: 'pessimistic_write' } });
    return this.organizationClock.now(organizationId, tx);
  }

  /** Undefined: no provider knows it, or only a checkout that nobody paid (D8). */
  private async linkOf(key: Key): Promise<ProviderSubscriptionRow | undefined> {
    const link = await this.dataSource.manager.findOneBy(ProviderSubscriptionRow, linkKeyOf(key));
    return link && !isSession(link.providerSubscriptionId) ? link : undefined;
  }
}

const linkKeyOf = ({ organizationId, id }: Key) => ({ organizationId, subscriptionId: id });
