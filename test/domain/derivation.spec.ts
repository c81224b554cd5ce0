import { Temporal } from 'temporal-polyfill';
import type { PricedInvoice } from '../../src/domain/invoicing/assemble-invoice.ts';
import type { InvoiceItem } from '../../src/domain/invoicing/items.ts';
import { priceInvoice } from '../../src/domain/invoicing/price-items.ts';
import { holds, recompute } from '../../src/domain/invoicing/recompute.ts';
import { tellDerivation } from '../../src/domain/invoicing/tell-derivation.ts';
import { Exact } from '../../src/domain/money/exact.ts';
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
