import { Temporal } from 'temporal-polyfill';
import { aggregate } from '../../src/domain/metering/aggregate.ts';
import { bucketsOf, type ChargeFilter } from '../../src/domain/metering/buckets.ts';
import type { Carried } from '../../src/domain/metering/carried.ts';
import type { MeterEvent } from '../../src/domain/metering/meter-event.ts';
import { meterUsage } from '../../src/domain/metering/meter-usage.ts';
import { type Metric, roundUnits } from '../../src/domain/metering/metric.ts';
import { parseExpression } from '../../src/domain/metering/expression/parse-expression.ts';
import { Exact } from '../../src/domain/money/exact.ts';
import { priceGrowth, priceUsage } from '../../src/domain/pricing/price-usage.ts';
import type { ChargeModel } from '../../src/domain/pricing/charge-model.ts';
import { pricingOf } from '../../src/domain/pricing/read-charge-model.ts';
import { billingCase } from './cases.ts';

const at = (text: string) => Temporal.Instant.from(text);
const span = (start: string, end: string) => ({ start: at(`${start}T00:00:00Z`), end: at(`${end}T00:00:00Z`) });

const metric = (change: Partial<Metric> = {}): Metric => ({
  code: 'm',
  aggregation: 'sum_agg',
  fieldName: 'value',
  expression: null,
  recurring: false,
  rounding: null,
  ...change,
});
const event = (time: string, properties: Record<string, unknown>): MeterEvent => ({ timestamp: at(time), code: 'm', properties });

const march = { billed: span('2023-03-01', '2023-04-01'), period: span('2023-03-01', '2023-04-01') };
const april = { billed: span('2023-04-01', '2023-05-01'), period: span('2023-04-01', '2023-05-01') };

describe('aggregations', () => {
  it('agg-count', () => {
    const { given, expect: expected } = billingCase<{ unit_price_cents: number }, { units: number; amount_cents: number }>(
      'agg-count',
    );
    const events = [1, 2, 3].map((day) => event(`2023-03-0${day}T00:00:00Z`, {}));
    const { units } = aggregate(metric({ aggregation: 'count_agg', fieldName: null }), events, march);
    expect(units.toDecimal()).toBe(String(expected.units));
    expect(units.times(Exact.parse(String(given.unit_price_cents))).toDecimal()).toBe(String(expected.amount_cents));
  });

  it('agg-weighted-sum-two-months', () => {
    interface Month {
      readonly units: string;
      readonly amount_cents: number;
      readonly carried: number;
    }
    const { expect: expected } = billingCase<unknown, Record<'2023-03' | '2023-04', Month>>('agg-weighted-sum-two-months');
    const weighted = metric({ aggregation: 'weighted_sum_agg', recurring: true });
    const events = [
      event('2023-03-05T00:00:00Z', { value: 2500 }),
      event('2023-04-04T00:00:00Z', { value: -2000 }),
      event('2023-04-06T00:00:00Z', { value: -200 }),
    ];
    const first = aggregate(weighted, events, march);
    const second = aggregate(weighted, events, april, first.carried);
    const shown = (found: { units: Exact; carried: Carried }) => ({
      units: found.units.toDecimal(10),
      amount_cents: found.units.times(Exact.parse('100')).rounded('round').toDecimal(),
      carried: found.carried.total.toDecimal(),
    });
    const wanted = (month: Month) => ({
      units: month.units,
      amount_cents: String(month.amount_cents),
      carried: String(month.carried),
    });
    expect(shown(first)).toEqual(wanted(expected['2023-03']));
    expect(shown(second)).toEqual(wanted(expected['2023-04']));
  });

  it('agg-unique-count-standard-advance', () => {
    const { given, expect: expected } = billingCase<{ unit_price_cents: number }, { fee_units: number[]; fee_cents: number[] }>(
      'agg-unique-count-standard-advance',
    );
    const unique = metric({ aggregation: 'unique_count_agg' });
    const steps = [
      ['id_1', 'add'],
      ['id_1', 'remove'],
      ['id_1', 'add'],
      ['id_2', 'add'],
      ['id_2', 'add'],
      ['id_3', 'add'],
      ['id_3', 'remove'],
    ];
    const events = steps.map(([value, operation_type], day) => event(`2023-03-0${day + 1}T00:00:00Z`, { value, operation_type }));
    const price = pricingOf('standard', { amount: String(given.unit_price_cents / 100) }).model;
    let before = Exact.zero;
    let peak = Exact.zero;
    const fees = events.map((_, i) => {
      const { units } = aggregate(unique, events.slice(0, i + 1), march);
      const grown = units.minus(before).atLeast(Exact.zero);
      const paid = peak.isZero() ? null : { units: peak, eventsCount: 0n };
      const cents = priceGrowth(price, paid, { units, eventsCount: 1n }, 'USD').times(Exact.parse('100'));
      before = units;
      peak = peak.atLeast(units);
      return { units: grown.toDecimal(), cents: cents.toDecimal() };
    });
    expect(fees.map((fee) => fee.units)).toEqual(expected.fee_units.map(String));
    expect(fees.map((fee) => fee.cents)).toEqual(expected.fee_cents.map(String));
  });

  it('agg-unique-count-grouped', () => {
    const { given, expect: expected } = billingCase<{ grouped_by: string[] }, { total_amount_cents: number }>(
      'agg-unique-count-grouped',
    );
    const keys = given.grouped_by;
    const [a, b] = ['08', '06'].map((group) => Object.fromEntries(keys.map((key) => [key, group])));
    const events = [
      event('2023-03-01T00:00:00Z', { ...a, value: '001' }),
      event('2023-03-02T00:00:00Z', { ...b, value: '001' }),
      event('2023-03-03T00:00:00Z', { ...b, value: '002' }),
    ];
    const price = pricingOf('standard', { amount: '1' }).model;
    const unique = metric({ aggregation: 'unique_count_agg' });
    const buckets = bucketsOf(events, [], keys);
    const cents = buckets.map((bucket) => {
      const metering = { metric: unique, model: price, prorated: false, timezone: 'UTC', ...march };
      return priceUsage(price, meterUsage(metering, bucket.events).usage, 'USD').amount.times(Exact.parse('100'));
    });
    expect(buckets).toHaveLength(2);
    expect(cents.reduce((sum, amount) => sum.plus(amount), Exact.zero).toDecimal()).toBe(String(expected.total_amount_cents));
  });

  it('rounding-function-on-aggregation', () => {
    const { given, expect: expected } = billingCase<
      { aggregated: string; settings: ['round' | 'ceil' | 'floor', number][] },
      { units: number[] }
    >('rounding-function-on-aggregation');
    const found = given.settings.map(([name, precision]) =>
      roundUnits(Exact.parse(given.aggregated), { function: name, precision }).toDecimal(),
    );
    expect(found).toEqual(expected.units.map(String));
  });
});

