import { Exact } from '../money/exact.ts';
import type { Tiered } from './charge-model.ts';
import { tierStep } from './graduated.ts';
import { tierReached } from './tiers.ts';
import type { UsagePrice, UsageToPrice } from './usage.ts';

/** All units at the price of the tier reached, plus its flat fee. A fraction above a tier's end belongs to the next tier. */
export function priceVolume(model: Tiered, usage: UsageToPrice): UsagePrice {
  const tier = model.tiers[tierReached(model.tiers, usage.units)];
  if (!tier) return { amount: Exact.zero, steps: [] };
  const units = (usage.proratedUnits ?? usage.units).atLeast(Exact.zero);
  return { amount: units.times(tier.perUnit).plus(tier.flat), steps: [tierStep(tier, units)] };
}
