import { BillingError } from '../errors/billing-error.ts';
import { largestAmountCents } from '../money/currency.ts';
import { Exact } from '../money/exact.ts';
import { type DiscountLine, shareDiscounts } from './discounts.ts';
import { type FeeLine, feeOf, taxOn } from './fee.ts';
import type { DiscountItem, TaxRate } from './items.ts';
import type { Line } from './lines.ts';
import type { TaxKind } from '../taxation/decide-taxes.ts';

export interface TaxLine {
  /** Null where addresses decided it, by `addressRule`. */
  readonly taxId: string | null;
  readonly code: string;
  readonly name: string;
  readonly rate: string;
  readonly addressRule: TaxKind | null;
  /** What the invoice must say of it. */
  readonly note: string | null;
  /** Σ of the fees it is on, less their discounts. */
  readonly baseAmountCents: bigint;
  readonly amountCents: bigint;
}

export interface PricedInvoice {
  readonly currency: string;
  readonly fees: readonly FeeLine[];
  readonly taxes: readonly TaxLine[];
  readonly discounts: readonly DiscountLine[];
  /** Σ of the fees, before discounts and taxes. */
  readonly feesAmountCents: bigint;
  readonly discountAmountCents: bigint;
  /** Rounded once from the unrounded sum over all fees and rates; may differ by a cent from Σ of the rounded parts. */
  readonly taxesAmountCents: bigint;
  /** Fees − discounts + taxes. */
  readonly totalCents: bigint;
}

/**
 * Turns lines into the invoice they make. The only place where fees, discounts, taxes and totals are added up.
 * @throws BillingError amount_out_of_range, naming the lines, when a fee or the total is more than can be billed
 */
export function assembleInvoice(
  currency: string,
  lines: readonly Line[],
  discounts: readonly DiscountItem[] = [],
): PricedInvoice {
  const amounts = lines.map((line) => line.precise.roundToInteger());
  refuseLarge(amounts, lines);
  const shared = discounts.length > 0 ? shareDiscounts(lines, amounts, discounts) : null;
  const fees = lines.map((line, i) => feeOf(line, amounts[i] ?? 0n, shared?.shares[i] ?? Exact.zero, currency));
  const feesAmountCents = amounts.reduce((sum, amount) => sum + amount, 0n);
  const discountAmountCents = (shared?.lines ?? []).reduce((sum, line) => sum + line.amountCents, 0n);
  const { taxes, sum } = taxLinesOf(fees, lines);
  if (feesAmountCents + sum > largestAmountCents) throw tooLarge(lines);
  return {
    currency,
    fees,
    taxes,
    discounts: shared?.lines ?? [],
    feesAmountCents,
    discountAmountCents,
    taxesAmountCents: sum,
    totalCents: feesAmountCents - discountAmountCents + sum,
  };
}

function refuseLarge(amounts: readonly bigint[], lines: readonly Line[]): void {
  const large = lines.filter((_, i) => (amounts[i] ?? 0n) > largestAmountCents);
  if (large.length > 0) throw tooLarge(large);
}

const tooLarge = (lines: readonly Line[]): BillingError =>
  new BillingError('amount_out_of_range', { fees: [...new Set(lines.map((line) => line.name))] });

/** Tax lines per rate (each rounded for display) and the invoice tax (rounded once from the exact sum). */
function taxLinesOf(fees: readonly FeeLine[], lines: readonly Line[]): { taxes: TaxLine[]; sum: bigint } {
  const bases = new Map<string, { tax: TaxRate; base: Exact }>();
  fees.forEach((fee, i) => {
    for (const tax of lines[i]?.taxes ?? []) {
      const key = `${tax.rate} ${tax.code}`;
      const entry = bases.get(key) ?? { tax, base: Exact.zero };
      entry.base = entry.base.plus(Exact.fromInteger(fee.amountCents)).minus(fee.discountCents);
      bases.set(key, entry);
    }
  });
  let exactSum = Exact.zero;
  const taxes = [...bases.values()].map(({ tax, base }) => {
    const amount = taxOn(base, tax.rate);
    exactSum = exactSum.plus(amount);
    return {
      taxId: tax.id,
      code: tax.code,
      name: tax.name,
      rate: tax.rate,
      addressRule: tax.address?.rule ?? null,
      note: tax.address?.note ?? null,
      baseAmountCents: base.roundToInteger(),
      amountCents: amount.roundToInteger(),
    };
  });
  return { taxes, sum: exactSum.roundToInteger() };
}
