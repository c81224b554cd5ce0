import type { Percentage, Tiered } from '../../src/domain/pricing/charge-model.ts';
import { Exact } from '../../src/domain/money/exact.ts';
import { sortIntoTiers } from '../../src/domain/pricing/graduated.ts';
import { sortTransactions } from '../../src/domain/pricing/percentage.ts';
import { priceUsage } from '../../src/domain/pricing/price-usage.ts';
import { pricingOf } from '../../src/domain/pricing/read-charge-model.ts';
import type { UsageToPrice } from '../../src/domain/pricing/usage.ts';

const exact = (text: string | number): Exact => Exact.parse(String(text));
const used = (units: string | number, eventsCount = 0n): UsageToPrice => ({ units: exact(units), eventsCount });
/** The steps as text: kind, units, price of each and, for a tier, its flat fee. */
const stepsOf = (model: string, properties: object, usage: UsageToPrice): string[] =>
  priceUsage(pricingOf(model, properties).model, usage, 'EUR').steps.map(
    ({ kind, units, unit_amount, flat_amount }) =>
      `${kind} ${units} × ${unit_amount}${flat_amount === undefined ? '' : ` + ${flat_amount}`}`,
  );
const percentageOf = (properties: object): Percentage =>
  pricingOf('percentage', { rate: '10', ...properties }).model as Percentage;

describe('a price is told in the steps that lead to it', () => {
  const tiers = [
    { from_value: 0, to_value: 10, per_unit_amount: '2', flat_amount: '5' },
    { from_value: 11, to_value: null, per_unit_amount: '1', flat_amount: '3' },
  ];
  it.each([
    ['standard', { amount: '2' }, used(3), ['units 3 × 2']],
    ['package', { amount: '4', package_size: 5, free_units: 10 }, used(16), ['free 10 × 0', 'package 2 × 4']],
    ['package', { amount: '4', package_size: 5, free_units: 10 }, used(7), ['free 7 × 0', 'package 0 × 4']],
    ['package', { amount: '4', package_size: 5, free_units: 10 }, used(0), ['package 0 × 4']],
    ['graduated', { graduated_ranges: tiers }, used(12), ['tier 10 × 2 + 5', 'tier 2 × 1 + 3']],
    ['graduated', { graduated_ranges: tiers }, used(10), ['tier 10 × 2 + 5']],
    ['volume', { volume_ranges: tiers }, used(12), ['tier 12 × 1 + 3']],
    ['volume', { volume_ranges: tiers }, used(10), ['tier 10 × 2 + 5']],
    ['percentage', { rate: '10' }, used(50, 2n), ['rate 50 × 0.1']],
    ['percentage', { rate: '10', fixed_amount: '0.5' }, used(50, 2n), ['rate 50 × 0.1', 'fixed 2 × 0.5']],
    ['percentage', { rate: '10', fixed_amount: '0.5' }, used(0), ['rate 0 × 0.1']],
    ['percentage', { rate: '0', free_units_per_total_aggregation: '20' }, used(50, 2n), ['free 20 × 0', 'rate 30 × 0']],
    ['dynamic', {}, { ...used(1), totalAmountCents: exact(1250) }, ['dynamic 1 × 12.5']],
  ])('%s %j', (model, properties, usage, steps) => {
    expect(stepsOf(model, properties, usage)).toEqual(steps);
  });

  it('of a percentage with bounds: what is free, what is rated, and what was lifted or capped', () => {
    const properties = {
      rate: '10',
      fixed_amount: '1',
      free_units_per_events: 1,
      per_transaction_min_amount: '2',
      per_transaction_max_amount: '9',
    };
    const transactions = sortTransactions(percentageOf(properties), ['70', '50', '5', '900', '901'].map(exact));
    expect(stepsOf('percentage', properties, { ...used(0), transactions })).toEqual([
      'free 70 × 0',
      'rate 50 × 0.1',
      'fixed 1 × 1',
      'minimum 1 × 2',
      'maximum 2 × 9',
    ]);
  });

  it('of a dynamic charge need the total that the events carry', () => {
    expect(() => priceUsage(pricingOf('dynamic', {}).model, used(1, 1n), 'EUR')).toThrow(
      new RangeError('a dynamic charge is priced by its events: give their total'),
    );
  });
});

