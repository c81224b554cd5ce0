import { Exact } from '../money/exact.ts';
import type { Standard } from './charge-model.ts';
import type { UsagePrice, UsageToPrice } from './usage.ts';

export function priceStandard(model: Standard, usage: UsageToPrice): UsagePrice {
  const units = (usage.proratedUnits ?? usage.units).atLeast(Exact.zero);
  return {
    amount: units.times(model.amount),
    steps: [{ kind: 'units', units: units.toDecimal(), unit_amount: model.amount.toDecimal() }],
  };
}
