import type { Stripe } from 'stripe';
import { invalid, parameterMissing, Refusal } from '../http/errors.ts';
import { listWithin } from '../http/list.ts';
import { newDiscount } from '../objects/discounts.ts';
import { idOf, mergeMetadata } from '../world/fields.ts';
import { newId } from '../world/ids.ts';
import type { World } from '../world/world.ts';
import { pay } from './collect.ts';
import { finalize, voidInvoice } from './invoice-life.ts';
import { newItem, periodLine, periodOf, wholeInterval } from './subscription-items.ts';
import { addForSubscription, composeForSubscription } from './subscription-invoice.ts';
import { schedule } from './subscription-schedule.ts';
import { chargeExtras } from './invoice-item.ts';

type Create = Stripe.SubscriptionCreateParams;

const day = 86_400;
/** An unpaid first invoice is given up after 23 hours. */
const incompleteSeconds = 23 * 3600;

function trialEndOf(world: World, params: Create, now: number): number | null {
  if (params.trial_end === 'now') return null;
  if (typeof params.trial_end === 'number') {
    if (params.trial_end <= now)
      throw invalid('Invalid timestamp: must be an integer Unix timestamp in the future.', { param: 'trial_end' });
    return params.trial_end;
  }
  const fromPlan = params.trial_from_plan
    ? world.store.prices.find(params.items?.[0]?.price)?.recurring?.trial_period_days
    : undefined;
  const days = params.trial_period_days ?? fromPlan ?? 0;
  return days > 0 ? now + days * day : null;
}

function shell(world: World, params: Create, customer: Stripe.Customer): Stripe.Subscription {
  const now = world.now(customer.id);
  const trialEnd = trialEndOf(world, params, now);
  const id = newId('sub');
  return {
    id,
    object: 'subscription',
    application: null,
    application_fee_percent: null,
    automatic_tax: { disabled_reason: null, enabled: false, liability: null },
    billing_cycle_anchor: params.billing_cycle_anchor ?? trialEnd ?? params.backdate_start_date ?? now,
    billing_cycle_anchor_config: null,
    billing_mode: { flexible: { proration_discounts: 'included' }, type: params.billing_mode?.type ?? 'flexible' },
    billing_schedules: [],
    billing_thresholds: null,
    cancel_at: typeof params.cancel_at === 'number' ? params.cancel_at : null,
    cancel_at_period_end: params.cancel_at_period_end ?? false,
    canceled_at: params.cancel_at_period_end || params.cancel_at ? now : null,
    cancellation_details: { comment: null, feedback: null, feedback_option: null, reason: null },
    collection_method: params.collection_method ?? 'charge_automatically',
    created: now,
    currency: params.currency ?? 'usd',
    customer: customer.id,
    customer_account: null,
    days_until_due: params.days_until_due ?? null,
    default_payment_method: params.default_payment_method ?? null,
    default_source: null,
    default_tax_rates: (params.default_tax_rates || []).map((rate) =>
      structuredClone(world.store.taxRates.get(rate, 'default_tax_rates')),
    ),
    description: params.description ?? null,
    discounts: (params.discounts || []).map((one) => newDiscount(world, one, { customer: customer.id, subscription: id }).id),
    ended_at: null,
    invoice_settings: { account_tax_ids: null, custom_fields: null, description: null, footer: null, issuer: { type: 'self' } },
    items: listWithin<Stripe.SubscriptionItem>([], `/v1/subscription_items?subscription=${id}`),
    latest_invoice: null,
    livemode: false,
    managed_payments: null,
    metadata: mergeMetadata(null, params.metadata),
    next_pending_invoice_item_invoice: null,
    on_behalf_of: null,
    pause_collection: null,
    payment_settings: {
      payment_method_options: null,
      payment_method_types: null,
      save_default_payment_method: params.payment_settings?.save_default_payment_method ?? 'off',
    },
    pending_invoice_item_interval: null,
    pending_setup_intent: null,
    pending_update: null,
    schedule: null,
    start_date: params.backdate_start_date ?? now,
    status: trialEnd ? 'trialing' : params.collection_method === 'send_invoice' ? 'active' : 'incomplete',
    test_clock: customer.test_clock ?? null,
    transfer_data: null,
    trial_end: trialEnd,
    trial_settings: {
      end_behavior: {
        billing_cycle_anchor: null,
        missing_payment_method: params.trial_settings?.end_behavior.missing_payment_method ?? 'create_invoice',
      },
    },
    trial_start: trialEnd ? now : null,
  } as Stripe.Subscription;
}

