import fc from 'fast-check';
import { splitAt } from '../../src/domain/calendar/spans.ts';
import type { InvoiceItem, TaxRate } from '../../src/domain/invoicing/items.ts';
import { priceInvoice } from '../../src/domain/invoicing/price-items.ts';
import { holds, recompute } from '../../src/domain/invoicing/recompute.ts';
import { tellDerivation } from '../../src/domain/invoicing/tell-derivation.ts';
import { unitsPieces } from '../../src/domain/lifecycles/quantity.ts';
import { aggregate } from '../../src/domain/metering/aggregate.ts';
import { bucketsOf } from '../../src/domain/metering/buckets.ts';
import type { MeterEvent } from '../../src/domain/metering/meter-event.ts';
import { aggregations, type Metric } from '../../src/domain/metering/metric.ts';
import { Exact } from '../../src/domain/money/exact.ts';
import type { ChargePricing } from '../../src/domain/pricing/charge-model.ts';
import { sortTransactions } from '../../src/domain/pricing/percentage.ts';
import { priceGrowth, priceUsage } from '../../src/domain/pricing/price-usage.ts';
import { pricingOf, readChargeModel } from '../../src/domain/pricing/read-charge-model.ts';
import type { UsageToPrice } from '../../src/domain/pricing/usage.ts';
import { prorationFraction, prorationOf } from '../../src/domain/proration/local-days.ts';
import { at, span } from './worlds.ts';

const decimal = (digits: number, places: number) =>
  fc.tuple(fc.nat(digits), fc.nat(places)).map(([number, scale]) => Exact.parse(`${number}e-${scale}`).toDecimal());
const price = decimal(1_000_000, 6);
const units = decimal(10_000_000, 4);

const tiersOf = (list: string, perUnit: string) =>
  fc
    .tuple(fc.array(fc.tuple(fc.integer({ min: 1, max: 1000 }), price, price), { maxLength: 4 }), price, fc.boolean())
    .map(([steps, last, adjacent]) => {
      let below = 0;
      const tiers = steps.map(([width, amount, flat], position) => {
        const from_value = position === 0 || adjacent ? below : below + 1;
        below += width;
        return { from_value, to_value: below, [perUnit]: amount, flat_amount: flat };
      });
      return {
        [list]: [
          ...tiers,
          { from_value: steps.length === 0 || adjacent ? below : below + 1, to_value: null, [perUnit]: last, flat_amount: '0' },
        ],
      };
    });

const models: Record<string, fc.Arbitrary<object>> = {
  standard: fc.record({ amount: price }),
  graduated: tiersOf('graduated_ranges', 'per_unit_amount'),
  graduated_percentage: tiersOf('graduated_percentage_ranges', 'rate'),
  volume: tiersOf('volume_ranges', 'per_unit_amount'),
  package: fc.record({ amount: price, package_size: fc.integer({ min: 1, max: 1000 }), free_units: fc.nat(1000) }),
  percentage: fc.record({
    rate: decimal(10_000, 4),
    fixed_amount: price,
    free_units_per_events: fc.nat(5),
    free_units_per_total_aggregation: fc.nat(5000),
  }),
};
const pricings: fc.Arbitrary<ChargePricing> = fc
  .constantFrom(...Object.keys(models))
  .chain((name) => (models[name] as fc.Arbitrary<object>).map((properties) => pricingOf(name, properties)));

/** Usage that any model can price: a percentage gets single events. */
function usageOf({ model }: ChargePricing, amount: string): UsageToPrice {
  const total = Exact.parse(amount);
  const third = total.dividedBy(Exact.parse('3')).rounded('floor', 4);
  const values = [third, third, total.minus(third).minus(third)];
  return { units: total, eventsCount: 3n, ...(model.name === 'percentage' && { transactions: sortTransactions(model, values) }) };
}

