import { Temporal } from 'temporal-polyfill';
import type { PricedInvoice } from '../../src/domain/invoicing/assemble-invoice.ts';
import type { DiscountItem, InvoiceItem, TaxRate, UsageBucket } from '../../src/domain/invoicing/items.ts';
import { priceInvoice } from '../../src/domain/invoicing/price-items.ts';
import { holds, recompute } from '../../src/domain/invoicing/recompute.ts';
import { tellDerivation } from '../../src/domain/invoicing/tell-derivation.ts';
import { Exact } from '../../src/domain/money/exact.ts';
import { dayCountOf, type UsageInputs } from '../../src/domain/invoicing/derivation.ts';
import type { DayCount } from '../../src/domain/proration/local-days.ts';
import { readUsage, writeUsage } from '../../src/domain/invoicing/usage-inputs.ts';
import type { UsageToPrice } from '../../src/domain/pricing/usage.ts';
import { pricingOf } from '../../src/domain/pricing/read-charge-model.ts';

const at = (text: string) => Temporal.Instant.from(text);
const january = { start: at('2026-01-01T00:00:00Z'), end: at('2026-02-01T00:00:00Z') };
const february = { start: at('2026-02-01T00:00:00Z'), end: at('2026-03-01T00:00:00Z') };
const vat = { id: 'vat', code: 'vat', name: 'VAT', rate: '20' };

const items = (): InvoiceItem[] => [
  { kind: 'plan', id: 'plan', name: 'Plan', amountCents: 3000n, taxes: [vat], period: february, billed: february },
  {
    kind: 'fixed_charge',
    id: 'seats',
    name: 'Seats',
    units: '3',
    prorated: true,
    pricing: pricingOf('standard', { amount: '10' }),
    taxes: [],
    period: january,
    billed: { start: at('2026-01-15T09:00:00Z'), end: january.end },
  },
  {
    kind: 'charge',
    id: 'calls',
    name: 'Calls',
    minimumCents: 100_000n,
    taxes: [vat],
    period: january,
    billed: january,
    buckets: [
      {
        label: 'eu',
        filterId: 'f1',
        groupedBy: { team: 'a' },
        pricing: pricingOf('graduated', {
          graduated_ranges: [
            { from_value: 0, to_value: 5, per_unit_amount: '10', flat_amount: '100' },
            { from_value: 6, to_value: null, per_unit_amount: '5', flat_amount: '50' },
          ],
        }),
        usage: { units: Exact.parse('8'), eventsCount: 3n },
        evidence: {
          metric_code: 'calls',
          aggregation: 'sum_agg',
          field_name: 'n',
          aggregated: '7.6',
          rounding: { function: 'ceil', precision: 0 },
        },
      },
    ],
  },
];

describe('the derivation of a fee', () => {
  const priced = (): PricedInvoice => priceInvoice({ currency: 'EUR', timezone: 'UTC', items: items() });

  it('is JSON from which the fee is computed again', () => {
    const invoice = priced();
    expect(invoice.fees.map((fee) => fee.amountCents)).toEqual([3000n, 1645n, 21_500n, 78_500n]);
    for (const fee of invoice.fees) {
      const stored = JSON.parse(JSON.stringify(fee.derivation)) as typeof fee.derivation;
      expect(holds(stored)).toBe(true);
      expect(recompute(stored)).toMatchObject({ amountCents: fee.amountCents, taxesAmountCents: fee.taxesAmountCents });
      expect(holds({ ...stored, precise_amount_cents: '1' })).toBe(false);
    }
  });

  it('is told in sentences', () => {
    expect(priced().fees.map((fee) => tellDerivation(fee.derivation))).toEqual([
      [
        '1 unit at 30.00 EUR each.',
        'That is exactly 30.00 EUR.',
        'Tax "vat" of 20 % on 3000 minor units is 600 (EUR, before the invoice rounds its taxes once).',
      ],
      [
        '3 units at 10 EUR each.',
        '17 of 31 days are billed (2026-01-15T09:00:00Z until before 2026-02-01T00:00:00Z): × 17/31.',
        'That is 1645.161290322580645 minor units, rounded once, half away from zero, to 16.45 EUR.',
        'No tax is due on it.',
      ],
      [
        '3 events were counted from 2026-01-01T00:00:00Z until before 2026-02-01T00:00:00Z.',
        'Metric "calls" (sum_agg of "n") came to 7.6 units.',
        'Units were rounded (ceil) at 0 decimals.',
        'Only events of filter f1 are in it.',
        'It is the group with team "a".',
        'The price is graduated.',
        'Tier 0 to 5: 5 units at 10 EUR each plus a flat 100 EUR.',
        'Tier 6 to any number: 3 units at 5 EUR each plus a flat 50 EUR.',
        'That is exactly 215.00 EUR.',
        'Tax "vat" of 20 % on 21500 minor units is 4300 (EUR, before the invoice rounds its taxes once).',
      ],
      [
        'At least 1000.00 EUR is due for a whole period; 215.00 EUR was charged, and this fee is the rest.',
        'That is exactly 785.00 EUR.',
        'Tax "vat" of 20 % on 78500 minor units is 15700 (EUR, before the invoice rounds its taxes once).',
      ],
    ]);
  });
});

