import type { Stripe } from 'stripe';
import { invalid, parameterMissing } from '../http/errors.ts';
import { newPrice } from '../objects/prices.ts';
import { newDiscount } from '../objects/discounts.ts';
import { idOf, mergeMetadata } from '../world/fields.ts';
import { newId } from '../world/ids.ts';
import type { World } from '../world/world.ts';
import { share } from './exact.ts';
import { addIntervals, periodAround } from './intervals.ts';
import { type Line, newLine, pricingOf } from './line.ts';
import { priceAmount } from './price-amount.ts';

type ItemGiven = Stripe.SubscriptionCreateParams.Item & Stripe.SubscriptionUpdateParams.Item;

/** A recurring price, given by its id or described. */
export function priceOf(world: World, given: Pick<ItemGiven, 'price' | 'plan' | 'price_data'>, position: number): Stripe.Price {
  const id = given.price ?? given.plan;
  if (!id && !given.price_data) throw parameterMissing(`items[${position}][price]`);
  const price = id
    ? world.store.prices.get(id, `items[${position}][price]`)
    : newPrice(world, given.price_data as Stripe.PriceCreateParams);
  if (!price.recurring)
    throw invalid('The price specified is set to `type=one_time` but this field only accepts prices with `type=recurring`.', {
      param: `items[${position}][price]`,
    });
  if (!price.active)
    throw invalid('The price specified is inactive. This field only accepts active prices.', {
      param: `items[${position}][price]`,
    });
  return price;
}

const planOf = (price: Stripe.Price): Stripe.Plan => ({
  id: price.id,
  object: 'plan',
  active: price.active,
  amount: price.unit_amount,
  amount_decimal: price.unit_amount_decimal,
  billing_scheme: price.billing_scheme,
  created: price.created,
  currency: price.currency,
  interval: price.recurring?.interval ?? 'month',
  interval_count: price.recurring?.interval_count ?? 1,
  livemode: false,
  metadata: price.metadata,
  meter: price.recurring?.meter ?? null,
  nickname: price.nickname,
  product: price.product,
  tiers_mode: price.tiers_mode,
  transform_usage: null,
  trial_period_days: price.recurring?.trial_period_days ?? null,
  usage_type: price.recurring?.usage_type ?? 'licensed',
});

export function newItem(
  world: World,
  subscription: Stripe.Subscription,
  given: ItemGiven,
  position: number,
): Stripe.SubscriptionItem {
  const price = priceOf(world, given, position);
  const id = newId('si');
  return {
    id,
    object: 'subscription_item',
    billing_thresholds: null,
    created: world.now(idOf(subscription.customer)),
    current_period_end: 0,
    current_period_start: 0,
    current_trial: null,
    discounts: (given.discounts || []).map(
      (one) =>
        newDiscount(world, one, { customer: subscription.customer, subscription: subscription.id, subscription_item: id }).id,
    ),
    metadata: mergeMetadata(null, given.metadata),
    plan: planOf(price),
    price: structuredClone(price),
    ...(price.recurring?.usage_type !== 'metered' && { quantity: given.quantity ?? 1 }),
    subscription: subscription.id,
    tax_rates: (given.tax_rates || []).map((rate) =>
      structuredClone(world.store.taxRates.get(rate, `items[${position}][tax_rates]`)),
    ),
  };
}

export function setPrice(item: Stripe.SubscriptionItem, price: Stripe.Price): void {
  item.price = structuredClone(price);
  item.plan = planOf(price);
}

/** The period of an item at a second, counted from the subscription's anchor. */
export const periodOf = (
  subscription: Stripe.Subscription,
  item: Stripe.SubscriptionItem,
  second: number,
): { start: number; end: number } =>
  second < subscription.billing_cycle_anchor
    ? { start: second, end: subscription.billing_cycle_anchor }
    : periodAround(second, subscription.billing_cycle_anchor, item.price.recurring!);

export const quantityOf = ({ quantity, price }: Stripe.SubscriptionItem): number =>
  quantity ?? (price.recurring?.usage_type === 'metered' ? 0 : 1);

const productName = (world: World, price: Stripe.Price): string =>
  world.store.products.find(idOf(price.product))?.name ?? String(price.product);

const money = (price: Stripe.Price): string =>
  `${price.unit_amount ?? price.unit_amount_decimal ?? 0} ${price.currency.toUpperCase()} / ${price.recurring?.interval ?? ''}`;

/** The line of an item for a period; `part` of it when it is shorter than the price's interval. */
export function periodLine(
  world: World,
  subscription: Stripe.Subscription,
  item: Stripe.SubscriptionItem,
  {
    period,
    trial = false,
    part,
  }: { period: { start: number; end: number }; trial?: boolean; part?: { used: number; whole: number } },
): Line {
  const quantity = quantityOf(item);
  const full = trial ? 0 : priceAmount(world, item.price, quantity);
  const name = productName(world, item.price);
  return newLine({
    amount: part ? share(full, part.used, part.whole) : full,
    currency: item.price.currency,
    description: trial ? `Trial period for ${name}` : `${quantity} × ${name} (at ${money(item.price)})`,
    discountable: true,
    discounts: item.discounts.map((one) => idOf(one) ?? ''),
    metadata: subscription.metadata,
    period,
    pricing: pricingOf(item.price),
    quantity,
    subscription: subscription.id,
    subscriptionItem: item.id,
    taxRates: item.tax_rates,
  });
}

/** Seconds of the interval that ends, or would end, at `end`. */
export const wholeInterval = (end: number, recurring: Stripe.Price.Recurring): number => end - addIntervals(end, recurring, -1);

export const nameOf = productName;
