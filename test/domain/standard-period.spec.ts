import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import type { TaxRate } from '../../src/domain/invoicing/items.ts';
import { type PeriodToPrice, pricePeriod } from './standard-period.ts';

const at = (text: string) => Temporal.Instant.from(text);
const tax = (rate: string, code = 'vat'): TaxRate => ({ id: code, code, name: code, rate });

const january = (change: Partial<PeriodToPrice> = {}): PeriodToPrice => ({
  currency: 'USD',
  timezone: 'UTC',
  period: { start: at('2026-01-01T00:00:00Z'), end: at('2026-02-01T00:00:00Z') },
  billed: { start: at('2026-01-01T00:00:00Z'), end: at('2026-02-01T00:00:00Z') },
  plan: { id: 'plan', name: 'Plan', amountCents: 0n, taxes: [] },
  fixedCharges: [],
  usageCharges: [],
  ...change,
});

const charge = (id: string, units: string, unitAmount: string, taxes: TaxRate[] = []) => ({
  id,
  name: id,
  unitAmount,
  usage: { units, eventsCount: 1n },
  taxes,
});

describe('pricing a period', () => {
  it('bills 500 + 8 × 150 with 18 % as 1700 + 306 = 2006 (G9)', () => {
    const vat = [tax('18')];
    const invoice = pricePeriod(
      january({
        plan: { id: 'plan', name: 'Plan', amountCents: 50_000n, taxes: vat },
        usageCharges: [charge('hours', '8', '150', vat)],
      }),
    );
    expect(invoice).toMatchObject({ feesAmountCents: 170_000n, taxesAmountCents: 30_600n, totalCents: 200_600n });
    expect(invoice.taxes).toMatchObject([{ code: 'vat', baseAmountCents: 170_000n, amountCents: 30_600n }]);
  });

  it('prorates a start on the 15th: 30 × 17/31 = 16.45 (H10)', () => {
    const invoice = pricePeriod(
      january({
        plan: { id: 'plan', name: 'Plan', amountCents: 3000n, taxes: [] },
        billed: { start: at('2026-01-15T09:30:00Z'), end: at('2026-02-01T00:00:00Z') },
      }),
    );
    expect(invoice.fees[0]).toMatchObject({
      amountCents: 1645n,
      derivation: { proration: { billable_days: 17, period_days: 31 } },
    });
    expect(invoice.fees[0]?.derivation.precise_amount_cents).toBe('1645.161290322580645');
  });

  it('prices 0.005 × 3 as one and a half cents, rounded away from zero once', () => {
    const invoice = pricePeriod(january({ usageCharges: [charge('calls', '3', '0.005')] }));
    expect(invoice.feesAmountCents).toBe(2n);
  });

  it('rounds the invoice tax once from the exact sum, not from the rounded lines', () => {
    const vat = [tax('10')];
    const invoice = pricePeriod(january({ usageCharges: [charge('a', '1', '0.04', vat), charge('b', '1', '0.04', vat)] }));
    expect(invoice.fees.map((fee) => fee.taxesAmountCents)).toEqual([0n, 0n, 0n]);
    expect(invoice.taxesAmountCents).toBe(1n);
  });

  it('knows yen and dinars', () => {
    expect(pricePeriod(january({ currency: 'JPY', usageCharges: [charge('a', '3', '33.5')] })).feesAmountCents).toBe(101n);
    expect(pricePeriod(january({ currency: 'KWD', usageCharges: [charge('a', '1', '1.2345')] })).feesAmountCents).toBe(1235n);
  });

  it('always adds up, for any charges and rates', () => {
    const amount = fc.tuple(fc.nat(10_000_000), fc.integer({ min: 0, max: 6 })).map(([digits, scale]) => `${digits}e-${scale}`);
    const rates = fc
      .array(fc.constantFrom(tax('20'), tax('8.875', 'ny'), tax('5.5', 'low')), { maxLength: 3 })
      .map((all) => [...new Set(all)]);
    fc.assert(
      fc.property(fc.array(fc.tuple(amount, amount, rates), { maxLength: 8 }), fc.nat(1_000_000), (charges, planCents) => {
        const invoice = pricePeriod(
          january({
            plan: { id: 'plan', name: 'Plan', amountCents: BigInt(planCents), taxes: [tax('20')] },
            usageCharges: charges.map(([units, price, taxes], i) => charge(`c${i}`, units, price, taxes)),
          }),
        );
        expect(invoice.fees.reduce((sum, fee) => sum + fee.amountCents, 0n)).toBe(invoice.feesAmountCents);
        expect(invoice.totalCents).toBe(invoice.feesAmountCents + invoice.taxesAmountCents);
        const byRate = invoice.taxes.reduce((sum, line) => sum + line.amountCents, 0n);
        const difference = byRate - invoice.taxesAmountCents;
        expect(difference <= BigInt(invoice.taxes.length) && difference >= -BigInt(invoice.taxes.length)).toBe(true);
      }),
    );
  });
});