describe('a percentage', () => {
  it.each([
    [{}, 'by their sum'],
    [{ fixed_amount: '1' }, 'by their sum'],
    [{ free_units_per_total_aggregation: '5' }, 'by their sum'],
    [{ free_units_per_total_aggregation: '5', fixed_amount: '1' }, 'one by one'],
    [{ free_units_per_events: 1 }, 'one by one'],
    [{ per_transaction_min_amount: '1' }, 'one by one'],
    [{ per_transaction_max_amount: '1' }, 'one by one'],
  ])('%j prices its events %s', (properties, how) => {
    const refusalOf = (eventsCount: bigint) => {
      try {
        priceUsage(percentageOf(properties), used(100, eventsCount), 'EUR');
        return null;
      } catch (error) {
        return String(error);
      }
    };
    const refusal = 'RangeError: this percentage charge is priced event by event: give the transactions';
    expect(refusalOf(1n)).toBe(how === 'by their sum' ? null : refusal);
    // Usage that renews has units and no events.
    expect(refusalOf(0n)).toBeNull();
  });

  const sorted = (properties: object, values: readonly (string | number)[]) => {
    const { free, rated, atMinimum, atMaximum } = sortTransactions(percentageOf(properties), values.map(exact));
    return {
      free: [free.count, free.total.toDecimal()],
      rated: [rated.count, rated.total.toDecimal()],
      ...(atMinimum > 0n && { atMinimum }),
      ...(atMaximum > 0n && { atMaximum }),
    };
  };
  it.each([
    ['without an allowance nothing is free, not even nothing', {}, [0, 10], { free: [0n, '0'], rated: [2n, '10'] }],
    ['so many events are free', { free_units_per_events: 2 }, [10, 20, 30], { free: [2n, '30'], rated: [1n, '30'] }],
    [
      'an event of nothing uses up the free number',
      { free_units_per_events: 1 },
      [0, 10],
      { free: [1n, '0'], rated: [1n, '10'] },
    ],
    ['and pays its fixed amount after it', { free_units_per_events: 1 }, [10, 0], { free: [1n, '10'], rated: [1n, '0'] }],
    [
      'the free amount ends within an event, which pays for the rest',
      { free_units_per_total_aggregation: '25' },
      [10, 20, 30],
      { free: [1n, '25'], rated: [2n, '35'] },
    ],
    [
      'or with an event, which is free',
      { free_units_per_total_aggregation: '30' },
      [10, 20, 30],
      { free: [2n, '30'], rated: [1n, '30'] },
    ],
    [
      'an event of nothing is free while the amount lasts',
      { free_units_per_total_aggregation: '10' },
      [10, 0, 1, 0],
      { free: [2n, '10'], rated: [2n, '1'] },
    ],
    [
      'with both, the number ends it',
      { free_units_per_events: 1, free_units_per_total_aggregation: '100' },
      [10, 10],
      { free: [1n, '10'], rated: [1n, '10'] },
    ],
    [
      'with both, the amount ends it',
      { free_units_per_events: 5, free_units_per_total_aggregation: '15' },
      [10, 10, 10],
      { free: [1n, '15'], rated: [2n, '15'] },
    ],
    ['an event below zero is one of nothing', {}, [-5, 10], { free: [0n, '0'], rated: [2n, '10'] }],
    [
      'at the very bounds an event is priced by its rate',
      { per_transaction_min_amount: '1', per_transaction_max_amount: '2' },
      [10, 20, '9.99', '20.01'],
      { free: [0n, '0'], rated: [2n, '30'], atMinimum: 1n, atMaximum: 1n },
    ],
    [
      'a free event has no minimum',
      { free_units_per_events: 1, per_transaction_min_amount: '5' },
      [1, 1],
      { free: [1n, '1'], rated: [0n, '0'], atMinimum: 1n },
    ],
  ])('%s', (_, properties, values, expected) => {
    expect(sorted(properties, values)).toEqual(expected);
  });
});

describe('prorated changes of a recurring count', () => {
  const model = pricingOf('graduated', {
    graduated_ranges: [
      { from_value: 0, to_value: 10, per_unit_amount: '2' },
      { from_value: 11, to_value: null, per_unit_amount: '1' },
    ],
  }).model as Tiered;
  const dealt = (...changes: [full: string, prorated: string][]) => {
    const { units, highest } = sortIntoTiers(
      model,
      changes.map(([full, prorated]) => ({ full: exact(full), prorated: exact(prorated) })),
    );
    return [...units.map((share) => share.toDecimal()), highest.toDecimal()];
  };

  it('fall into the tiers that the total passes, in proportion, rounded at 15 decimals', () => {
    expect(dealt(['15', '7.5'])).toEqual(['5', '2.5', '15']);
    expect(dealt(['3', '1'], ['12', '1'])).toEqual(['1.583333333333333', '0.416666666666667', '15']);
  });

  it('leave again where they came in, and the highest total stays', () => {
    expect(dealt(['15', '15'], ['-6', '-3'])).toEqual(['9.5', '2.5', '15']);
  });

  it('of nothing change nothing', () => {
    expect(dealt(['4', '2'], ['0', '0'])).toEqual(['2', '0', '4']);
  });

  it('never take more away than is there', () => {
    expect(dealt(['4', '4'], ['-6', '-6'])).toEqual(['0', '0', '4']);
  });
});
