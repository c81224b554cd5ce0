import type { Stripe } from 'stripe';
import { idOf } from '../world/fields.ts';
import type { World } from '../world/world.ts';
import { finalizeAndCollect, scheduleFinalizing } from './collect.ts';
import { finalize, markUncollectible, subscriptionOf, voidInvoice } from './invoice-life.ts';
import { periodLine, periodOf } from './subscription-items.ts';
import { addForSubscription, composeForSubscription } from './subscription-invoice.ts';
import { nextPeriodEnd, schedule } from './subscription-schedule.ts';

type Reason = NonNullable<NonNullable<Stripe.Subscription['cancellation_details']>['reason']>;

/** Ended for good. */
export function cancel(world: World, subscription: Stripe.Subscription, reason: Reason): void {
  const now = world.now(idOf(subscription.customer));
  subscription.status = 'canceled';
  subscription.canceled_at ??= now;
  subscription.ended_at = now;
  subscription.cancellation_details = {
    comment: null,
    feedback: null,
    feedback_option: null,
    ...subscription.cancellation_details,
    reason,
  };
  for (const invoice of world.store.invoices.oldest((row) => subscriptionOf(row) === subscription.id && row.status !== 'paid')) {
    invoice.auto_advance = false;
    invoice.next_payment_attempt = null;
    world.agenda.set('invoice.retry', invoice.id, null, null);
    if (invoice.status === 'draft') world.agenda.set('invoice.finalize', invoice.id, null, null);
  }
  schedule(world, subscription);
  world.emit('customer.subscription.deleted', subscription);
}

/** Lines and period of the next invoice: the items whose period ends then, each for its next one. */
export function renewal(world: World, subscription: Stripe.Subscription, at: number) {
  const due = (world.store.itemsOf.get(subscription.id) ?? []).filter(({ current_period_end }) => current_period_end <= at);
  const start = Math.min(...due.map(({ current_period_start }) => current_period_start));
  return {
    due,
    period: { start, end: at },
    lines: due.map((item) => {
      // Metered items are billed for the period that is over, the others for the one that begins.
      const period =
        item.price.recurring?.usage_type === 'metered'
          ? { start: item.current_period_start, end: item.current_period_end }
          : periodOf(subscription, item, item.current_period_end);
      return periodLine(world, subscription, item, { period });
    }),
  };
}

function missesMethod(world: World, subscription: Stripe.Subscription): boolean {
  const customer = world.store.customers.find(idOf(subscription.customer));
  return !subscription.default_payment_method && !customer?.invoice_settings.default_payment_method;
}

/** A trial that ends and finds no payment method cancels or pauses, where that was asked for. */
export function endsWithoutMethod(world: World, subscription: Stripe.Subscription): boolean {
  const behaviour = subscription.trial_settings?.end_behavior.missing_payment_method ?? 'create_invoice';
  if (behaviour === 'create_invoice' || !missesMethod(world, subscription)) return false;
  if (behaviour === 'cancel') cancel(world, subscription, 'cancellation_requested');
  else pause(world, subscription, 'trial_end_without_payment_method');
  return true;
}

/** The period is over: it ends, or the next one begins and is billed. */
function renew(world: World, subscription: Stripe.Subscription): void {
  const at = nextPeriodEnd(world, subscription);
  if (subscription.cancel_at_period_end) return cancel(world, subscription, 'cancellation_requested');
  if (subscription.status === 'trialing' && endsWithoutMethod(world, subscription)) return;
  let invoice: Stripe.Invoice | undefined;
  world.change('customer.subscription.updated', subscription, () => {
    const { due, lines, period } = renewal(world, subscription, at);
    const composed = composeForSubscription(world, subscription, {
      reason: 'subscription_cycle',
      lines,
      period,
      autoAdvance: true,
    });
    for (const item of due) {
      const next = periodOf(subscription, item, item.current_period_end);
      Object.assign(item, { current_period_start: next.start, current_period_end: next.end });
    }
    if (subscription.status === 'trialing') subscription.status = 'active';
    invoice = addForSubscription(world, subscription, composed);
  });
  if (invoice) billRenewal(world, subscription, invoice);
  schedule(world, subscription);
}

/** Paused collection keeps the draft, or ends the invoice at once. */
function billRenewal(world: World, subscription: Stripe.Subscription, invoice: Stripe.Invoice): void {
  const behaviour = subscription.pause_collection?.behavior;
  if (!behaviour) return scheduleFinalizing(world, invoice);
  invoice.auto_advance = false;
  invoice.automatically_finalizes_at = null;
  invoice.next_payment_attempt = null;
  if (behaviour === 'keep_as_draft') return;
  finalize(world, invoice);
  if (invoice.status !== 'open') return;
  if (behaviour === 'void') voidInvoice(world, invoice);
  else markUncollectible(world, invoice);
}

