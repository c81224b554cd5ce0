import { Exact } from '../money/exact.ts';
import type { Package } from './charge-model.ts';
import type { UsagePrice, UsageToPrice } from './usage.ts';

/** A package that is begun is charged whole; the free units come first. */
export function pricePackage(model: Package, usage: UsageToPrice): UsagePrice {
  const beyondFree = usage.units.minus(model.freeUnits).atLeast(Exact.zero);
  const packages = beyondFree.dividedBy(model.size).rounded('ceil');
  const free = usage.units.minus(beyondFree);
  return {
    amount: packages.times(model.amount),
    steps: [
      ...(free.isPositive() ? [{ kind: 'free' as const, units: free.toDecimal(), unit_amount: '0' }] : []),
      { kind: 'package', units: packages.toDecimal(), unit_amount: model.amount.toDecimal() },
    ],
  };
}
