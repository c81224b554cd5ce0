import fc from 'fast-check';
import { applyCredits, byPriority } from '../../src/domain/invoicing/apply-credits.ts';
import { type CreditedFee, decideCreditNote, type InvoiceToCredit, splitCredit } from '../../src/domain/invoicing/credit-note.ts';
import { Exact } from '../../src/domain/money/exact.ts';

const exact = (text: string): Exact => Exact.parse(text);
const fee = (change: Partial<CreditedFee> = {}): CreditedFee => ({
  feeId: 'a',
  amountCents: 1000n,
  discountCents: Exact.zero,
  taxes: [{ rate: '20' }],
  creditedCents: Exact.zero,
  creditCents: Exact.zero,
  ...change,
});
const invoice = (fees: CreditedFee[], change: Partial<InvoiceToCredit> = {}): InvoiceToCredit => ({
  subTotalCents: 1000n,
  taxesCents: 200n,
  creditedSubTotalCents: 0n,
  creditedTaxesCents: 0n,
  fees,
  ...change,
});
const noteOf = (given: InvoiceToCredit) => {
  const decision = decideCreditNote(given);
  if ('refused' in decision) throw new Error(decision.refused.reason);
  const { items, ...amounts } = decision.note;
  return { ...amounts, items: items.map(({ feeId, preciseCents }) => `${feeId} ${preciseCents.toDecimal()}`) };
};

describe('a credit note', () => {
  it('has the fees of which it gives something back, cut off at five decimals', () => {
    const fees = [fee({ creditCents: exact('1.9999999') }), fee({ feeId: 'b' })];
    expect(noteOf(invoice(fees))).toEqual({ items: ['a 1.99999'], subTotalCents: 2n, taxesCents: 0n, totalCents: 2n });
  });

  it('gives back less coupons, and the taxes of that', () => {
    const fees = [fee({ discountCents: exact('100'), creditCents: exact('500') }), fee({ feeId: 'b', amountCents: 0n })];
    expect(noteOf(invoice(fees, { subTotalCents: 900n, taxesCents: 180n }))).toMatchObject({
      subTotalCents: 450n,
      taxesCents: 90n,
      totalCents: 540n,
    });
  });

  it.each([
    ['below nothing', fee({ creditCents: exact('-1') }), 'value_is_out_of_range'],
    ['beyond the fee', fee({ creditCents: exact('1000.00001') }), 'higher_than_remaining_fee_amount'],
    ['beyond what is left', fee({ creditCents: exact('1'), creditedCents: exact('999.5') }), 'higher_than_remaining_fee_amount'],
  ])('%s is refused', (_, refused, reason) => {
    expect(decideCreditNote(invoice([fee({ feeId: 'b', creditCents: exact('1') }), { ...refused, feeId: 'x' }]))).toEqual({
      refused: { feeId: 'x', reason },
    });
  });

  it('never gives back more than the notes before left of the invoice', () => {
    // Three times half a cent came to three cents by rounding: the fourth gets nothing.
    const fees = [fee({ amountCents: 3n, taxes: [{ rate: '100' }], creditedCents: exact('1.5'), creditCents: exact('0.5') })];
    const spent = { subTotalCents: 3n, taxesCents: 3n, creditedSubTotalCents: 3n, creditedTaxesCents: 3n };
    expect(noteOf(invoice(fees, spent))).toMatchObject({ subTotalCents: 0n, taxesCents: 0n });
    expect(noteOf(invoice(fees, { ...spent, creditedTaxesCents: 2n }))).toMatchObject({ subTotalCents: 0n, taxesCents: 1n });
    expect(noteOf(invoice(fees, { ...spent, creditedSubTotalCents: 2n }))).toMatchObject({ subTotalCents: 1n, taxesCents: 0n });
  });

  it('after the others gives back what is left to the cent: all notes together are the invoice', () => {
    const amounts = fc.array(fc.record({ cents: fc.bigInt(0n, 5000n), parts: fc.array(fc.nat(100), { maxLength: 3 }) }), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(amounts, fc.constantFrom('20', '8.875', '5.5'), (given, rate) => {
        const subTotalCents = given.reduce((sum, { cents }) => sum + cents, 0n);
        const taxesCents = Exact.fromInteger(subTotalCents).times(exact(rate)).times(Exact.ratio(1n, 100n)).roundToInteger();
        const credited = given.map(() => Exact.zero);
        let [subTotal, taxes] = [0n, 0n];
        const give = (credits: readonly Exact[]) => {
          const note = decideCreditNote({
            subTotalCents,
            taxesCents,
            creditedSubTotalCents: subTotal,
            creditedTaxesCents: taxes,
            fees: given.map(({ cents }, i) =>
              fee({
                feeId: `f${i}`,
                amountCents: cents,
                taxes: [{ rate }],
                creditedCents: credited[i] ?? Exact.zero,
                creditCents: credits[i] ?? Exact.zero,
              }),
            ),
          });
          if ('refused' in note) throw new Error(note.refused.reason);
          credits.forEach((credit, i) => (credited[i] = (credited[i] ?? Exact.zero).plus(credit)));
          subTotal += note.note.subTotalCents;
          taxes += note.note.taxesCents;
          expect([subTotal <= subTotalCents, taxes <= taxesCents]).toEqual([true, true]);
        };
        const left = (i: number) => Exact.fromInteger(given[i]?.cents ?? 0n).minus(credited[i] ?? Exact.zero);
        for (const round of [0, 1, 2])
          give(
            given.map(({ parts }, i) =>
              left(i)
                .times(Exact.ratio(BigInt(parts[round] ?? 0), 100n))
                .rounded('truncate', 5),
            ),
          );
        give(given.map((_, i) => left(i)));
        expect([subTotal, taxes]).toEqual([subTotalCents, taxesCents]);
      }),
    );
  });
});

