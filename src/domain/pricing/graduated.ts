import { Exact } from '../money/exact.ts';
import type { Tier, Tiered } from './charge-model.ts';
import { tierReached, unitsWithin } from './tiers.ts';
import type { PriceStep, TierShares, UsagePrice, UsageToPrice } from './usage.ts';

/**
 * Each tier's units at its price, and the flat fee of each tier entered; the first tier counts as entered even without usage.
 * Prorated (recurring) usage: the tier is chosen by full units, its price is for the prorated ones, flat fees are not prorated and
 * follow the highest total reached (Lago).
 */
export function priceGraduated(model: Tiered, usage: UsageToPrice): UsagePrice {
  const { tiers } = model;
  const shares = usage.tierShares;
  const entered = tierReached(tiers, shares?.highest ?? usage.units);
  const priced = tiers.slice(0, entered + 1).map((tier, position) => {
    const units = shares ? (shares.units[position] ?? Exact.zero) : unitsWithin(tiers, position, usage.units);
    return { tier, units, amount: units.times(tier.perUnit).plus(tier.flat) };
  });
  return {
    amount: priced.reduce((sum, { amount }) => sum.plus(amount), Exact.zero).atLeast(Exact.zero),
    steps: priced.map(({ tier, units }) => tierStep(tier, units)),
  };
}

export const tierStep = (tier: Tier, units: Exact): PriceStep => ({
  kind: 'tier',
  from: tier.from.toDecimal(),
  to: tier.upTo?.toDecimal() ?? null,
  units: units.toDecimal(),
  unit_amount: tier.perUnit.toDecimal(),
  flat_amount: tier.flat.toDecimal(),
});

/** A change of a recurring count: its full units, and the same in proportion to the days left of the period. */
export interface ProratedChange {
  readonly full: Exact;
  readonly prorated: Exact;
}

/** Deals the changes of a recurring count, in the order of their time, to the tiers that the running total passes through; below zero there is none. */
export function sortIntoTiers(model: Tiered, changes: readonly ProratedChange[]): TierShares {
  const units = model.tiers.map(() => Exact.zero);
  let total = Exact.zero;
  let highest = Exact.zero;
  for (const { full, prorated } of changes) {
    const after = total.plus(full);
    if (!full.isZero())
      model.tiers.forEach((_, position) => {
        const part = unitsWithin(model.tiers, position, after).minus(unitsWithin(model.tiers, position, total));
        units[position] = (units[position] ?? Exact.zero).plus(prorated.times(part).dividedBy(full));
      });
    total = after;
    highest = highest.atLeast(total);
  }
  return { units: units.map((share) => share.rounded('round', 15)), highest };
}
