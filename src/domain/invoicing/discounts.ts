import { Exact } from '../money/exact.ts';
import type { DiscountItem } from './items.ts';

export interface DiscountLine {
  readonly id: string;
  readonly name: string;
  readonly amountCents: bigint;
}

const places = 5;
const percent = Exact.ratio(1n, 100n);

export interface SharedDiscounts {
  readonly lines: readonly DiscountLine[];
  /** Per fee, in minor units with five decimals. */
  readonly shares: readonly Exact[];
}

/**
 * Applies coupons in the order given (Lago: limited to metrics, then to plans, then general), each to what the ones before left of
 * its fees, and shares it over them in proportion to that, at five decimals; the last fee takes what that rounding leaves over.
 */
export function shareDiscounts(
  lines: readonly { readonly itemId: string | null }[],
  amounts: readonly bigint[],
  discounts: readonly DiscountItem[],
): SharedDiscounts {
  const left = amounts.map((amount) => Exact.fromInteger(amount).atLeast(Exact.zero));
  const applied = discounts.map(({ id, name, discount, itemIds }): DiscountLine => {
    const eligible = lines.flatMap((line, i) =>
      itemIds === null || (line.itemId !== null && itemIds.includes(line.itemId)) ? [i] : [],
    );
    const base = eligible.reduce((sum, i) => sum.plus(left[i] ?? Exact.zero), Exact.zero);
    const asked =
      'amountCents' in discount
        ? Exact.fromInteger(discount.amountCents)
        : Exact.fromInteger(base.times(Exact.parse(discount.percentage)).times(percent).roundToInteger());
    // What is left after fractional shares can be half a cent short of the cents that were charged.
    const granted = asked.atMost(base.rounded('floor')).atLeast(Exact.zero);
    shareOut(granted, base, eligible, left);
    return { id, name, amountCents: granted.roundToInteger() };
  });
  return {
    lines: applied,
    shares: amounts.map((amount, i) =>
      Exact.fromInteger(amount)
        .atLeast(Exact.zero)
        .minus(left[i] ?? Exact.zero),
    ),
  };
}

/** Takes `granted` from `left` at these positions, in proportion to what each has. */
function shareOut(granted: Exact, base: Exact, positions: readonly number[], left: Exact[]): void {
  if (!granted.isPositive()) return;
  let open = granted;
  const last = positions.findLast((i) => left[i]?.isPositive());
  for (const i of positions) {
    const before = left[i] ?? Exact.zero;
    const share = i === last ? open.atMost(before) : granted.times(before).dividedBy(base).rounded('round', places).atMost(open);
    left[i] = before.minus(share);
    open = open.minus(share);
  }
}