const one = (text: string): Exact => Exact.parse(text);
const tiered = pricingOf('graduated', {
  graduated_ranges: [
    { from_value: 0, to_value: 5, per_unit_amount: '10' },
    { from_value: 6, to_value: null, per_unit_amount: '1' },
  ],
});
/** A charge of January with this usage, as the only thing on an invoice. */
const charged = (bucket: Partial<UsageBucket>, discounts: DiscountItem[] = [], taxes: TaxRate[] = []) => {
  const usual = { pricing: pricingOf('standard', { amount: '2' }), usage: { units: one('1'), eventsCount: 1n } };
  const item: InvoiceItem = {
    kind: 'charge',
    id: 'calls',
    name: 'Calls',
    taxes,
    period: january,
    billed: january,
    buckets: [{ ...usual, ...bucket }],
  };
  const [fee] = priceInvoice({ currency: 'EUR', timezone: 'UTC', items: [item], discounts }).fees;
  if (!fee) throw new Error('no fee');
  return fee;
};
const usageOf = (units: string, eventsCount: bigint, more: Partial<UsageToPrice> = {}): UsageToPrice => ({
  units: one(units),
  eventsCount,
  ...more,
});
const transactions = {
  free: { count: 1n, total: one('7') },
  rated: { count: 1n, total: one('50') },
  atMinimum: 1n,
  atMaximum: 2n,
};
const bounded = {
  rate: '10',
  fixed_amount: '1',
  free_units_per_events: 1,
  per_transaction_min_amount: '2',
  per_transaction_max_amount: '9',
};
const counted = 'from 2026-01-01T00:00:00Z until before 2026-02-01T00:00:00Z.';
const evidence = { metric_code: 'seats', aggregation: 'max_agg', field_name: null, aggregated: '4', rounding: null };

