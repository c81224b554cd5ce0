import type { Stripe } from 'stripe';
import { wrongState } from '../http/errors.ts';
import { listWithin } from '../http/list.ts';
import { newDiscount } from '../objects/discounts.ts';
import { copyFields, idOf, mergeMetadata } from '../world/fields.ts';
import type { World } from '../world/world.ts';
import { finalizeAndCollect } from './collect.ts';
import { newInvoiceItem } from './invoice-item.ts';
import { type Changed, type Proration, prorationsOf } from './proration.ts';
import { newItem, periodLine, periodOf, priceOf, setPrice } from './subscription-items.ts';
import { endsWithoutMethod } from './subscription-life.ts';
import { addForSubscription, composeForSubscription } from './subscription-invoice.ts';
import { schedule } from './subscription-schedule.ts';

type Update = Stripe.SubscriptionUpdateParams;
type ItemChange = Pick<
  Stripe.SubscriptionUpdateParams.Item,
  'id' | 'price' | 'plan' | 'price_data' | 'quantity' | 'deleted' | 'metadata' | 'tax_rates'
>;

/** The items as they would be; nothing is stored. */
export function changedItems(world: World, subscription: Stripe.Subscription, changes: readonly ItemChange[]): Changed {
  const before = world.store.itemsOf.get(subscription.id) ?? [];
  const after = structuredClone([...before]);
  changes.forEach((change, position) => {
    if (!change.id) {
      after.push(newItem(world, subscription, change as never, position));
      return;
    }
    const index = after.findIndex(({ id }) => id === change.id);
    const item = after[index];
    if (!item) throw wrongState('resource_missing', `No such subscription item: '${change.id}'`, `items[${position}][id]`);
    if (change.deleted) {
      after.splice(index, 1);
      return;
    }
    if (change.price ?? change.plan ?? change.price_data) setPrice(item, priceOf(world, change, position));
    if (change.quantity !== undefined) item.quantity = change.quantity;
    if (change.metadata !== undefined) item.metadata = mergeMetadata(item.metadata, change.metadata);
    if (change.tax_rates) item.tax_rates = change.tax_rates.map((rate) => structuredClone(world.store.taxRates.get(rate)));
  });
  return { before, after };
}

/** Whether the cycle starts anew: asked for, or because another interval begins. */
const restarts = (subscription: Stripe.Subscription, { before, after }: Changed, params: Update): boolean => {
  if (params.billing_cycle_anchor?.type === 'now') return true;
  if (subscription.status === 'trialing') return false;
  const length = (items: readonly Stripe.SubscriptionItem[]): string =>
    [...new Set(items.map(({ price }) => `${price.recurring?.interval_count} ${price.recurring?.interval}`))].join();
  return length(before) !== length(after);
};

/** Everything an update may change, with its prorations and what is billed at once. */
export function changeSubscription(world: World, subscription: Stripe.Subscription, params: Update): Stripe.Subscription {
  if (subscription.ended_at !== null)
    throw wrongState('resource_missing', 'A canceled subscription can only update its cancellation_details and metadata.');
  const now = world.now(idOf(subscription.customer));
  const changed = changedItems(world, subscription, params.items ?? []);
  const anew = restarts(subscription, changed, params);
  const trialEnds = params.trial_end === 'now' && subscription.status === 'trialing';
  if (trialEnds && endsWithoutMethod(world, subscription)) return subscription;
  let invoice: Stripe.Invoice | undefined;
  world.change('customer.subscription.updated', subscription, () => {
    copySettings(world, subscription, params, now);
    if (params.proration_behavior !== 'none' && subscription.status !== 'trialing')
      addProrations(world, subscription, prorationsOf(world, subscription, changed, { at: params.proration_date ?? now, anew }));
    if (anew || trialEnds) subscription.billing_cycle_anchor = now;
    if (trialEnds) Object.assign(subscription, { status: 'active', trial_end: now });
    for (const item of changed.after) if (anew || trialEnds || item.current_period_end === 0) start(subscription, item, now);
    world.store.itemsOf.set(subscription.id, [...changed.after]);
    subscription.items = listWithin([...changed.after], subscription.items.url);
    if (anew || trialEnds || (params.proration_behavior === 'always_invoice' && changed.before !== changed.after))
      invoice = invoiceNow(world, subscription, anew || trialEnds ? changed.after : []);
  });
  if (invoice) finalizeAndCollect(world, invoice);
  schedule(world, subscription);
  return subscription;
}

