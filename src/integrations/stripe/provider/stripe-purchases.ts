import type { Stripe } from 'stripe';
import { BillingError } from '../../../domain/errors/billing-error.ts';
import type { CheckoutPurchase, CheckoutSession, Purchase } from '../../../modules/payments/index.ts';
import { newId } from '../../../platform/database/ids.ts';
import { refOf, textOf } from '../payload.ts';
import type { StripeClient } from '../stripe-client.ts';
import { hasCode } from '../stripe-failures.ts';
import { listPaymentMethods } from './stripe-payment-methods.ts';

const pageSize = 100;

const trialOf = ({ trialDays }: Purchase) => (trialDays > 0 ? { trial_period_days: trialDays } : {});

/** One price, one unit, by card, on Stripe's own page. */
export async function createCheckoutSession(client: StripeClient, purchase: CheckoutPurchase): Promise<CheckoutSession> {
  const metadata = { ...purchase.metadata };
  const params: Stripe.Checkout.SessionCreateParams = {
    mode: 'subscription',
    customer: purchase.providerCustomerId,
    client_reference_id: purchase.subscriptionId,
    line_items: [{ price: purchase.providerPriceId, quantity: 1 }],
    allowed_payment_method_types: ['card'],
    billing_address_collection: 'auto',
    allow_promotion_codes: true,
    success_url: purchase.successUrl,
    cancel_url: purchase.cancelUrl,
    metadata,
    subscription_data: { metadata, ...trialOf(purchase) },
  };
  const { id, url } = await client.write({
    key: `checkout:${purchase.subscriptionId}`,
    send: (sdk, options) => sdk.checkout.sessions.create(params, options),
  });
  if (url === null) throw new BillingError('payment_provider_failed');
  return { checkoutUrl: url, sessionId: id };
}

export async function expireCheckoutSession(client: StripeClient, sessionId: string): Promise<'expired' | 'complete'> {
  const session = await client.find((sdk) => sdk.checkout.sessions.retrieve(sessionId));
  if (session?.status !== 'open') return session?.status === 'complete' ? 'complete' : 'expired';
  try {
    await client.write({
      key: `expire:${sessionId}`,
      send: (sdk, options) => sdk.checkout.sessions.expire(sessionId, {}, options),
    });
    return 'expired';
  } catch (error) {
    // Paid or expired since we looked.
    const now = await client.find((sdk) => sdk.checkout.sessions.retrieve(sessionId));
    if (now?.status === 'open') throw error;
    return now?.status === 'complete' ? 'complete' : 'expired';
  }
}

const boughtFor = async (sdk: Stripe, customer: string, subscriptionId: string): Promise<Stripe.Subscription | undefined> => {
  for await (const each of sdk.subscriptions.list({ customer, status: 'all', limit: pageSize }))
    if (each.metadata['subscription_id'] === subscriptionId) return each;
  return undefined;
};

export async function findSubscription(client: StripeClient, customer: string, subscriptionId: string): Promise<string | null> {
  return (await client.ask((sdk) => boughtFor(sdk, customer, subscriptionId)))?.id ?? null;
}

/** A decline leaves nothing behind. One that was begun before, by whoever is gone since, is the same purchase. */
export async function createSubscription(client: StripeClient, purchase: Purchase): Promise<string> {
  const { providerCustomerId: customer, subscriptionId } = purchase;
  const begun = await client.ask((sdk) => boughtFor(sdk, customer, subscriptionId));
  // What has gone back meanwhile is nobody's purchase, and its key would answer with it again.
  if (begun && hasEnded(begun)) throw new BillingError('payment_provider_failed');
  if (begun) return begun.id;
  const methods = await listPaymentMethods(client, customer);
  const method = methods.find(({ isDefault }) => isDefault) ?? methods[0];
  if (!method) throw new BillingError('payment_method_missing');
  const params: Stripe.SubscriptionCreateParams = {
    customer,
    items: [{ price: purchase.providerPriceId }],
    default_payment_method: method.id,
    off_session: true,
    payment_behavior: 'error_if_incomplete',
    metadata: { ...purchase.metadata },
    ...trialOf(purchase),
  };
  const { id } = await client.write({
    key: `subscription:${subscriptionId}`,
    send: (sdk, options) => sdk.subscriptions.create(params, options),
    look: (sdk) => boughtFor(sdk, customer, subscriptionId),
  });
  return id;
}

