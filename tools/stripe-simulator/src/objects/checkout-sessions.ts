import type { Stripe } from 'stripe';
import { includedPercentOf, percentOf } from '../billing/exact.ts';
import { priceAmount } from '../billing/price-amount.ts';
import { sum } from '../billing/totals.ts';
import { newCheckoutSession } from '../checkout/new-session.ts';
import { submit } from '../checkout/complete.ts';
import { expireSession } from '../checkout/expire.ts';
import type { Resource } from '../http/api.ts';
import { invalid, parameterMissing } from '../http/errors.ts';
import { inRange, listOf, matches } from '../http/list.ts';
import type { ParameterTypes } from '../http/parameter-types.ts';
import { mergeMetadata } from '../world/fields.ts';
import { newId } from '../world/ids.ts';
import type { World } from '../world/world.ts';
import { redeemable } from './discounts.ts';
import { newPrice } from './prices.ts';

type Create = ParameterTypes['CheckoutSessionCreateParams'];

function lineItem(
  world: World,
  given: Stripe.Checkout.SessionCreateParams.LineItem,
  position: number,
  percentOff: number,
): Stripe.LineItem {
  if (!given.price && !given.price_data) throw parameterMissing(`line_items[${position}][price]`);
  const price = given.price
    ? world.store.prices.get(given.price, `line_items[${position}][price]`)
    : newPrice(world, given.price_data as Stripe.PriceCreateParams);
  const metered = price.recurring?.usage_type === 'metered';
  if (!metered && given.quantity === undefined) throw parameterMissing(`line_items[${position}][quantity]`);
  const subtotal = metered ? 0 : priceAmount(world, price, given.quantity ?? 1);
  const discount = percentOf(subtotal, percentOff);
  const rates = (given.tax_rates ?? []).map((rate) => world.store.taxRates.get(rate, `line_items[${position}][tax_rates]`));
  const taxes = rates.map((rate) => ({
    rate,
    amount: rate.inclusive
      ? includedPercentOf(subtotal - discount, rate.percentage)
      : percentOf(subtotal - discount, rate.percentage),
  }));
  const onTop = sum(taxes.filter(({ rate }) => !rate.inclusive).map(({ amount }) => amount));
  return {
    id: newId('li'),
    object: 'item',
    adjustable_quantity: null,
    amount_discount: discount,
    amount_subtotal: subtotal,
    amount_tax: sum(taxes.map(({ amount }) => amount)),
    amount_total: subtotal - discount + onTop,
    currency: price.currency,
    description: world.store.products.find(String(price.product))?.name ?? null,
    metadata: mergeMetadata(null, given.metadata),
    price: structuredClone(price),
    quantity: metered ? null : (given.quantity ?? 1),
  };
}

function create(world: World, params: Create): Stripe.Checkout.Session {
  const mode = params.mode ?? 'payment';
  if (mode !== 'setup' && !params.line_items?.length) throw parameterMissing('line_items');
  const hosted = (params.ui_mode ?? 'hosted_page') === 'hosted_page';
  if (hosted && !params.success_url) throw parameterMissing('success_url');
  if (params.customer) world.store.customers.get(params.customer, 'customer');
  const discount = params.discounts?.[0];
  const percentOff = discount ? (redeemable(world, discount).coupon.percent_off ?? 0) : 0;
  const items = (params.line_items ?? []).map((given, position) => lineItem(world, given, position, percentOff));
  if (mode === 'subscription' && !items.some(({ price }) => price?.recurring))
    throw invalid('You must provide at least one recurring price in `subscription` mode when using prices.', {
      param: 'line_items',
    });
  if (mode === 'payment' && items.some(({ price }) => price?.recurring))
    throw invalid(
      'You specified `payment` mode but passed a recurring price. Either switch to `subscription` mode or use only one-time prices.',
      {
        param: 'mode',
      },
    );
  const session = newCheckoutSession(world, params, items);
  world.store.lineItemsOf.set(session.id, items);
  return session;
}

export const checkoutSessions: Resource = (api) => {
  const { world } = api;
  const { store } = world;
  const path = '/v1/checkout/sessions';
  api.post(path, 'CheckoutSessionCreateParams', ({ params }) => create(world, params));
  api.get(path, 'CheckoutSessionListParams', ({ params }) =>
    listOf(
      store.checkoutSessions.newest(
        (row) =>
          matches(row.customer, params.customer) &&
          matches(row.subscription, params.subscription) &&
          matches(row.payment_intent, params.payment_intent) &&
          matches<string | null>(row.status, params.status) &&
          inRange(row.created, params.created),
      ),
      params,
      path,
    ),
  );
  api.get(`${path}/:id`, 'RetrieveParams', ({ id }) => store.checkoutSessions.get(id, 'session'));
  api.post(`${path}/:id`, 'CheckoutSessionUpdateParams', ({ id, params }) => {
    const session = store.checkoutSessions.get(id, 'session');
    session.metadata = mergeMetadata(session.metadata, params.metadata);
    return session;
  });
  api.post(`${path}/:id/expire`, 'CheckoutSessionExpireParams', ({ id }) => {
    const session = store.checkoutSessions.get(id, 'session');
    expireSession(world, session);
    return session;
  });
  api.get(`${path}/:id/line_items`, 'CheckoutSessionListLineItemsParams', ({ id, params }) =>
    listOf(store.lineItemsOf.get(store.checkoutSessions.get(id, 'session').id) ?? [], params, `${path}/${id}/line_items`),
  );
  api.get('/v1/payment_pages/:id', 'RetrieveParams', ({ id }) => paymentPage(store.checkoutSessions.get(id, 'session')));
  api.post('/v1/payment_pages/:id/confirm', 'PaymentPageConfirmParams', ({ id, params }) => {
    const session = store.checkoutSessions.get(id, 'session');
    const method = store.paymentMethods.get(params.payment_method, 'payment_method');
    const outcome = submit(world, session, {
      method: method.id,
      email: method.billing_details.email,
      name: method.billing_details.name,
    });
    if ('refused' in outcome) throw outcome.refused;
    return paymentPage(session);
  });
};

/** The page behind a session, as the official CLI asks for it. */
const paymentPage = (session: Stripe.Checkout.Session): object => ({
  id: `ppage_${session.id.slice(-24)}`,
  object: 'checkout.session',
  session_id: session.id,
  status: session.status,
  payment_status: session.payment_status,
  livemode: false,
});