/** Values of March, one a day from the 1st on; null for an event without. */
const daily = (...values: readonly unknown[]): MeterEvent[] =>
  values.map((value, i) => event(`2023-03-${String(i + 1).padStart(2, '0')}T00:00:00Z`, value === undefined ? {} : { value }));
const unitsOf = (change: Partial<Metric>, events: readonly MeterEvent[], carried?: Carried) =>
  aggregate(metric(change), events, march, carried).units.toDecimal();

describe('what an event counts with', () => {
  it.each([
    ['sum_agg', [1, '2.5', -1], '2.5'],
    ['sum_agg', ['x', null, undefined, 4], '4'],
    ['max_agg', [1, 7, 3], '7'],
    ['max_agg', [7, 1], '7'],
    ['max_agg', [-5, -3, -4], '-3'],
    ['max_agg', ['x', -3], '-3'],
    ['max_agg', [], '0'],
    ['latest_agg', [5, 2], '2'],
    ['latest_agg', [5, 'x'], '5'],
    ['latest_agg', [], '0'],
    ['count_agg', ['x', null, undefined], '3'],
    ['unique_count_agg', ['a', 'b', 'a', null, undefined, 1, '1.0'], '3'],
  ] as const)('%s of %j is %s', (aggregation, values, units) => {
    expect(unitsOf({ aggregation }, daily(...values))).toBe(units);
  });

  it('is its field, or what its expression says, where that has a value', () => {
    const parsed = parseExpression('event.properties.value * 2');
    if (!('expression' in parsed)) throw new Error('no expression');
    const { expression } = parsed;
    expect(unitsOf({ aggregation: 'custom_agg', expression, fieldName: null }, daily(1, undefined, 'x', 4))).toBe('10');
    expect(unitsOf({ fieldName: null }, daily(1, 2))).toBe('0');
    // A field may not be what every object has.
    expect(unitsOf({ aggregation: 'unique_count_agg', fieldName: 'constructor' }, daily(1))).toBe('0');
  });

  it('counts in the order of time, ties in the order of arrival, from the first instant until before the last', () => {
    const late = event('2023-03-20T00:00:00Z', { value: 1 });
    const early = event('2023-03-10T00:00:00Z', { value: 2 });
    const latest = { aggregation: 'latest_agg' } as const;
    expect([unitsOf(latest, [late, early]), unitsOf(latest, [early, late])]).toEqual(['1', '1']);
    expect(unitsOf(latest, [early, { ...early, properties: { value: 3 } }])).toBe('3');
    expect(unitsOf(latest, [late, early, { ...late, properties: { value: 4 } }])).toBe('4');
    const edges = ['2023-02-28T23:59:59Z', '2023-03-01T00:00:00Z', '2023-03-31T23:59:59Z', '2023-04-01T00:00:00Z'];
    expect(
      aggregate(
        metric(),
        edges.map((time) => event(time, { value: 1 })),
        march,
      ),
    ).toMatchObject({ eventsCount: 2n });
  });

  it('is a value in use until it is removed, whoever says so twice', () => {
    const told = (value: string, operation_type?: string) => event('2023-03-05T00:00:00Z', { value, operation_type });
    const count = (events: MeterEvent[], values: string[] = []) => {
      const carried = { total: Exact.fromInteger(BigInt(values.length)), values };
      const found = aggregate(metric({ aggregation: 'unique_count_agg', recurring: true }), events, march, carried);
      return [found.units.toDecimal(), found.carried.values];
    };
    expect(count([told('a'), told('a', 'add'), told('b', 'whatever')])).toEqual(['2', ['a', 'b']]);
    expect(count([told('a', 'remove'), told('a')])).toEqual(['1', ['a']]);
    expect(count([told('a'), told('a', 'remove'), told('a', 'remove')])).toEqual(['0', []]);
    expect(count([told('a', 'remove'), told('c')], ['a', 'b'])).toEqual(['2', ['b', 'c']]);
  });

  it('is carried over where the metric recurs, and only there', () => {
    const carried = { total: Exact.parse('10'), values: [] };
    const summed = (recurring: boolean) => {
      const { units, carried: after } = aggregate(metric({ recurring }), daily(1, 2), march, carried);
      return [units.toDecimal(), after.total.toDecimal(), after.values];
    };
    expect([summed(true), summed(false)]).toEqual([
      ['13', '13', []],
      ['3', '0', []],
    ]);
    const weighted = aggregate(
      metric({ aggregation: 'weighted_sum_agg', recurring: true }),
      daily(undefined, 'x'),
      march,
      carried,
    );
    expect([weighted.units.toDecimal(), weighted.carried]).toEqual(['10', { total: Exact.parse('10'), values: [] }]);
  });

  it('weighs a sum by the time it stood, at fifteen decimals', () => {
    const weighted = { aggregation: 'weighted_sum_agg' } as const;
    expect(unitsOf(weighted, [event('2023-03-16T12:00:00Z', { value: 300 })])).toBe('150');
    expect(unitsOf(weighted, [event('2023-03-12T00:00:00Z', { value: 1 })])).toBe('0.645161290322581');
  });

  it('is rounded after it was counted', () => {
    expect(aggregate(metric({ rounding: { function: 'ceil', precision: 0 } }), daily('0.4', '0.3'), march)).toMatchObject({
      units: Exact.fromInteger(1n),
      aggregated: Exact.parse('0.7'),
    });
  });
});

