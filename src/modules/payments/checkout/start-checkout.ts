import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { BillingError } from '../../../domain/errors/billing-error.ts';
import type { Session } from '../../../platform/auth/principal.ts';
import { newId } from '../../../platform/database/ids.ts';
import { type Tx, UnitOfWork } from '../../../platform/database/unit-of-work.ts';
import { log } from '../../../platform/logging/log.ts';
import { OrganizationClock } from '../../organizations/index.ts';
import { orderSubscription, SubscriptionRow, tellSubscription } from '../../subscriptions/index.ts';
import type { CheckoutSession } from '../provider/payment-provider.ts';
import { PaymentProviders } from '../provider/payment-providers.ts';
import { updateLink } from '../provider/provider-links.store.ts';
import { ProviderSubscriptionRow } from '../provider/provider-subscription.entity.ts';
import type { CheckoutInput } from './checkout.dto.ts';
import { CloseCheckouts } from './close-checkouts.ts';
import { type Offer, Offers } from './offers.ts';
import { pendingCheckouts } from './pending-checkouts.store.ts';

const provider = 'STRIPE';

export interface StartedCheckout extends CheckoutSession {
  readonly subscriptionId: string;
}

/**
 * Opens a page on which the customer buys a plan (C1–C10). The provider is asked first and the subscription stored last, so that a
 * checkout that fails leaves nothing; a session that nobody was told of expires by itself.
 */
@Injectable()
export class StartCheckout {
  constructor(
    private readonly dataSource: DataSource,
    private readonly unitOfWork: UnitOfWork,
    private readonly organizationClock: OrganizationClock,
    private readonly providers: PaymentProviders,
    private readonly offers: Offers,
    private readonly closeCheckouts: CloseCheckouts,
  ) {}

  /**
   * @throws BillingError customer_billed_by_invoice, payment_method_on_file, plan_not_offered, checkout_already_paid,
   * validation_errors (currency), and those of the provider
   */
  async execute(session: Session, input: CheckoutInput): Promise<StartedCheckout> {
    const offer = await this.offer(session, input);
    const expired = await this.expireOlder(offer, input);
    const atProvider = await this.offers.atProvider(offer);
    const subscriptionId = newId();
    const opened = await this.providers.get(provider).createCheckoutSession({
      ...atProvider,
      subscriptionId,
      metadata: { subscription_id: subscriptionId, user_id: session.subject, resource_type: input.resource_type },
      trialDays: offer.plan.trialPeriod,
      successUrl: withSession(session.returnUrl),
      cancelUrl: session.returnUrl,
    });
    await this.unitOfWork.run(async (tx) => {
      const row = await this.order(tx, offer, input, subscriptionId);
      await this.link(tx, row, { ...opened, ...atProvider, subject: session.subject });
      await this.supersede(tx, row, expired);
    });
    await this.closeCheckouts.execute();
    return { ...opened, subscriptionId };
  }

  private async offer(session: Session, input: CheckoutInput): Promise<Offer> {
    const buyer = await this.offers.buyer(session);
    if (buyer.provider === 'MANUAL') throw new BillingError('customer_billed_by_invoice');
    if (buyer.hasPaymentMethod) throw new BillingError('payment_method_on_file');
    return this.offers.of(buyer, input.plan_name);
  }

  /** Older sessions for the same type of resource can be paid no more. @throws BillingError checkout_already_paid */
  private async expireOlder({ customer }: Offer, { resource_type: resourceType }: CheckoutInput): Promise<ReadonlySet<string>> {
    const { organizationId, id: customerId } = customer;
    const pending = await pendingCheckouts(this.dataSource.manager, { organizationId, customerId, resourceType });
    for (const { link } of pending)
      if ((await this.providers.get(provider).expireCheckoutSession(link.providerSubscriptionId)) === 'complete')
        throw new BillingError('checkout_already_paid');
    return new Set(pending.map(({ subscription }) => subscription.id));
  }

  private async order(tx: Tx, { customer, plan }: Offer, input: CheckoutInput, id: string): Promise<SubscriptionRow> {
    const { organizationId } = customer;
    const resource = { type: input.resource_type, config: input.resource_config ?? {} };
    const order = { id, customer: customer.id, planCode: plan.code, externalId: id, name: null, resource };
    return orderSubscription(tx, organizationId, order, await this.organizationClock.now(organizationId, tx));
  }

  private async link(
    tx: Tx,
    { organizationId, id, resourceConfig, createdAt }: SubscriptionRow,
    opened: CheckoutSession & { readonly providerCustomerId: string; readonly subject: string },
  ): Promise<void> {
    await tx.insert(ProviderSubscriptionRow, {
      organizationId,
      subscriptionId: id,
      provider,
      providerSubscriptionId: opened.sessionId,
      providerCustomerId: opened.providerCustomerId,
      providerStatus: null,
      cancelAtPeriodEnd: false,
      metadata: { resource_config: resourceConfig, user_id: opened.subject },
      closes: null,
      closedAt: null,
      createdAt,
      updatedAt: createdAt,
    } as object);
  }

  /** The newest checkout stands; those it replaces are CANCELED as of now (C7). The customer's row is locked by the order. */
  private async supersede(tx: Tx, row: SubscriptionRow, expired: ReadonlySet<string>): Promise<void> {
    const at = row.createdAt;
    for (const { subscription: older, link } of await pendingCheckouts(tx, row)) {
      if (older.id === row.id) continue;
      const changes = { status: 'CANCELED', canceledAt: at, endingAt: at, updatedAt: at } as const;
      const where = { organizationId: row.organizationId, id: older.id, status: 'PENDING_PAYMENT' as const };
      if ((await tx.update(SubscriptionRow, where, changes)).affected === 0) continue;
      const metadata = { ...link.metadata, error: 'Superseded by a newer checkout' };
      await updateLink(tx, link, { metadata, closes: 'SESSION', closedAt: expired.has(older.id) ? at : null }, at);
      await tellSubscription(tx, { ...older, ...changes }, at, 'canceled');
      log.info('an unpaid checkout is superseded by a newer one', { subscription_id: older.id, by: row.id });
    }
  }
}

/** The provider writes the session's id into the address it leads back to. */
const withSession = (page: string): string => `${page}${page.includes('?') ? '&' : '?'}session_id={CHECKOUT_SESSION_ID}`;
