import { applyCredits, byPriority } from '../../src/domain/invoicing/apply-credits.ts';
import { decideCreditNote, type InvoiceToCredit, splitCredit } from '../../src/domain/invoicing/credit-note.ts';
import type { AddOnItem, DiscountItem } from '../../src/domain/invoicing/items.ts';
import { priceInvoice } from '../../src/domain/invoicing/price-items.ts';
import { holds } from '../../src/domain/invoicing/recompute.ts';
import { aggregate } from '../../src/domain/metering/aggregate.ts';
import type { Carried } from '../../src/domain/metering/carried.ts';
import { meterUsage } from '../../src/domain/metering/meter-usage.ts';
import type { Metric } from '../../src/domain/metering/metric.ts';
import { Exact } from '../../src/domain/money/exact.ts';
import { priceUsage } from '../../src/domain/pricing/price-usage.ts';
import { pricingOf } from '../../src/domain/pricing/read-charge-model.ts';
import { billingCase } from './cases.ts';
import { at, common, rateOf, span } from './worlds.ts';

const day = span('2024-01-01', '2024-01-01');
const line = (id: string, cents: number, ...rates: (number | undefined)[]): AddOnItem => ({
  kind: 'add_on',
  id,
  name: id,
  description: null,
  units: '1',
  unitAmount: Exact.ratio(BigInt(cents), 100n).toDecimal(),
  taxes: rates.flatMap(rateOf),
  period: day,
  billed: day,
});
const invoiceOf = (items: AddOnItem[], discounts: DiscountItem[] = []) =>
  priceInvoice({ currency: 'EUR', timezone: 'UTC', items, discounts });
const coupon = (id: string, cents: number, itemIds: string[] | null = null): DiscountItem => ({
  id,
  name: id,
  discount: { amountCents: BigInt(cents) },
  itemIds,
});

describe('taxes', () => {
  it.each(['tax-rounded-once-four-fees', 'tax-rounded-once-per-invoice'])('%s', (id) => {
    const { given, expect: expected } = billingCase<{ fees_cents: number[]; rate: number }, Record<string, number>>(id);
    const invoice = invoiceOf(given.fees_cents.map((cents, i) => line(`f${i}`, cents, given.rate)));
    const [found, wanted] = common(
      {
        taxes: Number(invoice.taxesAmountCents),
        total: Number(invoice.totalCents),
        fee_taxes_each: Number(invoice.fees[0]?.taxesAmountCents),
      },
      expected,
    );
    expect(found).toEqual(wanted);
  });

  it('tax-two-codes', () => {
    const { given, expect: expected } = billingCase<
      { fee_cents: number; rates: number[] },
      { fee_taxes: number[]; taxes: number }
    >('tax-two-codes');
    const invoice = invoiceOf([line('fee', given.fee_cents, ...given.rates)]);
    expect(invoice.taxes.map((tax) => Number(tax.amountCents))).toEqual(expected.fee_taxes);
    expect([Number(invoice.taxesAmountCents), invoice.fees[0]?.taxesRate]).toEqual([expected.taxes, '17']);
  });

  it('tax-secondary-entity: the rate of the customer’s own entity', () => {
    const { given, expect: expected } = billingCase<{ add_on_cents: number; customer_entity_rate: number }, { taxes: number }>(
      'tax-secondary-entity',
    );
    expect(Number(invoiceOf([line('a', given.add_on_cents, given.customer_entity_rate)]).taxesAmountCents)).toBe(expected.taxes);
  });
});

