import fc from 'fast-check';
import { AdvanceMeter, type Arrival } from '../../src/domain/metering/advance-meter.ts';
import { type Metering, meterUsage } from '../../src/domain/metering/meter-usage.ts';
import type { Metric } from '../../src/domain/metering/metric.ts';
import { inMinorUnits } from '../../src/domain/money/currency.ts';
import { growthCents, priceUsage } from '../../src/domain/pricing/price-usage.ts';
import { pricingOf } from '../../src/domain/pricing/read-charge-model.ts';
import { span } from './worlds.ts';

const april = span('2026-04-01', '2026-05-01');
const money = fc.integer({ min: 0, max: 50_000 }).map((amount) => `${amount / 10_000}`);
const tiers = (list: string, amount: string) =>
  fc.tuple(money, money, money, fc.integer({ min: 1, max: 40 })).map(([first, second, flat, upTo]) => ({
    [list]: [
      { from_value: 0, to_value: upTo, [amount]: first, flat_amount: flat },
      { from_value: upTo, to_value: null, [amount]: second, flat_amount: '0' },
    ],
  }));
const properties = {
  standard: fc.record({ amount: money }),
  graduated: tiers('graduated_ranges', 'per_unit_amount'),
  graduated_percentage: tiers('graduated_percentage_ranges', 'rate'),
  package: fc.record({ amount: money, package_size: fc.integer({ min: 1, max: 9 }), free_units: fc.nat(20) }),
  percentage: fc.record(
    {
      rate: money,
      fixed_amount: money,
      free_units_per_events: fc.nat(3),
      free_units_per_total_aggregation: fc.nat(100),
      per_transaction_max_amount: fc.constant('4'),
    },
    { requiredKeys: ['rate'] },
  ),
  dynamic: fc.constant({}),
};
const models = fc
  .constantFrom(...(Object.keys(properties) as (keyof typeof properties)[]))
  .chain((name) => (properties[name] as fc.Arbitrary<object>).map((given) => pricingOf(name, given).model));

interface World {
  readonly metering: Metering;
  readonly arrivals: readonly Arrival[];
}

const metricOf = (aggregation: Metric['aggregation'], recurring: boolean, precision: number | null): Metric => ({
  code: 'use',
  aggregation,
  fieldName: aggregation === 'count_agg' ? null : 'value',
  expression: null,
  recurring,
  rounding: precision === null ? null : { function: 'ceil', precision },
});

/** Events in the order in which they come, at any time of their month. */
const worlds: fc.Arbitrary<World> = fc
  .record({
    model: models,
    aggregation: fc.constantFrom('sum_agg', 'count_agg', 'unique_count_agg'),
    precision: fc.option(fc.nat(1)),
    events: fc.array(
      fc.record({
        minute: fc.nat(43_199),
        value: fc.integer({ min: -40, max: 60 }),
        cents: fc.integer({ min: -500, max: 900 }),
        operation_type: fc.constantFrom('add', 'add', 'remove'),
      }),
      { minLength: 1, maxLength: 12 },
    ),
  })
  .map(({ model, aggregation, precision, events }) => ({
    metering: {
      metric: metricOf(aggregation as Metric['aggregation'], false, precision),
      model,
      prorated: false,
      billed: april,
      period: april,
      timezone: 'UTC',
    },
    arrivals: events.map(({ minute, value, cents, operation_type }, i) => ({
      id: `e${String(i).padStart(2, '0')}`,
      event: {
        timestamp: april.start.add({ minutes: minute }),
        code: 'use',
        properties: { value: aggregation === 'unique_count_agg' ? `v${value % 4}` : value, operation_type },
        preciseTotalAmountCents: `${cents}.4`,
      },
    })),
  }));

/** Cents that the events come to together, by the reducers of usage in arrears. */
const wholeOf = ({ metering, arrivals }: World): bigint => {
  const { usage } = meterUsage(
    metering,
    arrivals.map(({ event }) => event),
  );
  return inMinorUnits(priceUsage(metering.model, usage, 'USD').amount, 'USD').roundToInteger();
};
const most = (amounts: readonly bigint[]): bigint => amounts.reduce((a, b) => (a > b ? a : b), 0n);
const peakOf = ({ metering, arrivals }: World): bigint =>
  most(arrivals.map((_, i) => wholeOf({ metering, arrivals: arrivals.slice(0, i + 1) })));

function charge(meter: AdvanceMeter, { metering, arrivals }: World): bigint[] {
  return arrivals.map((arrival) => {
    const { usage, paid } = meter.charge(arrival);
    return growthCents(metering.model, paid, usage, 'USD').precise.roundToInteger();
  });
}
const sum = (amounts: readonly bigint[]): bigint => amounts.reduce((total, amount) => total + amount, 0n);

describe('a charge that is paid in advance', () => {
  it('comes, over any events, to the most that they came to together at any time, in cents', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        expect(sum(charge(new AdvanceMeter(world.metering, 'USD'), world))).toBe(peakOf(world));
      }),
      { numRuns: 500 },
    );
  });

  it('by another price, filter or group charges what comes since, and nothing that was paid for', () => {
    fc.assert(
      fc.property(worlds, fc.nat(12), (world, count) => {
        const { metering, arrivals } = world;
        const past = arrivals.slice(0, count);
        const meter = new AdvanceMeter(metering, 'USD');
        for (const arrival of past) meter.addSettled(arrival);
        const charged = sum(charge(meter, { metering, arrivals: arrivals.slice(count) }));
        expect(charged).toBe(peakOf(world) - peakOf({ metering, arrivals: past }));
      }),
      { numRuns: 500 },
    );
  });

  it('charges what was never charged with the next event', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const { metering, arrivals } = world;
        const meter = new AdvanceMeter(metering, 'USD');
        for (const arrival of arrivals.slice(0, -1)) meter.add(arrival);
        expect(sum(charge(meter, { metering, arrivals: arrivals.slice(-1) }))).toBe(wholeOf(world));
      }),
    );
  });

  it('of units that stay pays each beyond the most so far for the days that are left', () => {
    fc.assert(
      fc.property(fc.nat(9), fc.array(fc.integer({ min: -9, max: 9 }), { maxLength: 12 }), (standing, values) => {
        const model = pricingOf('standard', { amount: '30' }).model;
        const metering: Metering = {
          metric: metricOf('sum_agg', true, null),
          model,
          prorated: true,
          billed: april,
          period: april,
          timezone: 'UTC',
        };
        const arrivalOf = (value: number, days: number): Arrival => ({
          id: `${days}`,
          event: { timestamp: april.start.add({ hours: 24 * days }), code: 'use', properties: { value } },
        });
        const meter = new AdvanceMeter(metering, 'USD', [arrivalOf(standing, -5)]);
        meter.settle();
        const arrivals = values.map((value, i) => arrivalOf(value, i));
        let total = standing;
        let highest = standing;
        // 30.00 for 30 days: a dollar a day.
        const expected = values.map((value, i) => {
          total += value;
          const growth = Math.max(0, total - highest);
          highest = Math.max(highest, total);
          return BigInt(growth * (30 - i) * 100);
        });
        expect(charge(meter, { metering, arrivals })).toEqual(expected);
      }),
    );
  });
});
