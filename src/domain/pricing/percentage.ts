import { Exact } from '../money/exact.ts';
import type { Percentage } from './charge-model.ts';
import type { PriceStep, Transactions, UsagePrice, UsageToPrice } from './usage.ts';

const hundred = Exact.fromInteger(100n);

/** Whether the price depends on single events and not only on their sum and number. */
export const needsTransactions = (model: Percentage): boolean =>
  model.freeEvents !== null ||
  model.minimumPerTransaction !== null ||
  model.maximumPerTransaction !== null ||
  (model.freeAmount !== null && !model.fixedAmount.isZero());

/**
 * `(units − free) × rate + fixed × paid events`; with a minimum or maximum per transaction each event is priced alone: rate, then
 * fixed amount, then the bound (Lago).
 * @throws RangeError when the model needs the single transactions and the usage has events but lacks them.
 */
export function pricePercentage(model: Percentage, usage: UsageToPrice): UsagePrice {
  const sorted = usage.transactions ?? summed(model, usage);
  const rate = model.rate.dividedBy(hundred);
  const minimum = model.minimumPerTransaction ?? Exact.zero;
  const maximum = model.maximumPerTransaction ?? Exact.zero;
  const parts: readonly [PriceStep['kind'], Exact, Exact][] = [
    ['free', sorted.free.total, Exact.zero],
    ['rate', sorted.rated.total, rate],
    ['fixed', Exact.fromInteger(sorted.rated.count), model.fixedAmount],
    ['minimum', Exact.fromInteger(sorted.atMinimum), minimum],
    ['maximum', Exact.fromInteger(sorted.atMaximum), maximum],
  ];
  return {
    amount: parts.reduce((sum, [, units, price]) => sum.plus(units.times(price)), Exact.zero),
    steps: parts
      .filter(([kind, units, price]) => kind === 'rate' || (!units.isZero() && (kind === 'free' || !price.isZero())))
      .map(([kind, units, price]) => ({ kind, units: units.toDecimal(), unit_amount: price.toDecimal() })),
  };
}

/**
 * Without the single events: the sum and the number are enough. Usage that renews has units and no events: nothing of it is free by
 * number, and nothing has a minimum or maximum.
 */
function summed(model: Percentage, usage: UsageToPrice): Transactions {
  if (needsTransactions(model) && usage.eventsCount > 0n)
    throw new RangeError('this percentage charge is priced event by event: give the transactions');
  const free = (model.freeAmount ?? Exact.zero).atMost(usage.units).atLeast(Exact.zero);
  return {
    free: { count: 0n, total: free },
    rated: { count: usage.eventsCount, total: usage.units.minus(free).atLeast(Exact.zero) },
    atMinimum: 0n,
    atMaximum: 0n,
  };
}

/**
 * Sorts the values of the events, oldest first. The allowance ends with the first event beyond the free number or beyond the free
 * amount; an event that it covers only in part pays for the rest. An event that is wholly free has no minimum.
 */
export function sortTransactions(model: Percentage, values: readonly Exact[]): Transactions {
  const rate = model.rate.dividedBy(hundred);
  let seen = Exact.zero;
  let free = Exact.zero;
  let freeCount = 0n;
  let rated = Exact.zero;
  let ratedCount = 0n;
  let atMinimum = 0n;
  let atMaximum = 0n;
  for (const given of values) {
    const value = given.atLeast(Exact.zero);
    const covered = coveredOf(model, value, seen, freeCount);
    seen = seen.plus(value);
    free = free.plus(covered);
    if (isFree(model, seen, freeCount)) {
      freeCount += 1n;
      continue;
    }
    const paid = value.minus(covered);
    const price = paid.times(rate).plus(model.fixedAmount);
    if (model.maximumPerTransaction && price.compare(model.maximumPerTransaction) > 0) atMaximum += 1n;
    else if (model.minimumPerTransaction && price.compare(model.minimumPerTransaction) < 0) atMinimum += 1n;
    else {
      rated = rated.plus(paid);
      ratedCount += 1n;
    }
  }
  return { free: { count: freeCount, total: free }, rated: { count: ratedCount, total: rated }, atMinimum, atMaximum };
}

/** How much of this event's value the allowance covers. `seen` is the total before it. */
function coveredOf(model: Percentage, value: Exact, seen: Exact, freeCount: bigint): Exact {
  if (model.freeEvents !== null && freeCount >= model.freeEvents) return Exact.zero;
  if (model.freeAmount === null) return model.freeEvents === null ? Exact.zero : value;
  return model.freeAmount.minus(seen).atLeast(Exact.zero).atMost(value);
}

/** Whether the allowance covers an event wholly, the total with it being `seen`; without an allowance even an event of nothing pays its fixed amount. */
const isFree = (model: Percentage, seen: Exact, freeCount: bigint): boolean =>
  (model.freeEvents !== null || model.freeAmount !== null) &&
  (model.freeEvents === null || freeCount < model.freeEvents) &&
  (model.freeAmount === null || seen.compare(model.freeAmount) <= 0);