describe('coupons', () => {
  it('coupon-fixed-before-tax-mixed-rates', () => {
    const { given, expect: expected } = billingCase<
      { fees: { cents: number; tax_rate: number }[]; coupon_cents: number },
      {
        coupon_share: number[];
        fee_taxes: number[];
        fees: number;
        sub_total_excluding_taxes: number;
        taxes: number;
        total: number;
      }
    >('coupon-fixed-before-tax-mixed-rates');
    const invoice = invoiceOf(
      given.fees.map((fee, i) => line(`f${i}`, fee.cents, fee.tax_rate)),
      [coupon('c', given.coupon_cents)],
    );
    expect({
      coupon_share: invoice.fees.map((fee) => Number(fee.discountCents.toDecimal())),
      fee_taxes: invoice.fees.map((fee) => Number(fee.taxesAmountCents)),
      fees: Number(invoice.feesAmountCents),
      sub_total_excluding_taxes: Number(invoice.feesAmountCents - invoice.discountAmountCents),
      taxes: Number(invoice.taxesAmountCents),
      total: Number(invoice.totalCents),
    }).toEqual(expected);
    expect(invoice.fees.every((fee) => holds(fee.derivation))).toBe(true);
  });

  it('coupon-metric-then-plan-then-general', () => {
    const { given, expect: expected } = billingCase<
      { fees_cents: number[]; tax_rates: number[] },
      {
        coupon_share: string[];
        fee_taxes: number[];
        fees: number;
        coupons: number;
        taxes: number;
        total: number;
        tax_rows: Record<string, number>;
      }
    >('coupon-metric-then-plan-then-general');
    const items = given.fees_cents.map((cents, i) => line(`f${i}`, cents, given.tax_rates[i]));
    const invoice = invoiceOf(items, [
      coupon('metric', 2000, ['f0', 'f1']),
      coupon('plan', 1000, ['f4', 'f5', 'f6', 'f7']),
      coupon('general', 500),
    ]);
    // Sharing at five decimals leaves a hundred-thousandth over; which fee takes it is ours to choose, and no cent depends on it.
    for (const [i, fee] of invoice.fees.entries()) {
      const off = fee.discountCents.minus(Exact.parse(expected.coupon_share[i] ?? '0'));
      expect(off.atLeast(off.negated()).compare(Exact.parse('0.00002'))).toBeLessThan(1);
    }
    expect(invoice.fees.map((fee) => Number(fee.taxesAmountCents))).toEqual(expected.fee_taxes);
    expect(Object.fromEntries(invoice.taxes.map((tax) => [`${tax.rate}%`, Number(tax.amountCents)]))).toEqual(expected.tax_rows);
    expect(
      [invoice.feesAmountCents, invoice.discountAmountCents, invoice.taxesAmountCents, invoice.totalCents].map(Number),
    ).toEqual([expected.fees, expected.coupons, expected.taxes, expected.total]);
  });

  it.each(['coupon-percentage-20', 'coupon-fixed-12-on-small-invoice'])('%s', (id) => {
    const { given, expect: expected } = billingCase<
      { fees_cents: number[]; coupon: { type: 'percentage' | 'fixed_amount'; rate?: number; cents?: number } },
      { credit_cents: number; shares: number[] }
    >(id);
    const discount = given.coupon.rate
      ? { percentage: String(given.coupon.rate) }
      : { amountCents: BigInt(given.coupon.cents ?? 0) };
    const items = given.fees_cents.map((cents, i) => line(`f${i}`, cents));
    const invoice = invoiceOf(items, [{ id, name: id, discount, itemIds: null }]);
    expect(Number(invoice.discountAmountCents)).toBe(expected.credit_cents);
    expect(invoice.fees.map((fee) => Number(fee.discountCents.toDecimal()))).toEqual(expected.shares);
  });
});