function addItems(world: World, subscription: Stripe.Subscription, params: Create): void {
  const given = params.items ?? [];
  if (given.length === 0) throw parameterMissing('items');
  const items = given.map((one, position) => newItem(world, subscription, one, position));
  const [first] = items;
  if (items.some(({ price }) => price.currency !== first?.price.currency))
    throw invalid('The price specified only supports one currency: all items of a subscription have the same.', {
      param: 'items',
    });
  subscription.currency = first?.price.currency ?? subscription.currency;
  for (const item of items) {
    const period =
      subscription.status === 'trialing'
        ? { start: subscription.created, end: subscription.trial_end ?? 0 }
        : periodOf(subscription, item, subscription.created);
    Object.assign(item, { current_period_start: period.start, current_period_end: period.end });
  }
  world.store.itemsOf.set(subscription.id, items);
  subscription.items = listWithin(items, subscription.items.url);
}

/** A first period that ends before a whole interval is over costs its part. */
function firstLines(world: World, subscription: Stripe.Subscription, params: Create) {
  return (world.store.itemsOf.get(subscription.id) ?? []).map((item) => {
    const period = { start: item.current_period_start, end: item.current_period_end };
    const trial = subscription.status === 'trialing';
    const whole = wholeInterval(period.end, item.price.recurring!);
    const used = period.end - period.start;
    if (trial || used >= whole) return periodLine(world, subscription, item, { period, trial });
    return periodLine(world, subscription, item, {
      period,
      part: { used: params.proration_behavior === 'none' ? 0 : used, whole },
    });
  });
}

/** @throws Refusal of the first payment with `error_if_incomplete`; then nothing is left. */
export function createSubscription(world: World, params: Create): Stripe.Subscription {
  if (!params.customer) throw parameterMissing('customer');
  const customer = world.store.customers.get(params.customer, 'customer');
  if (params.collection_method === 'send_invoice' && params.days_until_due === undefined)
    throw parameterMissing('days_until_due');
  if (params.default_payment_method) world.store.paymentMethods.get(params.default_payment_method, 'default_payment_method');
  const subscription = shell(world, params, customer);
  addItems(world, subscription, params);
  requireMethod(subscription, params, customer);
  customer.currency ??= subscription.currency;
  world.store.subscriptions.add(subscription);
  chargeExtras(world, subscription, params.add_invoice_items ?? []);
  const [first] = subscription.items.data;
  const composed = composeForSubscription(world, subscription, {
    reason: 'subscription_create',
    lines: firstLines(world, subscription, params),
    period: { start: subscription.created, end: subscription.created },
    autoAdvance: subscription.collection_method === 'send_invoice',
  });
  if (subscription.status === 'incomplete' && composed.invoice.amount_due === 0) subscription.status = 'active';
  subscription.latest_invoice = composed.invoice.id;
  world.emit('customer.subscription.created', subscription);
  const invoice = addForSubscription(world, subscription, composed);
  if (first && first.current_period_end - subscription.created < 3 * day && subscription.status === 'trialing')
    world.emit('customer.subscription.trial_will_end', subscription);
  if (subscription.collection_method === 'charge_automatically') firstPayment(world, subscription, invoice, params);
  else finalizeSent(world, invoice);
  if (subscription.status === 'incomplete')
    world.agenda.set(
      'subscription.incomplete',
      subscription.id,
      subscription.created + incompleteSeconds,
      world.time.clockOf(customer.id),
    );
  schedule(world, subscription);
  return subscription;
}

function requireMethod(subscription: Stripe.Subscription, params: Create, customer: Stripe.Customer): void {
  const waits = params.payment_behavior === 'default_incomplete' || subscription.status === 'trialing';
  const has = params.default_payment_method ?? idOf(customer.invoice_settings.default_payment_method);
  const free = subscription.items.data.every(({ price }) => price.unit_amount === 0 || price.recurring?.usage_type === 'metered');
  if (subscription.collection_method === 'charge_automatically' && !waits && !has && !free)
    throw invalid(
      'This customer has no attached payment source or default payment method. Please consider adding a default payment method. For more information, visit https://docs.stripe.com/billing/subscriptions/payment-methods-setting#payment-method-priority.',
      { code: 'resource_missing' },
    );
}

function finalizeSent(world: World, invoice: Stripe.Invoice): void {
  world.agenda.set('invoice.finalize', invoice.id, invoice.created + 3600, world.time.clockOf(idOf(invoice.customer)));
}

function firstPayment(world: World, subscription: Stripe.Subscription, invoice: Stripe.Invoice, params: Create): void {
  finalize(world, invoice);
  if (invoice.status === 'paid' || params.payment_behavior === 'default_incomplete') return;
  const refusal = pay(world, invoice, {});
  if (!refusal || params.payment_behavior !== 'error_if_incomplete') return;
  voidInvoice(world, invoice);
  world.store.subscriptions.remove(subscription.id);
  throw new Refusal(402, refusal.error);
}