describe('filters and groups', () => {
  const from = (properties: Record<string, unknown>) => event('2023-03-01T00:00:00Z', properties);
  const filters: ChargeFilter[] = [
    { id: 'eu', values: { region: ['eu'] } },
    { id: 'west', values: { region: ['eu', 'us'] } },
    { id: 'eu fast', values: { region: ['eu'], speed: ['fast', '2'] } },
  ];
  it.each([
    ['the most specific one', { region: 'eu', speed: 'fast' }, 'eu fast'],
    ['every key must match', { region: 'us', speed: 'fast' }, 'west'],
    ['of equal ones the first', { region: 'eu', speed: 'slow' }, 'eu'],
    ['numbers as they are written', { region: 'eu', speed: 2 }, 'eu fast'],
    ['a value that none has', { region: 'asia' }, null],
    ['no value', {}, null],
    ['a value of null', { region: null }, null],
  ])('%s', (_, properties, id) => {
    expect(bucketsOf([from(properties)], filters, [])).toMatchObject([{ filterId: id, groupedBy: {} }]);
  });

  it('an event falls into one of them, in the order in which they are met', () => {
    const events = [{ team: 'b' }, { team: 'a', region: 'eu' }, { team: null }, {}, { team: 'b' }, { team: 'null' }].map(from);
    expect(
      bucketsOf(events, filters, ['team']).map(({ filterId, groupedBy, events: { length } }) => [
        filterId,
        groupedBy.team,
        length,
      ]),
    ).toEqual([
      [null, 'b', 2],
      ['eu', 'a', 1],
      [null, null, 2],
      [null, 'null', 1],
    ]);
  });
});

