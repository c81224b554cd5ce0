import { idOf } from '../world/fields.ts';
import type { World } from '../world/world.ts';
import { listWithin } from './list.ts';

type Json = Record<string, unknown>;

/** What Stripe prints only when it is asked for. */
export function includesOf(world: World): Record<string, (object: Json) => unknown> {
  const { store } = world;
  return {
    'charge.refunds': ({ id }) =>
      listWithin(
        store.refunds.newest(({ charge }) => charge === id),
        `/v1/charges/${id}/refunds`,
      ),
    'checkout.session.line_items': ({ id }) =>
      listWithin(store.lineItemsOf.get(String(id)) ?? [], `/v1/checkout/sessions/${id}/line_items`),
    'customer.subscriptions': ({ id }) =>
      listWithin(
        store.subscriptions.newest(({ customer, ended_at }) => customer === id && ended_at === null),
        `/v1/customers/${id}/subscriptions`,
      ),
    'invoice.confirmation_secret': ({ id }) => {
      const payment = store.invoicePayments.first(({ invoice, is_default }) => invoice === id && is_default);
      const secret = store.paymentIntents.find(idOf(payment?.payment.payment_intent))?.client_secret;
      return secret ? { client_secret: secret, type: 'payment_intent' } : null;
    },
    'invoice.payments': ({ id }) =>
      listWithin(
        store.invoicePayments.oldest(({ invoice }) => invoice === id),
        `/v1/invoices/${id}/payments`,
      ),
    'price.tiers': ({ id }) => store.tiers.get(String(id)) ?? [],
  };
}