describe('the credit for what a termination leaves unused', () => {
  const total = 300n;
  it.each([
    ['skip', 1000n, [0n, 0n, 0n]],
    ['credit', 1000n, [300n, 0n, 0n]],
    ['refund', 1000n, [0n, 300n, 0n]],
    ['refund', 1200n, [0n, 300n, 0n]],
    ['refund', 900n, [100n, 200n, 0n]],
    ['refund', 700n, [300n, 0n, 0n]],
    ['refund', 0n, [300n, 0n, 0n]],
    ['offset', 1000n, [0n, 300n, 0n]],
    ['offset', 900n, [0n, 200n, 100n]],
    ['offset', 0n, [0n, 0n, 300n]],
  ] as const)('%s, of an invoice of 1000 with %s paid', (mode, paidCents, [credit, refund, offset]) => {
    expect(splitCredit(mode, total, { paidCents, totalCents: 1000n })).toEqual({
      creditCents: credit,
      refundCents: refund,
      offsetCents: offset,
    });
  });
});

describe('credits of a customer', () => {
  it('are taken in their order until nothing is to pay', () => {
    const credits = [10n, 0n, 50n, 50n].map((balanceCents, i) => ({ id: `c${i}`, balanceCents }));
    expect(applyCredits(60n, credits)).toEqual({
      taken: [
        { id: 'c0', amountCents: 10n },
        { id: 'c2', amountCents: 50n },
      ],
      toPayCents: 0n,
    });
  });

  it('of wallets: by priority, of equal ones the older', () => {
    const wallet = (priority: number, createdAt: string) => ({ priority, createdAt });
    const sorted = [wallet(1, '2026-01-01'), wallet(1, '2026-01-02'), wallet(2, '2025-01-01'), wallet(2, '2025-01-02')];
    expect(byPriority([3, 1, 0, 2].flatMap((i) => sorted[i] ?? []))).toEqual(sorted);
    expect(byPriority([2, 0, 3, 1].flatMap((i) => sorted[i] ?? []))).toEqual(sorted);
  });
});