describe('from events to what is priced', () => {
  const metered = (
    model: string,
    properties: object,
    events: readonly MeterEvent[],
    change: Partial<Metric> = {},
    more: object = {},
  ) => {
    const metering = {
      metric: metric(change),
      model: pricingOf(model, properties).model as ChargeModel,
      prorated: false,
      timezone: 'UTC',
      ...march,
      ...more,
    };
    return (carried?: Carried) => meterUsage(metering, events, carried).usage;
  };
  const ranges = [
    { from_value: 0, to_value: 5, per_unit_amount: '2' },
    { from_value: 6, to_value: null, per_unit_amount: '1' },
  ];

  it('a dynamic charge sums what its events say they cost', () => {
    const events = ['10.5', '2', null, 'x'].map(
      (preciseTotalAmountCents) => ({ ...daily(1)[0], preciseTotalAmountCents }) as MeterEvent,
    );
    expect(metered('dynamic', {}, events)()).toEqual({
      units: Exact.fromInteger(4n),
      eventsCount: 4n,
      totalAmountCents: Exact.parse('12.5'),
    });
  });

  it('a percentage sorts its events where each has a price of its own', () => {
    const percentage = (properties: object) => metered('percentage', { rate: '1', ...properties }, daily(10, 'x', 20))();
    expect(percentage({ free_units_per_events: 1 })).toMatchObject({
      transactions: { free: { count: 1n, total: Exact.parse('10') }, rated: { count: 2n, total: Exact.parse('20') } },
    });
    expect(percentage({})).toEqual({ units: Exact.parse('30'), eventsCount: 3n });
  });

  const standing = { recurring: true };
  const days = { prorated: true };
  const ten = { total: Exact.parse('10'), values: [] };
  const proratedOf = (events: readonly MeterEvent[], change: Partial<Metric>, carried?: Carried, more: object = {}) =>
    metered(
      'standard',
      { amount: '1' },
      events,
      { ...standing, ...change },
      { ...days, ...more },
    )(carried).proratedUnits?.toDecimal();

  it('units are in proportion to the days they were there, rounded up at five decimals', () => {
    // The 15th is the first of 17 days: 10 × 17/31 = 5.483870…
    expect(proratedOf([event('2023-03-15T10:00:00Z', { value: 10 })], {})).toBe('5.48388');
    expect(proratedOf([event('2023-03-15T10:00:00Z', { value: 10 })], {}, ten)).toBe('15.48388');
    expect(proratedOf([event('2023-03-15T10:00:00Z', { value: 'x' })], {}, ten)).toBe('10');
    expect(proratedOf([event('2023-03-15T10:00:00Z', { value: 10 })], { recurring: false }, ten)).toBe('5.48388');
    expect(proratedOf([event('2023-03-15T10:00:00Z', { value: 10 })], { rounding: { function: 'ceil', precision: 0 } })).toBe(
      '6',
    );
    // Without proration there is nothing to tell.
    expect(metered('standard', { amount: '1' }, daily(1), standing)()).toEqual({ units: Exact.one, eventsCount: 1n });
  });

  it('as months of thirty days where the seller counts so, and until the day of a change', () => {
    const events = [event('2023-03-16T10:00:00Z', { value: 10 })];
    expect(proratedOf(events, {}, undefined, { dayCount: 'thirty_day_months' })).toBe('5');
    expect(proratedOf(events, {}, undefined, { daysUntil: at('2023-03-31T00:00:00Z') })).toBe('4.83871');
  });

  it('a graduated price deals the changes to its tiers, what was carried over first', () => {
    const shares = (carried?: Carried) =>
      metered('graduated', { graduated_ranges: ranges }, [event('2023-03-15T10:00:00Z', { value: 10 })], standing, days)(carried)
        .tierShares;
    const told = (found: ReturnType<typeof shares>) => [...(found?.units ?? []), found?.highest].map((part) => part?.toDecimal());
    expect(told(shares())).toEqual(['2.74194', '2.74194', '10']);
    expect(told(shares(ten))).toEqual(['5', '10.48388', '20']);
  });

  const seat = (day: string, value: string, operation_type = 'add') =>
    event(`2023-03-${day}T10:00:00Z`, { value, operation_type });
  const inUse = { total: Exact.one, values: ['a'] };
  it.each([
    ['from the day it comes', [seat('15', 'a')], undefined, '0.54839'],
    ['to the day it goes, that day included', [seat('15', 'a', 'remove')], inUse, '0.48388'],
    ['from the day it comes to the day it goes', [seat('10', 'b'), seat('19', 'b', 'remove')], undefined, '0.32259'],
    ['a value that comes back on the day it left pays that day once', [seat('15', 'a', 'remove'), seat('15', 'a')], inUse, '1'],
    ['one that comes back later pays from then', [seat('15', 'a', 'remove'), seat('20', 'a')], inUse, '0.87097'],
    ['another one pays from its own day', [seat('15', 'a', 'remove'), seat('15', 'b')], inUse, '1.03226'],
  ])('a value in use pays %s', (_, events, carried, units) => {
    expect(proratedOf(events, { aggregation: 'unique_count_agg' }, carried)).toBe(units);
  });
});
