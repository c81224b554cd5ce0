import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { BillingError } from '../../../domain/errors/billing-error.ts';
import type {
  BuyingCustomer,
  CheckoutPurchase,
  CheckoutSession,
  ObservedInvoice,
  PaymentMethod,
  PaymentProvider,
  Purchase,
  SoldPlan,
} from '../../../modules/payments/index.ts';
import { Clock } from '../../../platform/clock/clock.ts';
import { CONFIG, type Config } from '../../../platform/config/config.ts';
import { parseExactJson } from '../../../platform/http/strict-json.ts';
import { normaliseInvoice } from '../normalise-invoice.ts';
import { isSigned } from '../open-envelope.ts';
import { itemsOf } from '../payload.ts';
import { StripeClient } from '../stripe-client.ts';
import { hasCode, refusalOf } from '../stripe-failures.ts';
import { StripeStandIn } from '../stripe-stand-in.ts';
import { listPaymentMethods, removePaymentMethod, setDefaultPaymentMethod } from './stripe-payment-methods.ts';
import { getOrCreatePrice } from './stripe-prices.ts';
import {
  cancelSubscription,
  cancelSubscriptionAtPeriodEnd,
  createCheckoutSession,
  createPortalSession,
  changeSubscriptionPrice,
  createSubscription,
  expireCheckoutSession,
  findSubscription,
  payInvoiceElsewhere,
  refundSubscription,
} from './stripe-purchases.ts';

/** Stripe as a payment provider: each operation by the real SDK, each failure in our words. */
@Injectable()
export class StripeProvider implements PaymentProvider {
  readonly name = 'STRIPE';

  constructor(
    private readonly client: StripeClient,
    private readonly standIn: StripeStandIn,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  createCustomer({ organizationId, id, name, email, replaces }: BuyingCustomer): Promise<string> {
    const params = { name, ...(email === null ? {} : { email }), metadata: { customer_id: id, organization_id: organizationId } };
    // Other words for the same customer are another request; under one key Stripe refuses them.
    const words = createHash('sha256')
      .update(JSON.stringify([params, replaces]))
      .digest('hex')
      .slice(0, 16);
    return refused(async () => {
      const customer = await this.client.write({
        key: `customer:${id}:${words}`,
        send: (sdk, options) => sdk.customers.create(params, options),
        look: async (sdk) =>
          (await sdk.customers.list({ limit: 100, ...(email === null ? {} : { email }) })).data.find(
            (found) => found.metadata['customer_id'] === id && found.id !== replaces,
          ),
      });
      return customer.id;
    });
  }

  getOrCreatePrice(plan: SoldPlan): Promise<string> {
    return refused(() => getOrCreatePrice(this.client, plan));
  }

  createCheckoutSession(purchase: CheckoutPurchase): Promise<CheckoutSession> {
    return refused(() => createCheckoutSession(this.client, purchase));
  }

  expireCheckoutSession(sessionId: string): Promise<'expired' | 'complete'> {
    return refused(() => expireCheckoutSession(this.client, sessionId));
  }

  createSubscription(purchase: Purchase): Promise<string> {
    return refused(() => createSubscription(this.client, purchase));
  }

  findSubscription(customerId: string, subscriptionId: string): Promise<string | null> {
    return refused(() => findSubscription(this.client, customerId, subscriptionId));
  }

  cancelSubscription(id: string): Promise<void> {
    return refused(() => cancelSubscription(this.client, id));
  }

  cancelSubscriptionAtPeriodEnd(id: string): Promise<void> {
    return refused(() => cancelSubscriptionAtPeriodEnd(this.client, id));
  }

  changeSubscriptionPrice(id: string, price: string): Promise<void> {
    return refused(() => changeSubscriptionPrice(this.client, id, price));
  }

  refundSubscription(id: string): Promise<void> {
    return refused(() => refundSubscription(this.client, id));
  }

  listPaymentMethods(customerId: string): Promise<readonly PaymentMethod[]> {
    return refused(() => listPaymentMethods(this.client, customerId));
  }

  setDefaultPaymentMethod(customerId: string, methodId: string): Promise<void> {
    return refused(() => setDefaultPaymentMethod(this.client, customerId, methodId));
  }

  removePaymentMethod(customerId: string, methodId: string): Promise<void> {
    return refused(() => removePaymentMethod(this.client, customerId, methodId));
  }

  listInvoices(customer: string, limit: number) {
    return refused(async () => {
      const { data, has_more: hasMore } = await this.client.ask((sdk) => sdk.invoices.list({ customer, limit }));
      return { invoices: observed(data), hasMore };
    });
  }

  payInvoiceElsewhere(id: string): Promise<void> {
    return refused(() => payInvoiceElsewhere(this.client, id));
  }

  getUpcomingInvoice(customer: string, subscription: string): Promise<ObservedInvoice | null> {
    return refused(async () => {
      try {
        return observed([await this.client.ask((sdk) => sdk.invoices.createPreview({ customer, subscription }))])[0] ?? null;
      } catch (error) {
        if (hasCode(error, 'invoice_upcoming_none', 'resource_missing')) return null;
        throw error;
      }
    });
  }

  createPortalSession(customerId: string, returnUrl: string): Promise<string> {
    return refused(() => createPortalSession(this.client, customerId, returnUrl));
  }

  verifyWebhook(body: Buffer, signature: string | undefined): void {
    if (!signature) throw new BillingError('missing_webhook_signature');
    const secrets = [...this.config.stripeWebhookSecrets, ...this.standIn.secrets];
    if (!isSigned(body, signature, secrets, this.clock.now().epochMilliseconds))
      throw new BillingError('invalid_webhook_signature');
  }
}

async function refused<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw refusalOf(error);
  }
}

/** As the wire has them: the SDK makes objects of its own of decimals. */
const observed = (invoices: readonly object[]): readonly ObservedInvoice[] =>
  itemsOf(parseExactJson(JSON.stringify(invoices))).map(normaliseInvoice);
