import type { Stripe } from 'stripe';
import { holding } from '../objects/discounts.ts';
import { idOf } from '../world/fields.ts';
import type { World } from '../world/world.ts';
import { addInvoice, compose, type Composed } from './compose.ts';
import type { Line } from './line.ts';

export interface SubscriptionInvoiceGiven {
  readonly reason: Stripe.Invoice.BillingReason;
  readonly lines: readonly Line[];
  readonly period: { readonly start: number; readonly end: number };
  readonly autoAdvance: boolean;
  /** Only this subscription's own pending items: renewals take the customer's others too. */
  readonly ownItemsOnly?: boolean;
}

/** An invoice of a subscription, with what is pending; not yet stored. */
export function composeForSubscription(
  world: World,
  subscription: Stripe.Subscription,
  given: SubscriptionInvoiceGiven,
): Composed {
  const customer = world.store.customers.get(idOf(subscription.customer) ?? '', 'customer');
  const pendingItems = world.store.invoiceItems.oldest((item) => {
    const of = idOf(item.parent?.subscription_details?.subscription);
    return (
      item.customer === customer.id &&
      item.invoice === null &&
      item.currency === subscription.currency &&
      (of === subscription.id || (of === null && !given.ownItemsOnly))
    );
  });
  const at = world.now(customer.id);
  const own = holding(world, subscription.discounts, at);
  return compose(world, {
    customer,
    currency: subscription.currency,
    reason: given.reason,
    subscription,
    lines: given.lines,
    pendingItems,
    collectionMethod: subscription.collection_method,
    daysUntilDue: subscription.days_until_due,
    autoAdvance: given.autoAdvance,
    discounts: own.length > 0 ? own : holding(world, customer.discount ? [customer.discount] : [], at),
    defaultTaxRates: subscription.default_tax_rates ?? [],
    period: given.period,
  });
}

/** Stores it as the subscription's latest; coupons for one invoice are used up. */
export function addForSubscription(world: World, subscription: Stripe.Subscription, composed: Composed): Stripe.Invoice {
  const invoice = addInvoice(world, composed);
  subscription.latest_invoice = invoice.id;
  if (composed.lines.some(({ row }) => (row.discount_amounts ?? []).length > 0)) useUpOnce(world, subscription);
  return invoice;
}

function useUpOnce(world: World, subscription: Stripe.Subscription): void {
  subscription.discounts = subscription.discounts.filter((one) => {
    const coupon = world.store.coupons.find(idOf(world.store.discounts.find(idOf(one))?.source.coupon));
    return coupon?.duration !== 'once';
  });
}