export async function cancelSubscription(client: StripeClient, id: string): Promise<void> {
  const ended = async (sdk: Stripe): Promise<Stripe.Subscription | null> => {
    const found = await sdk.subscriptions.retrieve(id);
    return hasEnded(found) ? found : null;
  };
  try {
    if (await client.ask(ended)) return;
    await client.write({ key: `cancel:${id}`, look: ended, send: (sdk, options) => sdk.subscriptions.cancel(id, {}, options) });
  } catch (error) {
    if (!hasCode(error, 'resource_missing')) throw error;
  }
}

export async function cancelSubscriptionAtPeriodEnd(client: StripeClient, id: string): Promise<void> {
  const found = await client.find((sdk) => sdk.subscriptions.retrieve(id));
  if (!found || hasEnded(found)) return;
  await client.write({
    // It may be taken back and wanted again.
    key: `cancel-at-period-end:${id}:${newId()}`,
    send: (sdk, options) => sdk.subscriptions.update(id, { cancel_at_period_end: true }, options),
  });
}

export async function changeSubscriptionPrice(client: StripeClient, id: string, price: string): Promise<void> {
  const { items } = await client.ask((sdk) => sdk.subscriptions.retrieve(id));
  const [item] = items.data;
  if (!item || item.price.id === price) return;
  await client.write({
    // There and back and there again are three intentions.
    key: `price:${item.id}:${price}:${newId()}`,
    send: (sdk, options) =>
      sdk.subscriptions.update(id, { items: [{ id: item.id, price }], proration_behavior: 'create_prorations' }, options),
  });
}

const hasEnded = ({ status }: Stripe.Subscription): boolean => status === 'canceled' || status === 'incomplete_expired';

/** All that was paid of its latest invoice and has not gone back yet. */
export async function refundSubscription(client: StripeClient, id: string): Promise<void> {
  const subscription = await client.find((sdk) => sdk.subscriptions.retrieve(id));
  const invoice = refOf(subscription?.latest_invoice);
  if (invoice === null) return;
  const { data: payments } = await client.ask((sdk) => sdk.invoicePayments.list({ invoice, status: 'paid', limit: pageSize }));
  for (const { payment } of payments) {
    const intent = refOf(payment.payment_intent);
    if (intent === null) continue;
    try {
      await client.write({
        key: `refund:${intent}`,
        send: (sdk, options) => sdk.refunds.create({ payment_intent: intent, metadata: { subscription: id } }, options),
        look: async (sdk) => (await sdk.refunds.list({ payment_intent: intent, limit: 1 })).data[0],
      });
    } catch (error) {
      if (!hasCode(error, 'charge_already_refunded')) throw error;
    }
  }
}

/** Paid in another way: the invoice is paid there, and no payment method is charged. */
export async function payInvoiceElsewhere(client: StripeClient, id: string): Promise<void> {
  const paid = async (sdk: Stripe): Promise<Stripe.Invoice | null> => {
    const found = await sdk.invoices.retrieve(id);
    return found.status === 'paid' ? found : null;
  };
  const found = await client.find((sdk) => sdk.invoices.retrieve(id));
  if (found?.status === 'paid') return;
  if (found?.status !== 'open' && found?.status !== 'uncollectible') throw new BillingError('not_payable');
  try {
    await client.write({
      key: `paid-elsewhere:${id}`,
      look: paid,
      send: (sdk, options) => sdk.invoices.pay(id, { paid_out_of_band: true }, options),
    });
  } catch (error) {
    // A card may have paid it since we looked.
    if (!(await client.find(paid))) throw error;
  }
}

/** Where the customer manages everything by itself. */
export async function createPortalSession(client: StripeClient, customer: string, returnUrl: string): Promise<string> {
  const { url } = await client.write({
    key: `portal:${newId()}`,
    send: (sdk, options) => sdk.billingPortal.sessions.create({ customer, return_url: returnUrl }, options),
  });
  return textOf(url) ?? '';
}
