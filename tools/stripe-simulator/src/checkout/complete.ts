import type { Stripe } from 'stripe';
import { intentOf, pay } from '../billing/collect.ts';
import { createSubscription } from '../billing/subscription-create.ts';
import { type Refusal, wrongState } from '../http/errors.ts';
import { newCustomer } from '../objects/customers.ts';
import { attachPaymentMethod } from '../payments/attach.ts';
import { confirm } from '../payments/confirm.ts';
import { newPaymentIntent } from '../payments/new-payment-intent.ts';
import { confirmSetup } from '../payments/setup.ts';
import { idOf, mergeMetadata } from '../world/fields.ts';
import type { World } from '../world/world.ts';
import { expireSession } from './expire.ts';

export interface Payer {
  /** Id of the payment method the form made. */
  readonly method: string;
  readonly email: string | null;
  readonly name: string | null;
}

/** What came of submitting the page: done, refused with a reason, or an authentication to pass first. */
export type Outcome = { readonly done: true } | { readonly refused: Refusal } | { readonly authenticate: string };

/** The customer submits the page. */
export function submit(world: World, session: Stripe.Checkout.Session, payer: Payer): Outcome {
  if (session.status !== 'open') throw wrongState('checkout_session_not_open', `This Checkout Session is ${session.status}.`);
  session.customer_details = {
    address: { city: null, country: 'US', line1: null, line2: null, postal_code: '10001', state: null },
    business_name: null,
    email: payer.email ?? session.customer_email,
    individual_name: null,
    name: payer.name,
    phone: null,
    tax_exempt: 'none',
    tax_ids: [],
  };
  const refused =
    session.mode === 'setup'
      ? confirmSetup(world, setupOf(world, session), { method: payer.method, returnUrl: returnUrl(world, session) })
      : session.mode === 'subscription'
        ? subscribe(world, session, payer)
        : payOnce(world, session, payer);
  return refused ? { refused } : proceed(world, session);
}

export const returnUrl = (world: World, session: Stripe.Checkout.Session): string => `${world.url}/c/pay/${session.id}/return`;

const setupOf = (world: World, session: Stripe.Checkout.Session): Stripe.SetupIntent =>
  world.store.setupIntents.get(idOf(session.setup_intent) ?? '');

/** After paying, and once more after authenticating: is it done? */
export function proceed(world: World, session: Stripe.Checkout.Session): Outcome {
  const intent = session.mode === 'setup' ? setupOf(world, session) : paymentOf(world, session);
  if (intent?.status === 'requires_action') return { authenticate: `${world.url}/_sim/3ds/${intent.id}` };
  if (session.status === 'open' && (!intent || intent.status === 'succeeded' || intent.status === 'processing'))
    complete(world, session, intent?.status === 'processing');
  return { done: true };
}

function paymentOf(world: World, session: Stripe.Checkout.Session): Stripe.PaymentIntent | undefined {
  const invoice = world.store.invoices.find(idOf(session.invoice));
  return invoice ? intentOf(world, invoice) : world.store.paymentIntents.find(idOf(session.payment_intent));
}

function customerOf(world: World, session: Stripe.Checkout.Session, payer: Payer): string {
  const known = idOf(session.customer);
  if (known) return known;
  const email = payer.email ?? session.customer_email;
  const { id } = newCustomer(world, { ...(email && { email }), ...(payer.name && { name: payer.name }) });
  session.customer = id;
  return id;
}

function payOnce(world: World, session: Stripe.Checkout.Session, payer: Payer): Refusal | undefined {
  const data = world.store.orders.get(session.id)?.params.payment_intent_data;
  if (session.amount_total === 0) return undefined;
  if (session.customer_creation === 'always') customerOf(world, session, payer);
  const intent =
    world.store.paymentIntents.find(idOf(session.payment_intent)) ??
    newPaymentIntent(world, {
      amount: session.amount_total ?? 0,
      currency: session.currency ?? 'usd',
      customer: idOf(session.customer),
      description: data?.description ?? null,
      metadata: mergeMetadata(null, data?.metadata),
      capture_method: data?.capture_method ?? 'automatic_async',
      setup_future_usage: data?.setup_future_usage ?? null,
    });
  session.payment_intent = intent.id;
  return confirm(world, intent, { method: payer.method, returnUrl: returnUrl(world, session) });
}