function start(subscription: Stripe.Subscription, item: Stripe.SubscriptionItem, now: number): void {
  const period =
    subscription.status === 'trialing' ? { start: now, end: subscription.trial_end ?? now } : periodOf(subscription, item, now);
  Object.assign(item, { current_period_start: period.start, current_period_end: period.end });
}

function copySettings(world: World, subscription: Stripe.Subscription, params: Update, now: number): void {
  copyFields(subscription, params, ['collection_method', 'days_until_due', 'default_payment_method', 'description']);
  subscription.metadata = mergeMetadata(subscription.metadata, params.metadata);
  if (params.cancel_at_period_end !== undefined) {
    subscription.cancel_at_period_end = params.cancel_at_period_end;
    subscription.cancel_at = params.cancel_at_period_end
      ? Math.min(...subscription.items.data.map((item) => item.current_period_end))
      : null;
  }
  if (params.cancel_at !== undefined) {
    const ends = subscription.items.data.map((item) => item.current_period_end);
    const named = { max_period_end: Math.max(...ends), min_period_end: Math.min(...ends), max_billed_until: Math.max(...ends) };
    subscription.cancel_at =
      typeof params.cancel_at === 'string' ? (named[params.cancel_at as keyof typeof named] ?? null) : (params.cancel_at ?? null);
  }
  if (params.cancel_at_period_end !== undefined || params.cancel_at !== undefined) {
    const cancels = subscription.cancel_at !== null;
    subscription.canceled_at = cancels ? now : null;
    if (subscription.cancellation_details) subscription.cancellation_details.reason = cancels ? 'cancellation_requested' : null;
  }
  if (typeof params.trial_end === 'number') {
    Object.assign(subscription, {
      trial_end: params.trial_end,
      trial_start: subscription.trial_start ?? now,
      status: 'trialing',
    });
    subscription.billing_cycle_anchor = params.trial_end;
    for (const item of world.store.itemsOf.get(subscription.id) ?? []) item.current_period_end = params.trial_end;
  }
  if (params.pause_collection !== undefined)
    subscription.pause_collection = params.pause_collection ? { resumes_at: null, ...params.pause_collection } : null;
  if (params.default_tax_rates !== undefined)
    subscription.default_tax_rates = (params.default_tax_rates || []).map((rate) =>
      structuredClone(world.store.taxRates.get(rate)),
    );
  if (params.discounts !== undefined)
    subscription.discounts = (params.discounts || []).map(
      (one) => newDiscount(world, one, { customer: subscription.customer, subscription: subscription.id }).id,
    );
}

function addProrations(world: World, subscription: Stripe.Subscription, prorations: readonly Proration[]): void {
  for (const { taxRates, price, item, ...proration } of prorations)
    newInvoiceItem(world, {
      ...proration,
      customer: String(subscription.customer),
      discountable: false,
      pricing: { price },
      proration: true,
      subscription: subscription.id,
      subscription_item: item,
      tax_rates: taxRates.map(({ id }) => id),
    });
}

function invoiceNow(
  world: World,
  subscription: Stripe.Subscription,
  items: readonly Stripe.SubscriptionItem[],
): Stripe.Invoice | undefined {
  const now = world.now(idOf(subscription.customer));
  const lines = items.map((item) =>
    periodLine(world, subscription, item, { period: { start: item.current_period_start, end: item.current_period_end } }),
  );
  const composed = composeForSubscription(world, subscription, {
    reason: 'subscription_update',
    lines,
    period: { start: now, end: now },
    autoAdvance: true,
    ownItemsOnly: true,
  });
  return composed.lines.length === 0 ? undefined : addForSubscription(world, subscription, composed);
}

/** On canceling: what was paid for and not used is credited, with the next invoice or one of its own. */
export function creditUnused(world: World, subscription: Stripe.Subscription, billNow: boolean): void {
  const before = world.store.itemsOf.get(subscription.id) ?? [];
  const at = world.now(idOf(subscription.customer));
  addProrations(world, subscription, prorationsOf(world, subscription, { before, after: [] }, { at, anew: false }));
  if (!billNow) return;
  const invoice = invoiceNow(world, subscription, []);
  if (invoice) finalizeAndCollect(world, invoice);
}
