import { invalid } from '../http/errors.ts';

interface Fraction {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/** A decimal as written: `12.345` is 12345/1000. */
export function fraction(text: string | number): Fraction {
  const [whole = '0', places = ''] = String(text).split('.');
  if (!/^-?\d+$/.test(whole) || !/^\d*$/.test(places)) throw invalid(`Invalid decimal: ${text}`);
  return { numerator: BigInt(whole + places), denominator: 10n ** BigInt(places.length) };
}

/** Rounds half away from zero, as Stripe rounds amounts. */
function rounded(numerator: bigint, denominator: bigint): number {
  const positive = numerator < 0n ? -numerator : numerator;
  const result = Number((2n * positive + denominator) / (2n * denominator));
  if (!Number.isSafeInteger(result))
    throw invalid('The amount is larger than 2^53.', { code: 'amount_too_large', param: 'amount' });
  return numerator < 0n ? 0 - result : result;
}

/** `amount × part ÷ whole` in minor units. */
export const share = (amount: number, part: number, whole: number): number =>
  rounded(BigInt(amount) * BigInt(part), BigInt(whole));

/** Minor units of a quantity at a unit price in decimal minor units. */
export function timesUnit(quantity: number | string, unit: string | number): number {
  const [a, b] = [fraction(quantity), fraction(unit)];
  return rounded(a.numerator * b.numerator, a.denominator * b.denominator);
}

/** Percent of an amount, tax on top of it or discount. */
export function percentOf(amount: number, percent: number): number {
  const { numerator, denominator } = fraction(percent);
  return rounded(BigInt(amount) * numerator, denominator * 100n);
}

/** The tax inside an amount that includes it. */
export function includedPercentOf(amount: number, percent: number): number {
  const { numerator, denominator } = fraction(percent);
  return rounded(BigInt(amount) * numerator, 100n * denominator + numerator);
}