const variants: [string, Partial<UsageBucket>, string[]][] = [
  ['one event, one unit', {}, [`1 event was counted ${counted}`, '1 unit at 2 EUR each.']],
  [
    'a metric without a field, carried over, of several groups',
    { evidence: { ...evidence, carried: '3' }, groupedBy: { team: 'a', zone: null }, usage: usageOf('4', 2n) },
    [
      `2 events were counted ${counted}`,
      'Metric "seats" (max_agg) came to 4 units, 3 carried over included.',
      'It is the group with team "a", zone absent.',
      '4 units at 2 EUR each.',
    ],
  ],
  [
    'units counted once, of no group',
    { evidence, groupedBy: {}, usage: usageOf('4', 0n) },
    [`0 events were counted ${counted}`, 'Metric "seats" (max_agg) came to 4 units.', '4 units at 2 EUR each.'],
  ],
  [
    'paid in advance, the first event',
    { paid: null, usage: usageOf('1', 1n) },
    [
      `1 event was counted ${counted}`,
      'The price is standard, paid in advance: nothing was paid for before, and only the growth is charged.',
      '1 unit at 2 EUR each.',
    ],
  ],
  [
    'paid in advance, growth',
    { paid: usageOf('4', 2n), usage: usageOf('6', 3n), pricing: tiered },
    [
      `1 event was counted ${counted}`,
      'The price is graduated, paid in advance: 4 units were paid for before, and only the growth is charged.',
      'Tier 0 to 5: 5 units at 10 EUR each.',
      'Tier 6 to any number: 1 unit at 1 EUR each.',
    ],
  ],
  [
    'packages',
    { usage: usageOf('13', 2n), pricing: pricingOf('package', { amount: '4', package_size: 5, free_units: 2 }) },
    [
      `2 events were counted ${counted}`,
      'The price is package.',
      '2 units are free.',
      '3 packages at 4 EUR; a package that is begun counts whole.',
    ],
  ],
  [
    'one package, one free unit',
    { usage: usageOf('3', 1n), pricing: pricingOf('package', { amount: '4', package_size: 5, free_units: 1 }) },
    [
      `1 event was counted ${counted}`,
      'The price is package.',
      '1 unit is free.',
      '1 package at 4 EUR; a package that is begun counts whole.',
    ],
  ],
  [
    'a percentage with everything',
    { usage: usageOf('900', 5n, { transactions }), pricing: pricingOf('percentage', bounded) },
    [
      `5 events were counted ${counted}`,
      'The price is percentage.',
      '7 units are free.',
      '10 % of 50 EUR.',
      '1 event at a fixed 1 EUR each.',
      '1 event at the minimum of 2 EUR each.',
      '2 events at the maximum of 9 EUR each.',
    ],
  ],
  [
    'events that say their price',
    { usage: usageOf('2', 2n, { totalAmountCents: one('1250') }), pricing: pricingOf('dynamic', {}) },
    [`2 events were counted ${counted}`, 'The price is dynamic.', 'The events say themselves that they cost 12.5 EUR.'],
  ],
  [
    'units that were there for some of the days',
    {
      usage: usageOf('4', 1n, { proratedUnits: one('2.5') }),
      pricing: pricingOf('volume', { volume_ranges: [{ from_value: 0, to_value: null, per_unit_amount: '2' }] }),
    },
    [
      `1 event was counted ${counted}`,
      'The price is volume.',
      'Tier 0 to any number: 2.5 units at 2 EUR each.',
      '4 units are 2.5 for the days they were there.',
    ],
  ],
  [
    'tiers by full units',
    { usage: usageOf('7', 1n, { tierShares: { units: [one('2.5'), one('1')], highest: one('7') } }), pricing: tiered },
    [
      `1 event was counted ${counted}`,
      'The price is graduated.',
      'Tier 0 to 5: 2.5 units at 10 EUR each.',
      'Tier 6 to any number: 1 unit at 1 EUR each.',
      'Tiers were chosen by full units (at most 7) and charged for the days they were there.',
    ],
  ],
];

describe('usage in a derivation', () => {
  it.each(variants)('%s: is told', (_, bucket, sentences) => {
    expect(tellDerivation(charged(bucket).derivation).slice(0, -2)).toEqual(sentences);
  });

  it.each(variants)('%s: is computed again, and noticed when it is another', (_, bucket) => {
    const fee = charged(bucket);
    const stored = JSON.parse(JSON.stringify(fee.derivation)) as typeof fee.derivation;
    expect(recompute(stored)).toMatchObject({ amountCents: fee.amountCents });
    expect([
      holds(stored),
      holds({ ...stored, amount_cents: String(fee.amountCents + 1n) }),
      holds({ ...stored, precise_amount_cents: `${stored.precise_amount_cents}1` }),
    ]).toEqual([true, false, false]);
  });

  it.each(variants)('%s: is read again as it was counted', (_, { usage = usageOf('1', 1n) }) => {
    expect(readUsage(JSON.parse(JSON.stringify(writeUsage(usage))) as UsageInputs)).toStrictEqual(usage);
  });

  it('keeps the values of its filter', () => {
    const filterValues = { region: ['eu', 'us'] };
    expect(charged({ filterId: 'f1', filterValues }).derivation).toMatchObject({ filter_id: 'f1', filter_values: filterValues });
    expect(charged({}).derivation).not.toHaveProperty('filter_values');
  });

  it('says what coupons leave to tax', () => {
    const coupon = { id: 'c', name: 'Coupon', discount: { amountCents: 50n }, itemIds: null };
    expect(tellDerivation(charged({}, [coupon], [vat]).derivation).slice(-2)).toEqual([
      'Coupons take 50 minor units off, which leaves 150 to tax.',
      'Tax "vat" of 20 % on 150 minor units is 30 (EUR, before the invoice rounds its taxes once).',
    ]);
    expect(tellDerivation(charged({}, [coupon]).derivation).slice(-2)).toEqual([
      'Coupons take 50 minor units off, which leaves 150 to tax.',
      'No tax is due on it.',
    ]);
  });

  it('notices a tax that is another', () => {
    const { derivation } = charged({}, [], [vat]);
    const [tax] = derivation.taxes;
    if (!tax) throw new Error('no tax');
    expect([holds(derivation), holds({ ...derivation, taxes: [{ ...tax, precise_amount_cents: '41' }] })]).toEqual([true, false]);
  });

  it.each([
    ['domestic', 'a sale at home'],
    ['eu_consumer', 'a sale to a consumer elsewhere in the EU'],
    ['eu_reverse_charge', 'a sale to a business elsewhere in the EU, which accounts for the tax itself (reverse charge)'],
    ['export', 'an export'],
    ['us_state', 'a sale within the US'],
    ['us_not_collected', 'a sale to a US state where the seller does not collect'],
  ] as const)('says which addresses decide it: %s', (rule, words) => {
    const address = { rule, seller: 'FR', buyer: 'DE', tax_id_valid: false, on: '2026-02-01', note: null };
    const { derivation } = charged({}, [], [{ ...vat, address }]);
    expect(derivation.taxes).toEqual([{ code: 'vat', rate: '20', precise_amount_cents: '40', address }]);
    expect(tellDerivation(derivation).at(-1)).toBe(
      `The addresses decide it, as no tax is assigned: FR to DE on 2026-02-01 is ${words}.`,
    );
  });
});

