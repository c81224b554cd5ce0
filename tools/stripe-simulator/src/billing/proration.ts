import type { Stripe } from 'stripe';
import { idOf } from '../world/fields.ts';
import type { World } from '../world/world.ts';
import { percentOf, share } from './exact.ts';
import { priceAmount } from './price-amount.ts';
import { nameOf, quantityOf } from './subscription-items.ts';

/** The items of a subscription before and after a change. */
export interface Changed {
  readonly before: readonly Stripe.SubscriptionItem[];
  readonly after: readonly Stripe.SubscriptionItem[];
}

export interface Proration {
  readonly amount: number;
  readonly currency: string;
  readonly description: string;
  readonly item: string;
  readonly price: string;
  readonly quantity: number;
  readonly period: { start: number; end: number };
  readonly taxRates: readonly Stripe.TaxRate[];
}

const day = (at: number): string =>
  new Date(at * 1000).toLocaleDateString('en-GB', { day: '2-digit', month: 'short', year: 'numeric', timeZone: 'UTC' });

/** Credits for unused time and charges for remaining time, to the second. A restarted cycle bills its whole period elsewhere. */
export function prorationsOf(
  world: World,
  subscription: Stripe.Subscription,
  { before, after }: Changed,
  { at, anew }: { at: number; anew: boolean },
): Proration[] {
  const credits = before.flatMap((item) => {
    const next = after.find(({ id }) => id === item.id);
    return anew || !next || differs(item, next) ? [prorated(world, subscription, item, at, -1)] : [];
  });
  if (anew) return credits;
  const charges = after.flatMap((item) => {
    const former = before.find(({ id }) => id === item.id);
    if (former && !differs(former, item)) return [];
    const timed = item.current_period_end === 0 && before[0] ? { ...item, ...periodLike(before[0]) } : item;
    return [prorated(world, subscription, timed, at, 1)];
  });
  return [...credits, ...charges];
}

const periodLike = ({ current_period_start, current_period_end }: Stripe.SubscriptionItem) => ({
  current_period_start,
  current_period_end,
});

const differs = (one: Stripe.SubscriptionItem, other: Stripe.SubscriptionItem): boolean =>
  one.price.id !== other.price.id || one.quantity !== other.quantity;

function prorated(
  world: World,
  subscription: Stripe.Subscription,
  item: Stripe.SubscriptionItem,
  at: number,
  sign: 1 | -1,
): Proration {
  const quantity = quantityOf(item);
  const whole = item.current_period_end - item.current_period_start;
  const left = Math.max(0, Math.min(whole, item.current_period_end - at));
  const full = discounted(world, subscription, priceAmount(world, item.price, quantity));
  const what = `${quantity > 1 ? `${quantity} × ` : ''}${nameOf(world, item.price)} after ${day(at)}`;
  return {
    amount: sign * share(full, left, whole || 1),
    currency: item.price.currency,
    description: sign < 0 ? `Unused time on ${what}` : `Remaining time on ${what}`,
    item: item.id,
    price: item.price.id,
    quantity,
    period: { start: at, end: item.current_period_end },
    taxRates: item.tax_rates ?? [],
  };
}

/** Percentages the subscription has off are off its prorations too. */
function discounted(world: World, subscription: Stripe.Subscription, amount: number): number {
  return subscription.discounts.reduce<number>((rest, one) => {
    const coupon = world.store.coupons.find(idOf(world.store.discounts.find(idOf(one))?.source.coupon));
    return rest - (coupon?.percent_off ? percentOf(rest, coupon.percent_off) : 0);
  }, amount);
}
