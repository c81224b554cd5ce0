import { Exact } from '../money/exact.ts';
import { taxOn } from './fee.ts';
import type { TaxRate } from './items.ts';

/** A fee of the invoice, of which some is given back. */
export interface CreditedFee {
  readonly feeId: string;
  readonly amountCents: bigint;
  /** Its share of the invoice's coupons, minor units with five decimals. */
  readonly discountCents: Exact;
  readonly taxes: readonly Pick<TaxRate, 'rate'>[];
  /** What earlier credit notes gave back of it, before coupons. */
  readonly creditedCents: Exact;
  /** Minor units before coupons and taxes; cut off at five decimals. */
  readonly creditCents: Exact;
}

export interface InvoiceToCredit {
  /** Fees less coupons, and taxes, as the invoice printed them. */
  readonly subTotalCents: bigint;
  readonly taxesCents: bigint;
  /** What its earlier credit notes came to. */
  readonly creditedSubTotalCents: bigint;
  readonly creditedTaxesCents: bigint;
  /** All of its fees, the credited ones included. */
  readonly fees: readonly CreditedFee[];
}

export interface CreditNoteAmounts {
  readonly items: readonly { readonly feeId: string; readonly preciseCents: Exact }[];
  /** Less coupons, before taxes. */
  readonly subTotalCents: bigint;
  readonly taxesCents: bigint;
  readonly totalCents: bigint;
}

export type CreditNoteDecision =
  | { readonly note: CreditNoteAmounts }
  | {
      readonly refused: { readonly feeId: string; readonly reason: 'higher_than_remaining_fee_amount' | 'value_is_out_of_range' };
    };

const places = 5;

/**
 * The amounts of a credit note (Lago): items cut off at five decimals; subtotal and taxes rounded once each; the note that gives the
 * last of an invoice back takes the cents that rounding left, so that all notes together are the invoice.
 */
export function decideCreditNote(invoice: InvoiceToCredit): CreditNoteDecision {
  const credits = invoice.fees.map((fee) => ({ fee, credit: fee.creditCents.rounded('truncate', places) }));
  for (const { fee, credit } of credits) {
    if (credit.isNegative()) return { refused: { feeId: fee.feeId, reason: 'value_is_out_of_range' } };
    if (credit.plus(fee.creditedCents).compare(Exact.fromInteger(fee.amountCents)) > 0)
      return { refused: { feeId: fee.feeId, reason: 'higher_than_remaining_fee_amount' } };
  }
  const bases = credits.map(({ fee, credit }) => ({ fee, base: credit.minus(discountOf(fee, credit)) }));
  const whole = credits.every(
    ({ fee, credit }) => credit.plus(fee.creditedCents).compare(Exact.fromInteger(fee.amountCents)) === 0,
  );
  const leftSubTotal = invoice.subTotalCents - invoice.creditedSubTotalCents;
  const leftTaxes = invoice.taxesCents - invoice.creditedTaxesCents;
  const subTotal = bases.reduce((sum, { base }) => sum.plus(base), Exact.zero).roundToInteger();
  const taxes = bases
    .flatMap(({ fee, base }) => fee.taxes.map(({ rate }) => taxOn(base, rate)))
    .reduce((sum, tax) => sum.plus(tax), Exact.zero)
    .roundToInteger();
  const subTotalCents = whole || subTotal > leftSubTotal ? leftSubTotal : subTotal;
  const taxesCents = whole || taxes > leftTaxes ? leftTaxes : taxes;
  const items = credits
    .filter(({ credit }) => credit.isPositive())
    .map(({ fee, credit }) => ({ feeId: fee.feeId, preciseCents: credit }));
  return { note: { items, subTotalCents, taxesCents, totalCents: subTotalCents + taxesCents } };
}

const discountOf = ({ amountCents, discountCents }: CreditedFee, credit: Exact): Exact =>
  amountCents === 0n ? Exact.zero : discountCents.times(credit).dividedBy(Exact.fromInteger(amountCents));

/** What becomes of the credit for a termination: refunded, credited, set against the open invoice, or nothing. */
export type TerminationCredit = 'credit' | 'refund' | 'offset' | 'skip';

export interface CreditSplit {
  readonly creditCents: bigint;
  readonly refundCents: bigint;
  readonly offsetCents: bigint;
}

/** Refunds at most what was paid beyond the used part; the rest is credit, or is set against what is still owed on the invoice. */
export function splitCredit(
  mode: TerminationCredit,
  totalCents: bigint,
  invoice: { readonly paidCents: bigint; readonly totalCents: bigint },
): CreditSplit {
  if (mode === 'skip') return { creditCents: 0n, refundCents: 0n, offsetCents: 0n };
  if (mode === 'credit') return { creditCents: totalCents, refundCents: 0n, offsetCents: 0n };
  const paidBeyondUse = invoice.paidCents - (invoice.totalCents - totalCents);
  const refundCents = paidBeyondUse <= 0n ? 0n : paidBeyondUse < totalCents ? paidBeyondUse : totalCents;
  const rest = totalCents - refundCents;
  return mode === 'offset'
    ? { creditCents: 0n, refundCents, offsetCents: rest }
    : { creditCents: rest, refundCents, offsetCents: 0n };
}
