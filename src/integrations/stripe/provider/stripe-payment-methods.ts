import type { Stripe } from 'stripe';
import { BillingError } from '../../../domain/errors/billing-error.ts';
import type { PaymentMethod } from '../../../modules/payments/index.ts';
import { newId } from '../../../platform/database/ids.ts';
import { refOf } from '../payload.ts';
import type { StripeClient } from '../stripe-client.ts';

const pageSize = 100;

export async function listPaymentMethods(client: StripeClient, customerId: string): Promise<readonly PaymentMethod[]> {
  const customer = await client.find((sdk) => sdk.customers.retrieve(customerId));
  if (!customer || customer.deleted) return [];
  const { data } = await client.ask((sdk) => sdk.customers.listPaymentMethods(customerId, { limit: pageSize }));
  const byDefault = refOf(customer.invoice_settings.default_payment_method);
  return data.map((method) => ({
    id: method.id,
    type: method.type,
    card: method.card ? cardOf(method.card) : null,
    isDefault: method.id === byDefault,
  }));
}

const cardOf = (card: Stripe.PaymentMethod.Card) => ({
  brand: card.brand,
  last4: card.last4,
  expMonth: card.exp_month,
  expYear: card.exp_year,
});

/** Of renewals too: those of subscriptions that name another method of their own follow what the customer chose last. */
export async function setDefaultPaymentMethod(client: StripeClient, customerId: string, methodId: string): Promise<void> {
  await ownMethod(client, customerId, methodId);
  const change = newId();
  await client.write({
    key: `default-method:${change}`,
    send: (sdk, options) => sdk.customers.update(customerId, { invoice_settings: { default_payment_method: methodId } }, options),
  });
  const { data } = await client.ask((sdk) => sdk.subscriptions.list({ customer: customerId, limit: pageSize }));
  for (const { id, default_payment_method: method } of data)
    if (method !== null && refOf(method) !== methodId)
      await client.write({
        key: `default-method:${change}:${id}`,
        send: (sdk, options) => sdk.subscriptions.update(id, { default_payment_method: methodId }, options),
      });
}

export async function removePaymentMethod(client: StripeClient, customerId: string, methodId: string): Promise<void> {
  await ownMethod(client, customerId, methodId);
  await client.write({
    key: `detach:${methodId}`,
    send: (sdk, options) => sdk.paymentMethods.detach(methodId, {}, options),
  });
}

/** @throws BillingError payment_method_not_found, for another customer's too */
async function ownMethod(client: StripeClient, customerId: string, methodId: string): Promise<void> {
  const method = /^\w{1,255}$/.test(methodId) ? await client.find((sdk) => sdk.paymentMethods.retrieve(methodId)) : null;
  if (!method || refOf(method.customer) !== customerId) throw new BillingError('payment_method_not_found');
}
