import { Temporal } from 'temporal-polyfill';
import { aggregate } from '../../src/domain/metering/aggregate.ts';
import { bucketsOf } from '../../src/domain/metering/buckets.ts';
import type { Carried } from '../../src/domain/metering/carried.ts';
import type { MeterEvent } from '../../src/domain/metering/meter-event.ts';
import { meterUsage } from '../../src/domain/metering/meter-usage.ts';
import { type Metric, roundUnits } from '../../src/domain/metering/metric.ts';
import { Exact } from '../../src/domain/money/exact.ts';
import { priceGrowth, priceUsage } from '../../src/domain/pricing/price-usage.ts';
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