describe('every price', () => {
  it('is the sum of its steps', () => {
    fc.assert(
      fc.property(pricings, units, (pricing, amount) => {
        const { amount: total, steps } = priceUsage(pricing.model, usageOf(pricing, amount), 'EUR');
        const sum = steps.reduce(
          (all, step) =>
            all.plus(Exact.parse(step.units).times(Exact.parse(step.unit_amount))).plus(Exact.parse(step.flat_amount ?? '0')),
          Exact.zero,
        );
        expect(sum.compare(total)).toBe(0);
      }),
    );
  });

  it('grows with the units, but for volume, whose next tier may be cheaper', () => {
    fc.assert(
      fc.property(pricings, units, units, (pricing, a, b) => {
        fc.pre(pricing.model.name !== 'volume');
        const [less, more] = Exact.parse(a).compare(Exact.parse(b)) <= 0 ? [a, b] : [b, a];
        const cost = (amount: string) => priceUsage(pricing.model, { ...usageOf(pricing, amount) }, 'EUR').amount;
        expect(cost(more).compare(cost(less))).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it('paid in advance, growth after growth, comes to the price of all', () => {
    fc.assert(
      fc.property(pricings, fc.array(fc.nat(10_000), { minLength: 1, maxLength: 5 }), (pricing, values) => {
        fc.pre(pricing.model.name !== 'volume' && pricing.model.name !== 'percentage');
        let total = 0;
        let paid: UsageToPrice | null = null;
        let sum = Exact.zero;
        for (const value of values) {
          total += value;
          const now = { units: Exact.parse(String(total)), eventsCount: 1n };
          sum = sum.plus(priceGrowth(pricing.model, paid, now, 'EUR'));
          paid = now;
        }
        expect(sum.compare(priceUsage(pricing.model, paid as UsageToPrice, 'EUR').amount)).toBe(0);
      }),
    );
  });

  it('is read again from the properties that it keeps', () => {
    fc.assert(
      fc.property(pricings, units, (pricing, amount) => {
        const again = pricingOf(pricing.model.name, JSON.parse(JSON.stringify(pricing.properties)));
        expect(again.properties).toEqual(pricing.properties);
        const usage = usageOf(pricing, amount);
        expect(priceUsage(again.model, usage, 'EUR').amount.compare(priceUsage(pricing.model, usage, 'EUR').amount)).toBe(0);
      }),
    );
  });
});

describe('bad properties', () => {
  it('are refused by name, also by a name that every object has', () => {
    const read = readChargeModel('standard', { amount: '1', toString: {} });
    expect(read).toMatchObject({ refused: { toString: ['unknown_field'] } });
  });

  it('are refused as values, whatever they are', () => {
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(models), 'dynamic', 'custom'), fc.anything(), (name, properties) => {
        const read = readChargeModel(name, properties);
        expect('refused' in read ? Object.keys(read.refused).length : 1).toBeGreaterThan(0);
      }),
    );
  });
});

const months = fc.constantFrom(
  span('2026-01-01', '2026-02-01'),
  span('2026-02-01', '2026-03-01'),
  span('2028-02-01', '2028-03-01'),
);
const taxes: TaxRate[] = ['20', '8.875', '5.5'].map((rate) => ({ id: rate, code: `tax_${rate}`, name: 'Tax', rate }));
const someTaxes = fc.subarray(taxes);

const items = fc
  .tuple(
    months,
    fc.nat(27),
    fc.nat(1_000_000),
    fc.array(fc.tuple(pricings, units, someTaxes), { maxLength: 4 }),
    someTaxes,
    fc.option(fc.nat(5_000_000)),
  )
  .map(([period, cut, planCents, charges, planTaxes, commitment]): InvoiceItem[] => {
    const [, billed] = splitAt(period, period.start.add({ hours: 24 * cut }));
    return [
      { kind: 'plan', id: 'plan', name: 'Plan', amountCents: BigInt(planCents), taxes: planTaxes, period, billed },
      ...charges.map(([pricing, amount, rates], i): InvoiceItem => ({
        kind: 'charge',
        id: `c${i}`,
        name: `Charge ${i}`,
        taxes: rates,
        period,
        billed,
        ...(i % 2 === 0 && { minimumCents: 12_345n }),
        buckets: [{ pricing, usage: usageOf(pricing, amount) }],
      })),
      ...(commitment === null
        ? []
        : [
            {
              kind: 'commitment' as const,
              id: 'plan',
              name: 'Commitment',
              amountCents: BigInt(commitment),
              billedBeforeCents: 100n,
              taxes: planTaxes,
              period,
              billed,
            },
          ]),
    ];
  });
const discounts = fc.array(
  fc.oneof(
    fc.nat(500_000).map((cents) => ({ amountCents: BigInt(cents) })),
    fc.integer({ min: 0, max: 100 }).map((rate) => ({ percentage: String(rate) })),
  ),
  { maxLength: 3 },
);

describe('every invoice', () => {
  const invoices = fc.tuple(items, discounts).map(([all, coupons]) =>
    priceInvoice({
      currency: 'EUR',
      timezone: 'UTC',
      items: all,
      discounts: coupons.map((discount, i) => ({ id: `d${i}`, name: 'Coupon', discount, itemIds: i === 1 ? ['c0'] : null })),
    }),
  );

  it('adds up: fees − discounts + taxes = total, and the shares of the coupons are the coupons', () => {
    fc.assert(
      fc.property(invoices, (invoice) => {
        const fees = invoice.fees.reduce((sum, fee) => sum + fee.amountCents, 0n);
        expect(invoice.feesAmountCents).toBe(fees);
        expect(invoice.totalCents).toBe(fees - invoice.discountAmountCents + invoice.taxesAmountCents);
        expect(invoice.totalCents >= 0n).toBe(true);
        const shares = invoice.fees.reduce((sum, fee) => sum.plus(fee.discountCents), Exact.zero);
        expect(shares.compare(Exact.fromInteger(invoice.discountAmountCents))).toBe(0);
        expect(invoice.discounts.reduce((sum, line) => sum + line.amountCents, 0n)).toBe(invoice.discountAmountCents);
        for (const fee of invoice.fees)
          expect(fee.discountCents.compare(Exact.fromInteger(fee.amountCents))).toBeLessThanOrEqual(0);
        const off = invoice.taxes.reduce((sum, line) => sum + line.amountCents, 0n) - invoice.taxesAmountCents;
        expect(off <= BigInt(taxes.length) && off >= -BigInt(taxes.length)).toBe(true);
      }),
    );
  });

  it('is computed again from what its fees keep, and can be told', () => {
    fc.assert(
      fc.property(invoices, (invoice) => {
        for (const fee of invoice.fees) {
          const stored = JSON.parse(JSON.stringify(fee.derivation)) as typeof fee.derivation;
          expect(holds(stored)).toBe(true);
          expect(recompute(stored)).toMatchObject({ amountCents: fee.amountCents, taxesAmountCents: fee.taxesAmountCents });
          const told = tellDerivation(stored);
          expect(told.every((sentence) => sentence.endsWith('.') && !/undefined|NaN|null/.test(sentence))).toBe(true);
        }
      }),
    );
  });

  it('reaches its minimums', () => {
    fc.assert(
      fc.property(items, (all) => {
        const invoice = priceInvoice({ currency: 'EUR', timezone: 'UTC', items: all });
        for (const item of all) {
          const proration = prorationOf(item.period, item.billed, 'UTC');
          const share = proration ? prorationFraction(proration) : Exact.one;
          const minimum = item.kind === 'commitment' ? item.amountCents : item.kind === 'charge' ? (item.minimumCents ?? 0n) : 0n;
          const due = Exact.fromInteger(minimum).times(share).roundToInteger();
          const own = invoice.fees.filter(
            (fee) => item.kind === 'commitment' || (fee.itemId === item.id && fee.type === 'charge'),
          );
          const charged = own.reduce(
            (sum, fee) => sum + fee.amountCents,
            item.kind === 'commitment' ? item.billedBeforeCents : 0n,
          );
          expect(charged >= due).toBe(true);
        }
      }),
    );
  });
});

describe('what is cut in parts', () => {
  it('is billed as the whole: fractions of days, quantities that do not change', () => {
    fc.assert(
      fc.property(months, fc.nat(27), units, (period, cut, quantity) => {
        const [before, after] = splitAt(period, period.start.add({ hours: 24 * cut }));
        const fraction = (billed: typeof before) => {
          const proration = prorationOf(period, billed, 'UTC');
          return proration ? prorationFraction(proration) : Exact.one;
        };
        expect(fraction(before).plus(fraction(after)).compare(Exact.one)).toBe(0);
        const pieces = unitsPieces(
          {
            units: quantity,
            changes: [{ id: 'c', unitsBefore: quantity, units: quantity, at: after.start, immediately: true }],
          },
          period,
          'UTC',
        );
        expect(pieces).toEqual([{ units: quantity, billed: period }]);
      }),
    );
  });

  const event = fc
    .tuple(fc.integer({ min: 0, max: 31 * 24 * 60 - 1 }), fc.integer({ min: -50, max: 200 }), fc.constantFrom('a', 'b', 'c'))
    .map(([minute, value, group]): MeterEvent => ({
      timestamp: at('2026-01-01').add({ minutes: minute }),
      code: 'm',
      properties: { value, group },
    }));
  const january = span('2026-01-01', '2026-02-01');
  const metricOf = (aggregation: Metric['aggregation'], recurring: boolean): Metric => ({
    code: 'm',
    aggregation,
    fieldName: 'value',
    expression: null,
    recurring,
    rounding: null,
  });
  const exactUnits = (metric: Metric, events: readonly MeterEvent[], billed = january) =>
    aggregate(metric, events, { billed, period: january });

  it('counts and sums as the whole, by span and by group', () => {
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 30 }),
        fc.constantFrom('count_agg' as const, 'sum_agg' as const),
        fc.nat(30),
        (events, aggregation, cut) => {
          const metric = metricOf(aggregation, false);
          const whole = exactUnits(metric, events).units;
          const [before, after] = splitAt(january, january.start.add({ hours: 24 * cut }));
          expect(
            exactUnits(metric, events, before)
              .units.plus(exactUnits(metric, events, after).units)
              .compare(whole),
          ).toBe(0);
          const groups = bucketsOf(events, [], ['group']).map((bucket) => exactUnits(metric, bucket.events).units);
          expect(groups.reduce((sum, part) => sum.plus(part), Exact.zero).compare(whole)).toBe(0);
        },
      ),
    );
  });

  it('carries a recurring total on as if the periods were one', () => {
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 30 }),
        fc.constantFrom('sum_agg' as const, 'unique_count_agg' as const),
        fc.nat(30),
        (events, aggregation, cut) => {
          const metric = metricOf(aggregation, true);
          const [before, after] = splitAt(january, january.start.add({ hours: 24 * cut }));
          const first = aggregate(metric, events, { billed: before, period: before });
          const second = aggregate(metric, events, { billed: after, period: after }, first.carried);
          expect(second.units.compare(exactUnits(metric, events).units)).toBe(0);
        },
      ),
    );
  });

  it('gives the same units in whatever order events of different times arrive', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(event, { maxLength: 20, selector: (one) => one.timestamp.epochMilliseconds }),
        fc.constantFrom(...aggregations),
        (events, aggregation) => {
          const metric = metricOf(aggregation, false);
          expect(exactUnits(metric, events.toReversed()).units.compare(exactUnits(metric, events).units)).toBe(0);
        },
      ),
    );
  });
});
