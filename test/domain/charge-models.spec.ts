import { Exact } from '../../src/domain/money/exact.ts';
import { sortIntoTiers } from '../../src/domain/pricing/graduated.ts';
import { sortTransactions } from '../../src/domain/pricing/percentage.ts';
import { priceGrowth, priceUsage } from '../../src/domain/pricing/price-usage.ts';
import { pricingOf } from '../../src/domain/pricing/read-charge-model.ts';
import type { UsageToPrice } from '../../src/domain/pricing/usage.ts';
import { billingCase } from './cases.ts';

const exact = (value: string | number): Exact => Exact.parse(String(value));
const units = (value: string | number, eventsCount = 1n): UsageToPrice => ({ units: exact(value), eventsCount });

interface Given {
  readonly ranges: readonly {
    readonly from: number;
    readonly to: number | null;
    readonly per_unit?: number | string;
    readonly rate?: number | string;
    readonly flat: number;
  }[];
  readonly rate: string;
  readonly fixed_amount: string;
  readonly free_units_per_events: number;
  readonly free_units_per_total_aggregation: number;
  readonly per_transaction_min: string;
  readonly per_transaction_max: string;
  readonly total_units: number;
  readonly events: number;
  readonly event_values: number[];
  readonly amount: string;
  readonly package_size: number;
  readonly free_units: number;
  readonly full_units_by_event: number[];
  readonly prorated_units_by_event: string[];
}

const tieredLists = {
  graduated: 'graduated_ranges',
  graduated_percentage: 'graduated_percentage_ranges',
  volume: 'volume_ranges',
} as const;

/** The cases' short words as Lago's model and properties. */
function pricing(model: string, given: Given) {
  const list = tieredLists[model as keyof typeof tieredLists] as string | undefined;
  if (list !== undefined)
    return pricingOf(model, {
      [list]: given.ranges.map(({ from, to, per_unit, rate, flat }) => ({
        from_value: from,
        to_value: to,
        ...(rate === undefined ? { per_unit_amount: per_unit } : { rate }),
        flat_amount: flat,
      })),
    }).model;
  if (model === 'package') {
    const { amount, package_size, free_units } = given;
    return pricingOf(model, { amount, package_size, free_units }).model;
  }
  return pricingOf(model, {
    rate: given.rate,
    fixed_amount: given.fixed_amount,
    free_units_per_events: given.free_units_per_events,
    free_units_per_total_aggregation: given.free_units_per_total_aggregation,
    per_transaction_min_amount: given.per_transaction_min,
    per_transaction_max_amount: given.per_transaction_max,
  }).model;
}

const cents = (amount: Exact): number => Number(amount.times(exact(100)).roundToInteger());
const caseOf = (id: string) =>
  billingCase<Given & { readonly model: string; readonly unit_price_cents: number }, Record<string, never>>(id);

