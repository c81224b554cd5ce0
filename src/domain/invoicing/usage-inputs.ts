import { Exact } from '../money/exact.ts';
import type { UsageToPrice } from '../pricing/usage.ts';
import type { UsageInputs } from './derivation.ts';

export function writeUsage(usage: UsageToPrice): UsageInputs {
  const { transactions, tierShares } = usage;
  return {
    units: usage.units.toDecimal(),
    events_count: usage.eventsCount.toString(),
    ...(usage.proratedUnits && { prorated_units: usage.proratedUnits.toDecimal() }),
    ...(tierShares && {
      tier_shares: { units: tierShares.units.map((units) => units.toDecimal()), highest: tierShares.highest.toDecimal() },
    }),
    ...(transactions && {
      transactions: {
        free: { count: transactions.free.count.toString(), total: transactions.free.total.toDecimal() },
        rated: { count: transactions.rated.count.toString(), total: transactions.rated.total.toDecimal() },
        at_minimum: transactions.atMinimum.toString(),
        at_maximum: transactions.atMaximum.toString(),
      },
    }),
    ...(usage.totalAmountCents && { total_amount_cents: usage.totalAmountCents.toDecimal() }),
  };
}

export function readUsage(inputs: UsageInputs): UsageToPrice {
  const { transactions, tier_shares: shares } = inputs;
  return {
    units: Exact.parse(inputs.units),
    eventsCount: BigInt(inputs.events_count),
    ...(inputs.prorated_units !== undefined && { proratedUnits: Exact.parse(inputs.prorated_units) }),
    ...(shares && {
      tierShares: { units: shares.units.map((units) => Exact.parse(units)), highest: Exact.parse(shares.highest) },
    }),
    ...(transactions && {
      transactions: {
        free: { count: BigInt(transactions.free.count), total: Exact.parse(transactions.free.total) },
        rated: { count: BigInt(transactions.rated.count), total: Exact.parse(transactions.rated.total) },
        atMinimum: BigInt(transactions.at_minimum),
        atMaximum: BigInt(transactions.at_maximum),
      },
    }),
    ...(inputs.total_amount_cents !== undefined && { totalAmountCents: Exact.parse(inputs.total_amount_cents) }),
  };
}
