import { inMajorUnits, inMinorUnits } from '../money/currency.ts';
import { Exact } from '../money/exact.ts';
import type { ChargeModel } from './charge-model.ts';
import { priceGraduated } from './graduated.ts';
import { pricePackage } from './package.ts';
import { pricePercentage } from './percentage.ts';
import { priceStandard } from './standard.ts';
import type { UsagePrice, UsageToPrice } from './usage.ts';
import { priceVolume } from './volume.ts';

/** What the usage of one charge costs, exactly, in major units, with the steps that lead there. Units below zero cost as none. */
export function priceUsage(model: ChargeModel, usage: UsageToPrice, currency: string): UsagePrice {
  switch (model.name) {
    case 'standard':
      return priceStandard(model, usage);
    case 'graduated':
    case 'graduated_percentage':
      return priceGraduated(model, usage);
    case 'volume':
      return priceVolume(model, usage);
    case 'package':
      return pricePackage(model, usage);
    case 'percentage':
      return pricePercentage(model, usage);
    case 'dynamic':
      return priceDynamic(usage, currency);
  }
}

/** @throws RangeError without `totalAmountCents`. */
function priceDynamic(usage: UsageToPrice, currency: string): UsagePrice {
  if (!usage.totalAmountCents) throw new RangeError('a dynamic charge is priced by its events: give their total');
  const amount = inMajorUnits(usage.totalAmountCents.atLeast(Exact.zero), currency);
  return { amount, steps: [{ kind: 'dynamic', units: '1', unit_amount: amount.toDecimal() }] };
}

/**
 * Pay in advance: what growth from the peak that is paid for to the usage after an event costs (Lago: the difference of the
 * cumulated price with and without it, so a flat fee falls on the event that enters its tier). Before the first event nothing was
 * paid for: `paid` is null. A decrease refunds nothing.
 */
export function priceGrowth(model: ChargeModel, paid: UsageToPrice | null, now: UsageToPrice, currency: string): Exact {
  const before = paid ? priceUsage(model, paid, currency).amount : Exact.zero;
  return priceUsage(model, now, currency).amount.minus(before).atLeast(Exact.zero);
}

/**
 * Pay in advance, of usage, in minor units: what the usage comes to, less what was charged for the usage that is paid for, which was
 * rounded. So however often it is charged, the fees add up to the rounded price of the whole.
 */
export function growthCents(
  model: ChargeModel,
  paid: UsageToPrice | null,
  now: UsageToPrice,
  currency: string,
): { readonly precise: Exact; readonly chargedCents: bigint } {
  const centsOf = (usage: UsageToPrice): Exact => inMinorUnits(priceUsage(model, usage, currency).amount, currency);
  const chargedCents = paid ? centsOf(paid).roundToInteger() : 0n;
  return { precise: centsOf(now).minus(Exact.fromInteger(chargedCents)).atLeast(Exact.zero), chargedCents };
}