describe('charge models', () => {
  it.each([
    'graduated-two-tiers',
    'graduated-percentage',
    'volume-ranges',
    'package-free-10',
    'package-no-free',
    'package-free-200',
  ])('%s', (id) => {
    const { given, expect: expected } = caseOf(id);
    const wanted: Record<string, number> = { ...(expected.amount_by_units as unknown as Record<string, number>) };
    const model = pricing(given.model, given);
    const found = Object.keys(wanted).map((count) => [count, priceUsage(model, units(count), 'USD').amount.toDecimal()]);
    expect(found).toEqual(Object.entries(wanted).map(([count, amount]) => [count, String(amount)]));
  });

  it.each(['percentage-no-free', 'percentage-rate-zero'])('%s', (id) => {
    const { given, expect: expected } = caseOf(id);
    const { amount } = priceUsage(pricing(given.model, given), units(given.total_units, BigInt(given.events)), 'USD');
    expect(amount.toDecimal()).toBe(String(expected.amount));
  });

  it('percentage-minmax-free-amount', () => {
    const { given, expect: expected } = caseOf('percentage-minmax-free-amount');
    const model = pricing('percentage', given);
    if (model.name !== 'percentage') throw new Error('not a percentage');
    const transactions = sortTransactions(model, given.event_values.map(exact));
    expect(priceUsage(model, { ...units(0), transactions }, 'USD').amount.toDecimal()).toBe(expected.amount);
  });

  it('percentage-running-events', () => {
    const { given, expect: expected } = caseOf('percentage-running-events');
    const model = pricing('percentage', given);
    if (model.name !== 'percentage') throw new Error('not a percentage');
    const after = [1, 2, 3, 4].map((count) => {
      const transactions = sortTransactions(
        model,
        Array.from({ length: count }, () => exact(10)),
      );
      return cents(priceUsage(model, { ...units(10 * count), transactions }, 'USD').amount);
    });
    expect(after).toEqual(expected.amount_cents_after_each);
  });

  it.each(['prorated-graduated-basic', 'prorated-graduated-no-events'])('%s', (id) => {
    const { given, expect: expected } = caseOf(id);
    const model = pricing('graduated', given);
    if (model.name !== 'graduated') throw new Error('not graduated');
    const changes = given.full_units_by_event.map((full, i) => ({
      full: exact(full),
      prorated: exact(given.prorated_units_by_event[i] ?? '0'),
    }));
    const tierShares = sortIntoTiers(model, changes);
    const { amount } = priceUsage(model, { ...units(0), tierShares }, 'USD');
    expect(amount.rounded('round', 2).toDecimal()).toBe(String(expected.amount));
  });

  it.each([
    ['pia-graduated-percentage', 'graduated_percentage', [50, 100, 300]],
    ['pia-package-free-3', 'package', [3, 1, 2]],
  ])('%s', (id, name, events) => {
    const { given, expect: expected } = caseOf(id);
    expect(growthFees(pricing(name, given), events)).toEqual(expected.fee_cents);
  });

  it('pia-sum-negative-event', () => {
    const { given, expect: expected } = caseOf('pia-sum-negative-event');
    const model = pricingOf('standard', { amount: String(given.unit_price_cents / 100) }).model;
    expect(growthFees(model, [10, -4, 8])).toEqual(expected.fee_cents);
  });

  it('pia-percentage-min-max', () => {
    const { given, expect: expected } = caseOf('pia-percentage-min-max');
    const model = pricing('percentage', given);
    if (model.name !== 'percentage') throw new Error('not a percentage');
    const values = [100, 1000, 10_000, 333].map(exact);
    const usageAfter = (count: number) => ({ ...units(0), transactions: sortTransactions(model, values.slice(0, count)) });
    const fees = values.map((_, i) => cents(priceGrowth(model, i === 0 ? null : usageAfter(i), usageAfter(i + 1), 'USD')));
    expect(fees).toEqual(expected.fee_cents);
    expect(cents(priceUsage(model, usageAfter(4), 'USD').amount)).toBe(expected.period_usage_cents);
  });

  it('dynamic-pricing-advance', () => {
    const { expect: expected } = caseOf('dynamic-pricing-advance');
    const model = pricingOf('dynamic', {}).model;
    const fees = ['1234.56', '2.1'].map((total) =>
      cents(priceUsage(model, { ...units(1), totalAmountCents: exact(total) }, 'USD').amount),
    );
    expect(fees).toEqual(expected.fee_cents);
  });
});

/** Each event pays the growth above the highest total that is paid for. */
function growthFees(model: ReturnType<typeof pricing>, values: readonly number[]): number[] {
  let total = Exact.zero;
  let peak: UsageToPrice | null = null;
  return values.map((value) => {
    total = total.plus(exact(value));
    const now = { units: total, eventsCount: 1n };
    const fee = cents(priceGrowth(model, peak, now, 'USD'));
    if (!peak || peak.units.compare(total) < 0) peak = now;
    return fee;
  });
}