describe('credit notes', () => {
  const noteOf = (invoice: InvoiceToCredit) => {
    const decision = decideCreditNote(invoice);
    if ('refused' in decision) throw new Error(decision.refused.reason);
    return decision.note;
  };

  /** One credit note after the other over the fees of one invoice. */
  function notesOver(fees: number[], rate: number, couponCents: number, credits: readonly [number, string][]) {
    const invoice = invoiceOf(
      fees.map((cents, i) => line(`f${i}`, cents, rate)),
      couponCents > 0 ? [coupon('c', couponCents)] : [],
    );
    let creditedSubTotalCents = 0n;
    let creditedTaxesCents = 0n;
    const credited = fees.map(() => Exact.zero);
    return credits.map(([position, amount]) => {
      const note = noteOf({
        subTotalCents: invoice.feesAmountCents - invoice.discountAmountCents,
        taxesCents: invoice.taxesAmountCents,
        creditedSubTotalCents,
        creditedTaxesCents,
        fees: invoice.fees.map((fee, i) => ({
          feeId: `f${i}`,
          amountCents: fee.amountCents,
          discountCents: fee.discountCents,
          taxes: rateOf(rate),
          creditedCents: credited[i] ?? Exact.zero,
          creditCents: i === position ? Exact.parse(amount) : Exact.zero,
        })),
      });
      credited[position] = (credited[position] ?? Exact.zero).plus(Exact.parse(amount));
      creditedSubTotalCents += note.subTotalCents;
      creditedTaxesCents += note.taxesCents;
      return { sub_total: Number(note.subTotalCents), taxes: Number(note.taxesCents), total: Number(note.totalCents) };
    });
  }

  it('cn-with-shared-coupon', () => {
    const { given, expect: expected } = billingCase<
      { fees_cents: number[]; coupon_cents: number; tax_rate: number },
      { totals: number[]; taxes: number[]; sub_totals: number[]; sum: number }
    >('cn-with-shared-coupon');
    const notes = notesOver(
      given.fees_cents,
      given.tax_rate,
      given.coupon_cents,
      given.fees_cents.map((cents, i) => [i, String(cents)]),
    );
    expect(notes.map((note) => note.total)).toEqual(expected.totals);
    expect(notes.map((note) => note.taxes)).toEqual(expected.taxes);
    expect(notes.map((note) => note.sub_total)).toEqual(expected.sub_totals);
    expect(notes.reduce((sum, note) => sum + note.total, 0)).toBe(expected.sum);
  });

  it('cn-last-one-absorbs-rounding', () => {
    const { given, expect: expected } = billingCase<
      { fees_cents: number[]; tax_rate: number },
      { first: object; second: object }
    >('cn-last-one-absorbs-rounding');
    const [first, second] = notesOver(given.fees_cents, given.tax_rate, 0, [
      [0, '6833'],
      [1, '6833'],
    ]);
    expect(first).toMatchObject(expected.first);
    expect(second).toMatchObject(expected.second);
  });

  it('cn-76900-two-steps', () => {
    const { given, expect: expected } = billingCase<{ fee_cents: number; tax_rate: number }, object>('cn-76900-two-steps');
    expect(notesOver([given.fee_cents], given.tax_rate, 0, [[0, '72686']])).toEqual([expected]);
  });

  it('never gives back more than a fee has left, nor less than nothing', () => {
    const fee = {
      feeId: 'f',
      amountCents: 100n,
      discountCents: Exact.zero,
      taxes: [],
      creditedCents: Exact.parse('60'),
      creditCents: Exact.parse('40.00001'),
    };
    const invoice = { subTotalCents: 100n, taxesCents: 0n, creditedSubTotalCents: 60n, creditedTaxesCents: 0n, fees: [fee] };
    expect(decideCreditNote(invoice)).toEqual({ refused: { feeId: 'f', reason: 'higher_than_remaining_fee_amount' } });
    expect(decideCreditNote({ ...invoice, fees: [{ ...fee, creditCents: Exact.parse('-1') }] })).toEqual({
      refused: { feeId: 'f', reason: 'value_is_out_of_range' },
    });
    expect(noteOf({ ...invoice, fees: [{ ...fee, creditCents: Exact.parse('40') }] })).toMatchObject({ totalCents: 40n });
    expect(
      noteOf({ ...invoice, fees: [{ ...fee, amountCents: 0n, creditedCents: Exact.zero, creditCents: Exact.zero }] }).items,
    ).toEqual([]);
  });

  it('refunds what was paid beyond the used part, and credits or offsets the rest', () => {
    const invoice = { paidCents: 60n, totalCents: 100n };
    expect(splitCredit('credit', 70n, invoice)).toEqual({ creditCents: 70n, refundCents: 0n, offsetCents: 0n });
    expect(splitCredit('refund', 70n, invoice)).toEqual({ creditCents: 40n, refundCents: 30n, offsetCents: 0n });
    expect(splitCredit('offset', 70n, invoice)).toEqual({ creditCents: 0n, refundCents: 30n, offsetCents: 40n });
    expect(splitCredit('skip', 70n, invoice)).toEqual({ creditCents: 0n, refundCents: 0n, offsetCents: 0n });
    expect(splitCredit('refund', 70n, { paidCents: 20n, totalCents: 100n })).toEqual({
      creditCents: 70n,
      refundCents: 0n,
      offsetCents: 0n,
    });
    expect(splitCredit('refund', 70n, { paidCents: 100n, totalCents: 100n })).toEqual({
      creditCents: 0n,
      refundCents: 70n,
      offsetCents: 0n,
    });
  });
});