function subscribe(world: World, session: Stripe.Checkout.Session, payer: Payer): Refusal | undefined {
  const order = world.store.orders.get(session.id);
  const customer = customerOf(world, session, payer);
  try {
    attachPaymentMethod(world, payer.method, customer);
  } catch (refusal) {
    return refusal as Refusal;
  }
  const subscription =
    world.store.subscriptions.find(order?.subscription) ??
    createSubscription(world, subscriptionParams(world, session, customer, payer.method));
  if (order) order.subscription = subscription.id;
  subscription.default_payment_method = payer.method;
  const invoice = world.store.invoices.find(idOf(subscription.latest_invoice));
  session.invoice = invoice?.id ?? null;
  session.subscription = subscription.id;
  if (invoice?.status !== 'open') return undefined;
  return pay(world, invoice, { method: payer.method, returnUrl: returnUrl(world, session) });
}

function subscriptionParams(
  world: World,
  session: Stripe.Checkout.Session,
  customer: string,
  method: string,
): Stripe.SubscriptionCreateParams {
  const { params } = world.store.orders.get(session.id)!;
  const {
    invoice_settings: _settings,
    pending_invoice_item_interval: _interval,
    transfer_data: _transfer,
    ...data
  } = params.subscription_data ?? {};
  const items = world.store.lineItemsOf.get(session.id) ?? [];
  const quantity = (item: Stripe.LineItem) => (item.quantity === null ? {} : { quantity: item.quantity });
  const rates = (index: number) => {
    const given = params.line_items?.[index]?.tax_rates;
    return given ? { tax_rates: given } : {};
  };
  const entries = items.map((item, index) => ({
    item,
    entry: { price: item.price?.id ?? '', ...quantity(item), ...rates(index) },
  }));
  return {
    ...data,
    customer,
    default_payment_method: method,
    items: entries.filter(({ item }) => item.price?.recurring).map(({ entry }) => entry),
    add_invoice_items: entries.filter(({ item }) => !item.price?.recurring).map(({ entry }) => entry),
    payment_behavior: 'default_incomplete',
    ...(params.discounts && { discounts: params.discounts as Stripe.SubscriptionCreateParams.Discount[] }),
  };
}

function complete(world: World, session: Stripe.Checkout.Session, unpaidYet: boolean): void {
  session.status = 'complete';
  session.url = null;
  if (session.mode !== 'setup')
    session.payment_status = unpaidYet ? 'unpaid' : session.amount_total === 0 ? 'no_payment_required' : 'paid';
  world.agenda.set('checkout.expire', session.id, null, null);
  world.emit('checkout.session.completed', session);
}

/** Sessions expire, and hear whether a debit came through. */
export function keepSessions(world: World): void {
  const { checkoutSessions } = world.store;
  world.agenda.duty('checkout.expire', (id) => {
    const session = checkoutSessions.get(id);
    if (session.status === 'open') expireSession(world, session);
  });
  const waiting = (event: Stripe.Event): Stripe.Checkout.Session | undefined => {
    const { id } = event.data.object as Stripe.PaymentIntent;
    return checkoutSessions.first(
      (session) => session.status === 'complete' && session.payment_status === 'unpaid' && paymentOf(world, session)?.id === id,
    );
  };
  world.on('payment_intent.succeeded', (event) => {
    const session = waiting(event);
    if (!session) return;
    session.payment_status = 'paid';
    world.emit('checkout.session.async_payment_succeeded', session);
  });
  world.on('payment_intent.payment_failed', (event) => {
    const session = waiting(event);
    if (session) world.emit('checkout.session.async_payment_failed', session);
  });
}
