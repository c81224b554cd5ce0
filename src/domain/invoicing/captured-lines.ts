import { inMajorUnits } from '../money/currency.ts';
import { Exact } from '../money/exact.ts';

/** A line as the provider printed it; amounts are minor units. */
export interface ProviderLine {
  readonly id: string;
  readonly description: string | null;
  readonly quantity: string | null;
  /** Minor units per unit, decimal text. */
  readonly unitAmount: string | null;
  readonly amountCents: bigint;
  readonly taxCents: bigint;
  /** The part of `taxCents` that is in `amountCents` already. */
  readonly inclusiveTaxCents: bigint;
}

export interface ProviderSums {
  readonly currency: string;
  readonly discountCents: bigint;
  readonly taxCents: bigint;
  readonly totalCents: bigint;
}

/** A line as our documents print it: without tax, unit amount in major units. */
export interface CapturedLine {
  /** The provider's line; null for the one that balances. */
  readonly id: string | null;
  readonly name: string;
  readonly units: string;
  readonly unitAmount: string;
  readonly amountCents: bigint;
  readonly taxesRate: string;
  readonly taxesAmountCents: bigint;
}

export interface CapturedSums {
  readonly lines: readonly CapturedLine[];
  readonly feesAmountCents: bigint;
  readonly discountAmountCents: bigint;
  readonly taxesAmountCents: bigint;
  readonly totalCents: bigint;
}

/**
 * The provider's lines in our form, so that total = Σ lines − discount + tax holds exactly. Tax that the provider counts inside its lines
 * is taken out of them. What the provider adds or subtracts outside of lines, discounts and taxes (shipping, say)
 * becomes one more line, so that its total stands as it is.
 */
export function captureLines(lines: readonly ProviderLine[], sums: ProviderSums, otherName: string): CapturedSums {
  const captured = lines.map((line) => captureLine(line, sums.currency, otherName));
  const added = captured.reduce((sum, line) => sum + line.amountCents, 0n) - sums.discountCents + sums.taxCents;
  const rest = sums.totalCents - added;
  const all = rest === 0n ? captured : [...captured, balancing(rest, sums.currency)];
  return {
    lines: all,
    feesAmountCents: all.reduce((sum, line) => sum + line.amountCents, 0n),
    discountAmountCents: sums.discountCents,
    taxesAmountCents: sums.taxCents,
    totalCents: sums.totalCents,
  };
}

function captureLine(line: ProviderLine, currency: string, otherName: string): CapturedLine {
  const amountCents = line.amountCents - line.inclusiveTaxCents;
  const units = line.quantity ?? '1';
  const quantity = Exact.parse(units);
  const perUnit =
    line.unitAmount !== null && line.inclusiveTaxCents === 0n
      ? Exact.parse(line.unitAmount)
      : quantity.isZero()
        ? Exact.fromInteger(amountCents)
        : Exact.fromInteger(amountCents).dividedBy(quantity);
  return {
    id: line.id,
    name: line.description ?? otherName,
    units,
    unitAmount: inMajorUnits(perUnit, currency).toDecimal(),
    amountCents,
    taxesRate: rateOf(line.taxCents, amountCents),
    taxesAmountCents: line.taxCents,
  };
}

const balancing = (amountCents: bigint, currency: string): CapturedLine => ({
  id: null,
  name: 'Other amounts of the provider',
  units: '1',
  unitAmount: inMajorUnits(Exact.fromInteger(amountCents), currency).toDecimal(),
  amountCents,
  taxesRate: '0',
  taxesAmountCents: 0n,
});

/** What the tax is of the amount, in percent with four places: the provider's rate is not always on the line. */
const rateOf = (taxCents: bigint, amountCents: bigint): string =>
  taxCents === 0n || amountCents === 0n ? '0' : Exact.ratio(taxCents * 100n, amountCents).toDecimal(4);