describe('days in a derivation', () => {
  const half = { start: january.start, end: at('2026-01-16T00:00:00Z') };
  const minimum: InvoiceItem = {
    kind: 'charge',
    id: 'calls',
    name: 'Calls',
    minimumCents: 3100n,
    taxes: [],
    period: january,
    billed: { start: january.start, end: at('2026-01-16T13:00:00Z') },
    buckets: [],
  };
  const feesOf = (item: InvoiceItem, dayCount?: DayCount) =>
    priceInvoice({ currency: 'EUR', timezone: 'UTC', items: [item], ...(dayCount && { dayCount }) }).fees;
  const plan: InvoiceItem = {
    kind: 'plan',
    id: 'plan',
    name: 'Plan',
    amountCents: 3100n,
    taxes: [],
    period: january,
    billed: half,
  };

  it('are counted as the seller counts them, and told so', () => {
    const [actual] = feesOf(plan, 'actual');
    const [thirty] = feesOf(plan, 'thirty_day_months');
    expect([actual?.amountCents, thirty?.amountCents]).toEqual([1500n, 1550n]);
    expect(actual?.derivation).not.toHaveProperty('day_count');
    expect(feesOf(plan)[0]?.derivation).toEqual(actual?.derivation);
    expect(thirty?.derivation).toMatchObject({
      day_count: 'thirty_day_months',
      proration: { billable_days: 15, period_days: 30 },
    });
    expect([actual, thirty].map((fee) => fee && dayCountOf(fee.derivation))).toEqual(['actual', 'thirty_day_months']);
    expect(thirty && tellDerivation(thirty.derivation)).toContain(
      '15 of 30 days are billed (2026-01-01T00:00:00Z until before 2026-01-16T00:00:00Z, 30 days to every month): × 15/30.',
    );
    expect(actual && tellDerivation(actual.derivation)).toContain(
      '15 of 31 days are billed (2026-01-01T00:00:00Z until before 2026-01-16T00:00:00Z): × 15/31.',
    );
  });

  it('of a minimum end where the day is another subscription’s, though usage counts on', () => {
    const [own] = feesOf(minimum);
    const [given] = feesOf({ ...minimum, daysUntil: half.end });
    expect([own?.amountCents, given?.amountCents]).toEqual([1600n, 1500n]);
    expect(own?.derivation).not.toHaveProperty('days_until');
    expect(given).toMatchObject({ to: minimum.billed.end, derivation: { days_until: '2026-01-16T00:00:00Z' } });
    expect(given && [holds(given.derivation), tellDerivation(given.derivation)[1]]).toEqual([
      true,
      '15 of 31 days are billed (2026-01-01T00:00:00Z until before 2026-01-16T00:00:00Z): × 15/31.',
    ]);
    // Days that go on after what is billed are not cut.
    expect(feesOf({ ...minimum, daysUntil: january.end })).toEqual(feesOf(minimum));
    expect(feesOf({ ...minimum, daysUntil: minimum.billed.end })).toEqual(feesOf(minimum));
  });

  it('of usage too', () => {
    const buckets = [{ pricing: pricingOf('standard', { amount: '2' }), usage: usageOf('1', 1n) }];
    const [fee] = feesOf({ ...minimum, minimumCents: 0n, buckets, daysUntil: half.end });
    expect(fee?.derivation).toMatchObject({ days_until: '2026-01-16T00:00:00Z' });
  });
});