describe('credits and wallets', () => {
  it('wallet-priority-order', () => {
    const { given, expect: expected } = billingCase<
      { wallets_by_creation: { name: string; priority: number; cents: number }[]; invoice_total_cents: number },
      { taken: Record<string, number>; invoice_total: number }
    >('wallet-priority-order');
    const wallets = given.wallets_by_creation.map(({ name, priority, cents }, i) => ({
      id: name,
      priority,
      createdAt: `2024-01-0${i + 1}`,
      balanceCents: BigInt(cents),
    }));
    const { taken, toPayCents } = applyCredits(BigInt(given.invoice_total_cents), byPriority(wallets));
    const amounts = Object.fromEntries(
      wallets.map(({ id }) => [id, Number(taken.find((one) => one.id === id)?.amountCents ?? 0n)]),
    );
    expect(amounts).toEqual(expected.taken);
    expect(Number(toPayCents)).toBe(expected.invoice_total);
  });

  it('grace-termination-credit-note-applied-at-finalization: 720 less a credit note of 426 is 294', () => {
    const { expect: expected } = billingCase<
      unknown,
      { termination_draft_total: number; credit_note: { total: number }; after_both_final: { termination_total: number } }
    >('grace-termination-credit-note-applied-at-finalization');
    const note = { id: 'cn', balanceCents: BigInt(expected.credit_note.total) };
    const { toPayCents } = applyCredits(BigInt(expected.termination_draft_total), [note]);
    expect(Number(toPayCents)).toBe(expected.after_both_final.termination_total);
    expect(applyCredits(100n, [{ ...note, balanceCents: 0n }, note])).toEqual({
      taken: [{ id: 'cn', amountCents: 100n }],
      toPayCents: 0n,
    });
    expect(applyCredits(-5n, [note])).toEqual({ taken: [], toPayCents: 0n });
  });
});

describe('grace', () => {
  it('grace-refresh-picks-up-late-usage', () => {
    const { expect: expected } = billingCase<unknown, { draft_total: number[] }>('grace-refresh-picks-up-late-usage');
    const totals = [2, 3].map((events) =>
      Number(invoiceOf([line('plan', 1000, 20), line('usage', 100 * events, 20)]).totalCents),
    );
    expect(totals).toEqual(expected.draft_total);
  });

  it('wallet-void-precision: credits are cut off at five decimals, money is rounded at two', () => {
    const { expect: expected } = billingCase<unknown, Record<string, string>>('wallet-void-precision');
    const voided = Exact.parse('14.28444999').rounded('truncate', 5);
    const left = Exact.parse('100').minus(voided);
    expect([voided, voided.rounded('round', 2), left, left.rounded('round', 2)].map((amount) => amount.toDecimal())).toEqual([
      expected.credit_amount,
      expected.amount,
      expected.credits_balance,
      expected.balance,
    ]);
  });
});

describe('a month of mixed charges', () => {
  it('billing-monthly-mixed-charges', () => {
    const { expect: expected } = billingCase<unknown, Record<string, Record<string, number>>>('billing-monthly-mixed-charges');
    const seats = (change: Partial<Metric> = {}): Metric => ({
      code: 'm',
      aggregation: 'sum_agg',
      fieldName: 'n',
      expression: null,
      recurring: true,
      rounding: null,
      ...change,
    });
    const events = [
      ['2024-03-15', 10],
      ['2024-04-10', 20],
      ['2024-04-30', 20],
    ].map(([date, n]) => ({ timestamp: at(date as string), code: 'm', properties: { n } }));
    const prices = {
      package_arrears: pricingOf('package', { amount: '100', package_size: 10 }).model,
      recurring_prorated_arrears: pricingOf('standard', { amount: '5000' }).model,
      recurring_advance_not_prorated: pricingOf('standard', { amount: '50000' }).model,
    };
    let carried: Carried | undefined;
    for (const [run, start, end] of [
      ['2024-04-01_usage', '2024-03-01', '2024-04-01'],
      ['2024-05-01_usage', '2024-04-01', '2024-05-01'],
      ['2024-06-01_usage', '2024-05-01', '2024-06-01'],
    ] as const) {
      const period = span(start, end);
      const costs = (model: keyof typeof prices, metric: Metric, prorated: boolean) => {
        const metering = { metric, model: prices[model], prorated, billed: period, period, timezone: 'UTC' };
        return Number(
          priceUsage(prices[model], meterUsage(metering, events, carried).usage, 'EUR')
            .amount.times(Exact.parse('100'))
            .roundToInteger(),
        );
      };
      const figures = {
        recurring_prorated_arrears: costs('recurring_prorated_arrears', seats(), true),
        package_arrears: costs('package_arrears', seats({ recurring: false }), false),
        recurring_advance_not_prorated: costs('recurring_advance_not_prorated', seats(), false),
      };
      const [found, wanted] = common(figures, expected[run] ?? {});
      expect(found).toEqual(wanted);
      carried = aggregate(seats(), events, { billed: period, period }, carried).carried;
    }
  });
});
