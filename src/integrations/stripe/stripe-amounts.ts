import { minorDigits } from '../../domain/money/currency.ts';
import { Exact } from '../../domain/money/exact.ts';
import { decimalOf, wholeOf } from './payload.ts';

/**
 * Decimal places of Stripe's amounts where they are not the currency's own: of kronur and shillings it still counts hundredths that
 * nobody has, of ariary none (docs/decisions/0062).
 */
const stripeDigits: Readonly<Record<string, number>> = { ISK: 2, UGX: 2, MGA: 0 };

/** What one of Stripe's units is of ours. */
function ratio(currency: string): Exact {
  const [ours, theirs] = [minorDigits(currency), stripeDigits[currency] ?? minorDigits(currency)];
  return Exact.ratio(10n ** BigInt(ours), 10n ** BigInt(theirs));
}

/** A sum of Stripe's in minor units of the currency, half away from zero where Stripe has hundredths of its smallest coin. */
export const inOurs = (amount: bigint, currency: string): bigint =>
  Exact.fromInteger(amount).times(ratio(currency)).roundToInteger();

/** The same of an amount as it came; nothing is 0. */
export const amountIn = (currency: string, value: unknown): bigint => inOurs(wholeOf(value), currency);

/** What one unit costs, with its decimals; null for what is no decimal. */
export function unitAmountIn(currency: string, value: unknown): string | null {
  const text = decimalOf(value);
  return text === null ? null : Exact.parse(text).times(ratio(currency)).toDecimal(30);
}

/** Minor units of the currency as Stripe counts them; undefined for what it cannot charge. */
export function inStripes(cents: bigint, currency: string): bigint | undefined {
  const amount = Exact.fromInteger(cents).dividedBy(ratio(currency));
  const whole = amount.roundToInteger();
  return amount.compare(Exact.fromInteger(whole)) === 0 ? whole : undefined;
}
