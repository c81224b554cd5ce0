import type { Stripe } from 'stripe';
import { addIntervals } from '../billing/intervals.ts';
import { invalid, wrongState } from '../http/errors.ts';
import { idOf } from '../world/fields.ts';
import { newId } from '../world/ids.ts';
import type { World } from '../world/world.ts';

interface DiscountGiven {
  coupon?: string;
  promotion_code?: string;
  discount?: string;
}

/** The coupon behind a code or an id, if it may still be redeemed. */
export function redeemable(
  world: World,
  given: DiscountGiven,
): { coupon: Stripe.Coupon; code: Stripe.PromotionCode | undefined } {
  const code = given.promotion_code ? world.store.promotionCodes.get(given.promotion_code, 'promotion_code') : undefined;
  const id = given.coupon ?? idOf(code?.promotion.coupon);
  if (!id)
    throw invalid('A discount needs a coupon or a promotion code.', { code: 'parameter_missing', param: 'discounts[0][coupon]' });
  const coupon = world.store.coupons.get(id, 'coupon');
  if (code && !code.active) throw wrongState('promotion_code_inactive', 'This promotion code is inactive.', 'promotion_code');
  if (!coupon.valid) throw wrongState('coupon_expired', `Coupon expired: ${coupon.id}`, 'coupon');
  return { coupon, code };
}

/** Grants a coupon to a subscription, an item, a customer or an invoice, and counts it. */
export function newDiscount(
  world: World,
  given: DiscountGiven,
  to: Partial<Pick<Stripe.Discount, 'subscription' | 'subscription_item' | 'invoice' | 'customer'>>,
): Stripe.Discount {
  const kept = world.store.discounts.find(given.discount);
  if (kept) return kept;
  const { coupon, code } = redeemable(world, given);
  const customer = idOf(to.customer);
  const start = world.now(customer);
  const months = { interval: 'month' as const, interval_count: coupon.duration_in_months ?? 1 };
  coupon.times_redeemed += 1;
  if (coupon.max_redemptions !== null && coupon.times_redeemed >= coupon.max_redemptions) coupon.valid = false;
  if (code) {
    code.times_redeemed += 1;
    if (code.max_redemptions !== null && code.times_redeemed >= code.max_redemptions) code.active = false;
  }
  const discount: Stripe.Discount = {
    id: newId('di'),
    object: 'discount',
    checkout_session: null,
    customer,
    customer_account: null,
    end: coupon.duration === 'repeating' ? addIntervals(start, months) : null,
    invoice: to.invoice ?? null,
    invoice_item: null,
    promotion_code: code?.id ?? null,
    source: { coupon: coupon.id, type: 'coupon' },
    start,
    subscription: to.subscription ?? null,
    subscription_item: to.subscription_item ?? null,
  };
  world.store.discounts.add(discount);
  world.emit('customer.discount.created', discount);
  return discount;
}

/** The discounts that still hold: a repeating one ends, one of a single invoice is gone after it. */
export function holding(world: World, discounts: readonly (string | Stripe.Discount)[], at: number): string[] {
  return discounts.flatMap((one) => {
    const discount = world.store.discounts.find(idOf(one));
    return discount && (discount.end === null || discount.end > at) ? [discount.id] : [];
  });
}
