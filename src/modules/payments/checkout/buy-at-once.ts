import { Injectable } from '@nestjs/common';
import { BillingError } from '../../../domain/errors/billing-error.ts';
import type { Session } from '../../../platform/auth/principal.ts';
import { queryIn } from '../../../platform/database/sql.ts';
import { UnitOfWork } from '../../../platform/database/unit-of-work.ts';
import { OrganizationClock } from '../../organizations/index.ts';
import { orderSubscription, SubscriptionRow } from '../../subscriptions/index.ts';
import { PaymentProviders } from '../provider/payment-providers.ts';
import { ProviderSubscriptionRow } from '../provider/provider-subscription.entity.ts';
import { StartPaidSubscription } from '../start-paid-subscription.ts';
import type { CheckoutInput } from './checkout.dto.ts';
import { type Offer, Offers } from './offers.ts';
import { Purchases } from './purchases.ts';
import { finishPurchase } from './purchases.store.ts';

/**
 * A customer whose card is known buys without a page: noted, paid, then stored and begun; a decline leaves nothing. Clicked twice, whatever
 * keys the requests have, it is bought once and both are answered the same (docs/decisions/0079).
 */
@Injectable()
export class BuyAtOnce {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly organizationClock: OrganizationClock,
    private readonly providers: PaymentProviders,
    private readonly offers: Offers,
    private readonly startPaidSubscription: StartPaidSubscription,
    private readonly purchases: Purchases,
  ) {}

  /** @throws BillingError customer_billed_by_invoice, payment_method_missing, payment_declined, plan_not_offered, conflict (a first click is still at it), and the provider's */
  async execute(session: Session, input: CheckoutInput): Promise<SubscriptionRow> {
    const buyer = await this.offers.buyer(session);
    if (buyer.provider === 'MANUAL') throw new BillingError('customer_billed_by_invoice');
    if (!buyer.hasPaymentMethod) throw new BillingError('payment_method_missing');
    const offer = await this.offers.of(buyer, input.plan_name);
    const atProvider = await this.offers.atProvider(offer);
    const begun = await this.purchases.begin(offer.customer, offer.plan, input, atProvider.providerCustomerId);
    const { organizationId } = offer.customer;
    if ('made' in begun)
      return this.unitOfWork.run((tx) => tx.findOneByOrFail(SubscriptionRow, { organizationId, id: begun.made }));
    const subscriptionId = begun.mine;
    try {
      return await this.make(offer, session, input, { ...atProvider, subscriptionId });
    } catch (error) {
      await this.purchases.breakOff({ organizationId, id: subscriptionId }, error);
      throw error;
    }
  }

  private async make(offer: Offer, session: Session, input: CheckoutInput, purchase: Made): Promise<SubscriptionRow> {
    const { subscriptionId } = purchase;
    const provider = this.providers.get(offer.provider);
    const providerSubscriptionId = await provider.createSubscription({
      ...purchase,
      metadata: { subscription_id: subscriptionId, user_id: session.subject, resource_type: input.resource_type },
      trialDays: offer.plan.trialPeriod,
    });
    try {
      return await this.save(offer, session, input, { ...purchase, providerSubscriptionId });
    } catch (error) {
      // What is not ours must not be paid for.
      await provider.cancelSubscription(providerSubscriptionId);
      await provider.refundSubscription(providerSubscriptionId);
      await this.purchases.forget({ organizationId: offer.customer.organizationId, id: subscriptionId });
      throw error;
    }
  }

  private save({ customer, plan }: Offer, { subject }: Session, input: CheckoutInput, bought: Bought): Promise<SubscriptionRow> {
    const { organizationId } = customer;
    const { subscriptionId: id, providerSubscriptionId, providerCustomerId } = bought;
    const resource = { type: input.resource_type, config: input.resource_config ?? {} };
    return this.unitOfWork.run(async (tx) => {
      const at = await this.organizationClock.now(organizationId, tx);
      const order = { id, customer: customer.id, planCode: plan.code, externalId: id, name: null, resource };
      const row = await orderSubscription(tx, organizationId, order, at);
      await tx.insert(ProviderSubscriptionRow, {
        organizationId,
        subscriptionId: id,
        provider: 'STRIPE',
        providerSubscriptionId,
        providerCustomerId,
        providerStatus: null,
        cancelAtPeriodEnd: false,
        metadata: { resource_config: resource.config, user_id: subject },
        closes: null,
        closedAt: null,
        createdAt: at,
        updatedAt: at,
      } as object);
      await finishPurchase(queryIn(tx), { organizationId, id });
      return this.startPaidSubscription.execute(tx, row, null, at);
    });
  }
}

interface Made {
  readonly subscriptionId: string;
  readonly providerCustomerId: string;
  readonly providerPriceId: string;
}

interface Bought extends Made {
  readonly providerSubscriptionId: string;
}
