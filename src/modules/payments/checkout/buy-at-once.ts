import { Inject, Injectable } from '@nestjs/common';
import { BillingError } from '../../../domain/errors/billing-error.ts';
import type { Session } from '../../../platform/auth/principal.ts';
import { CONFIG, type Config } from '../../../platform/config/config.ts';
import { newId } from '../../../platform/database/ids.ts';
import { UnitOfWork } from '../../../platform/database/unit-of-work.ts';
import { OrganizationClock } from '../../organizations/index.ts';
import { orderSubscription, type SubscriptionRow } from '../../subscriptions/index.ts';
import { PaymentProviders } from '../provider/payment-providers.ts';
import { ProviderSubscriptionRow } from '../provider/provider-subscription.entity.ts';
import { StartPaidSubscription } from '../start-paid-subscription.ts';
import type { CheckoutInput } from './checkout.dto.ts';
import { type Offer, Offers } from './offers.ts';

/** A customer whose card is known buys without a page: paid first, then stored and begun; a decline leaves nothing. */
@Injectable()
export class BuyAtOnce {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly organizationClock: OrganizationClock,
    private readonly providers: PaymentProviders,
    private readonly offers: Offers,
    private readonly startPaidSubscription: StartPaidSubscription,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** @throws BillingError billing_disabled, customer_billed_by_invoice, payment_method_missing, payment_declined, plan_not_offered, and the provider's */
  async execute(session: Session, input: CheckoutInput): Promise<SubscriptionRow> {
    if (!this.config.billingEnabled) throw new BillingError('billing_disabled');
    const buyer = await this.offers.buyer(session);
    if (buyer.provider === 'MANUAL') throw new BillingError('customer_billed_by_invoice');
    if (!buyer.hasPaymentMethod) throw new BillingError('payment_method_missing');
    const offer = await this.offers.of(buyer, input.plan_name);
    const provider = this.providers.get(buyer.provider);
    const subscriptionId = newId();
    const atProvider = await this.offers.atProvider(offer);
    const providerSubscriptionId = await provider.createSubscription({
      ...atProvider,
      subscriptionId,
      metadata: { subscription_id: subscriptionId, user_id: session.subject, resource_type: input.resource_type },
      trialDays: offer.plan.trialPeriod,
    });
    try {
      return await this.save(offer, session, input, { ...atProvider, subscriptionId, providerSubscriptionId });
    } catch (error) {
      // What is not ours must not be paid for.
      await provider.cancelSubscription(providerSubscriptionId);
      await provider.refundSubscription(providerSubscriptionId);
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
      return this.startPaidSubscription.execute(tx, row, null, at);
    });
  }
}

interface Bought {
  readonly subscriptionId: string;
  readonly providerSubscriptionId: string;
  readonly providerCustomerId: string;
}
