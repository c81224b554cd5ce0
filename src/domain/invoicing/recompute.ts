import { inMinorUnits } from '../money/currency.ts';
import { Exact } from '../money/exact.ts';
import { growthCents, priceGrowth, priceUsage } from '../pricing/price-usage.ts';
import { pricingOf } from '../pricing/read-charge-model.ts';
import { prorationFraction } from '../proration/local-days.ts';
import type { FeeDerivation, PricingDerivation } from './derivation.ts';
import { taxOn } from './fee.ts';
import { readUsage } from './usage-inputs.ts';

export interface Recomputed {
  readonly amountCents: bigint;
  /** Of the fee, rounded; per rate unrounded in the order of the derivation. */
  readonly taxesAmountCents: bigint;
  readonly preciseAmountCents: string;
  readonly preciseTaxesCents: readonly string[];
}

/** The fee again, from nothing but its derivation. @throws RangeError when the derivation cannot be read. */
export function recompute(derivation: FeeDerivation): Recomputed {
  const precise = preciseOf(derivation);
  const amountCents = precise.roundToInteger();
  const base = Exact.fromInteger(amountCents).minus(Exact.parse(derivation.discount_cents ?? '0'));
  const taxes = derivation.taxes.map(({ rate }) => taxOn(base, rate));
  return {
    amountCents,
    taxesAmountCents: taxes.reduce((sum, tax) => sum.plus(tax), Exact.zero).roundToInteger(),
    preciseAmountCents: precise.toDecimal(),
    preciseTaxesCents: taxes.map((tax) => tax.toDecimal()),
  };
}

/** Whether amount, taxes and every intermediate figure come out as the derivation says. */
export function holds(derivation: FeeDerivation): boolean {
  const again = recompute(derivation);
  return (
    again.amountCents.toString() === derivation.amount_cents &&
    again.preciseAmountCents === derivation.precise_amount_cents &&
    (derivation.pricing?.charged_cents === undefined ||
      growthOf(derivation.pricing, derivation.currency).chargedCents.toString() === derivation.pricing.charged_cents) &&
    derivation.taxes.every((tax, i) => again.preciseTaxesCents[i] === tax.precise_amount_cents)
  );
}

function preciseOf(derivation: FeeDerivation): Exact {
  const { proration, true_up: trueUp, currency } = derivation;
  const fraction = proration
    ? prorationFraction({ billableDays: proration.billable_days, periodDays: proration.period_days })
    : Exact.one;
  if (trueUp) {
    const minimum = Exact.parse(trueUp.minimum_cents).times(fraction).roundToInteger();
    return Exact.fromInteger(minimum - BigInt(trueUp.charged_cents));
  }
  if (derivation.pricing?.charged_cents !== undefined) return growthOf(derivation.pricing, currency).precise;
  const amount = derivation.pricing
    ? amountOf(derivation.pricing, currency)
    : Exact.parse(derivation.units).times(Exact.parse(derivation.unit_amount));
  return inMinorUnits(amount, currency).times(fraction);
}

function amountOf(pricing: PricingDerivation, currency: string): Exact {
  const { model } = pricingOf(pricing.charge_model, pricing.properties);
  const usage = readUsage(pricing.inputs);
  if (pricing.paid === undefined) return priceUsage(model, usage, currency).amount;
  return priceGrowth(model, pricing.paid && readUsage(pricing.paid), usage, currency);
}

/** Of usage that is paid in advance, in minor units: what is due less what was charged. */
function growthOf(
  { charge_model, properties, inputs, paid }: PricingDerivation,
  currency: string,
): ReturnType<typeof growthCents> {
  const { model } = pricingOf(charge_model, properties);
  return growthCents(model, paid ? readUsage(paid) : null, readUsage(inputs), currency);
}