/** Nothing is billed until it is resumed. */
export function pause(
  world: World,
  subscription: Stripe.Subscription,
  type: 'pause_requested' | 'trial_end_without_payment_method',
): void {
  world.change('customer.subscription.updated', subscription, () => {
    subscription.status = 'paused';
    subscription.status_details = {
      paused: { type: 'subscription', subscription: { type }, transitioned_at: world.now(idOf(subscription.customer)) },
    };
  });
  schedule(world, subscription);
  world.emit('customer.subscription.paused', subscription);
}

/** Going on: a new cycle from now on, billed at once, or the old one. */
export function resume(world: World, subscription: Stripe.Subscription, anchor: 'now' | 'unchanged'): void {
  let invoice: Stripe.Invoice | undefined;
  world.change('customer.subscription.updated', subscription, () => {
    const now = world.now(idOf(subscription.customer));
    subscription.status = 'active';
    delete subscription.status_details;
    if (anchor === 'now') subscription.billing_cycle_anchor = now;
    const items = world.store.itemsOf.get(subscription.id) ?? [];
    const over = items.filter(({ current_period_end }) => anchor === 'now' || current_period_end <= now);
    for (const item of over) {
      const period = periodOf(subscription, item, now);
      Object.assign(item, { current_period_start: period.start, current_period_end: period.end });
    }
    if (over.length === 0) return;
    const lines = over.map((item) =>
      periodLine(world, subscription, item, { period: { start: item.current_period_start, end: item.current_period_end } }),
    );
    const composed = composeForSubscription(world, subscription, {
      reason: 'subscription_update',
      lines,
      period: { start: now, end: now },
      autoAdvance: true,
    });
    invoice = addForSubscription(world, subscription, composed);
  });
  world.emit('customer.subscription.resumed', subscription);
  if (invoice) finalizeAndCollect(world, invoice);
  schedule(world, subscription);
}

/** Subscriptions live by the agenda and by what becomes of their invoices. */
export function liveSubscriptions(world: World): void {
  const { subscriptions, invoices } = world.store;
  const { agenda } = world;
  agenda.duty('subscription.period', (id) => renew(world, subscriptions.get(id)));
  agenda.duty('subscription.cancel', (id) => cancel(world, subscriptions.get(id), 'cancellation_requested'));
  agenda.duty('subscription.trial_will_end', (id) => world.emit('customer.subscription.trial_will_end', subscriptions.get(id)));
  agenda.duty('subscription.upcoming', (id) => tellUpcoming(world, subscriptions.get(id)));
  agenda.duty('subscription.resume_collection', (id) => {
    const subscription = subscriptions.get(id);
    world.change('customer.subscription.updated', subscription, () => {
      subscription.pause_collection = null;
    });
  });
  agenda.duty('subscription.incomplete', (id) => giveUp(world, subscriptions.get(id)));
  world.on('invoice.paid', (event) => {
    const subscription = subscriptions.find(subscriptionOf(event.data.object as Stripe.Invoice));
    if (!subscription || !['incomplete', 'past_due', 'unpaid'].includes(subscription.status)) return;
    const owes = invoices.first((row) => subscriptionOf(row) === subscription.id && row.status === 'open' && row.attempted);
    if (owes) return;
    agenda.set('subscription.incomplete', subscription.id, null, null);
    world.change('customer.subscription.updated', subscription, () => {
      subscription.status = 'active';
    });
    schedule(world, subscription);
  });
  world.on('invoice.payment_failed', (event) => {
    const invoice = invoices.get((event.data.object as Stripe.Invoice).id);
    const subscription = subscriptions.find(subscriptionOf(invoice));
    if (!subscription) return;
    if (subscription.status === 'active' || subscription.status === 'trialing')
      world.change('customer.subscription.updated', subscription, () => {
        subscription.status = 'past_due';
      });
    // No automatic attempt is left.
    if (subscription.status === 'past_due' && invoice.next_payment_attempt === null && invoice.attempt_count > 3)
      cancel(world, subscription, 'payment_failed');
  });
  world.on('customer.deleted', (event) => {
    const { id } = event.data.object as Stripe.Customer;
    for (const subscription of subscriptions.oldest((row) => row.customer === id && row.ended_at === null))
      cancel(world, subscription, 'cancellation_requested');
  });
}

function giveUp(world: World, subscription: Stripe.Subscription): void {
  if (subscription.status !== 'incomplete') return;
  const invoice = world.store.invoices.find(idOf(subscription.latest_invoice));
  if (invoice?.status === 'open') voidInvoice(world, invoice);
  world.change('customer.subscription.updated', subscription, () => {
    subscription.status = 'incomplete_expired';
    subscription.ended_at = world.now(idOf(subscription.customer));
  });
}

/** Seven days before a renewal: the invoice as it would be, without an id. */
function tellUpcoming(world: World, subscription: Stripe.Subscription): void {
  const end = nextPeriodEnd(world, subscription);
  const { lines, period } = renewal(world, subscription, end);
  const { invoice } = composeForSubscription(world, subscription, { reason: 'upcoming', lines, period, autoAdvance: true });
  const { id: _id, ...upcoming } = invoice;
  world.emit('invoice.upcoming', { ...upcoming, created: end, next_payment_attempt: end + 3600 });
}
