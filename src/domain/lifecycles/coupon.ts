export interface AppliedCoupon {
  readonly frequency: 'once' | 'recurring' | 'forever';
  readonly kind: 'fixed_amount' | 'percentage';
  /** Minor units left of a fixed amount that is given once. */
  readonly remainingCents: bigint;
  /** Uses left of a recurring one. */
  readonly remainingUses: number;
}

export interface UsedCoupon extends AppliedCoupon {
  readonly status: 'active' | 'terminated';
}

/** A coupon after an invoice took `usedCents` of it: given once, a fixed amount lives until it is used up, a percentage ends at once. */
export function afterUse(coupon: AppliedCoupon, usedCents: bigint): UsedCoupon {
  const status = (ended: boolean) => (ended ? 'terminated' : 'active');
  if (coupon.frequency === 'forever') return { ...coupon, status: 'active' };
  if (coupon.frequency === 'recurring') {
    const remainingUses = coupon.remainingUses - 1;
    return { ...coupon, remainingUses, status: status(remainingUses <= 0) };
  }
  if (coupon.kind === 'percentage') return { ...coupon, status: 'terminated' };
  const remainingCents = coupon.remainingCents - usedCents;
  return { ...coupon, remainingCents, status: status(remainingCents <= 0n) };
}
