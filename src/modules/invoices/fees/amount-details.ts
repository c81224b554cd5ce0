import type { FeeDerivation, PricingDerivation } from '../../../domain/invoicing/derivation.ts';
import type { FeeType } from '../../../domain/invoicing/items.ts';
import { inMajorUnits } from '../../../domain/money/currency.ts';
import { Exact } from '../../../domain/money/exact.ts';
import type { PriceStep } from '../../../domain/pricing/usage.ts';
import { jsonNumber } from '../../../platform/http/strict-json.ts';

/** How the amount of a fee came about, in the words of Lago's `amount_details`; the derivation says more. Major units. */
export function amountDetails(type: FeeType | 'refund', derivation: FeeDerivation): Readonly<Record<string, unknown>> {
  if (type === 'subscription') return { plan_amount_cents: planAmountOf(derivation) };
  const { pricing } = derivation;
  if (!pricing) return {};
  const tiers = pricing.steps.filter(({ kind }) => kind === 'tier');
  switch (pricing.charge_model) {
    case 'graduated':
      return { graduated_ranges: tiers.map((tier) => ({ ...rangeOf(tier), per_unit_amount: tier.unit_amount })) };
    case 'graduated_percentage':
      return { graduated_percentage_ranges: tiers.map((tier) => ({ ...rangeOf(tier), rate: percent(tier.unit_amount) })) };
    case 'volume':
      return volumeOf(tiers[0]);
    case 'package':
      return packageOf(pricing);
    case 'percentage':
      return percentageOf(derivation, pricing);
    default:
      return {};
  }
}

const product = (units: string, price: string): Exact => Exact.parse(units).times(Exact.parse(price));
const percent = (share: string): string => Exact.parse(share).times(Exact.fromInteger(100n)).toDecimal();
const total = (steps: readonly PriceStep[], kind: PriceStep['kind']): Exact =>
  steps.filter((step) => step.kind === kind).reduce((sum, { units }) => sum.plus(Exact.parse(units)), Exact.zero);
const word = (value: unknown, otherwise: string): string => (typeof value === 'string' ? value : otherwise);

/** For a whole period; the unit amount is in major units. */
const planAmountOf = ({ unit_amount: unitAmount, currency }: FeeDerivation): bigint =>
  Exact.parse(unitAmount).dividedBy(inMajorUnits(Exact.one, currency)).roundToInteger();

function rangeOf({ from = '0', to = null, units, unit_amount: price, flat_amount: flat = '0' }: PriceStep) {
  const amount = product(units, price);
  return {
    units,
    from_value: jsonNumber(from),
    to_value: to === null ? null : jsonNumber(to),
    flat_unit_amount: flat,
    per_unit_total_amount: amount.toDecimal(),
    total_with_flat_amount: amount.plus(Exact.parse(flat)).toDecimal(),
  };
}

function volumeOf(tier: PriceStep | undefined) {
  if (!tier) return {};
  return {
    per_unit_amount: tier.unit_amount,
    flat_unit_amount: tier.flat_amount ?? '0',
    per_unit_total_amount: product(tier.units, tier.unit_amount).toDecimal(),
  };
}

function packageOf({ properties, inputs, steps }: PricingDerivation) {
  const free = total(steps, 'free');
  return {
    free_units: word(properties['free_units'], '0'),
    paid_units: Exact.parse(inputs.units).minus(free).atLeast(Exact.zero).toDecimal(),
    per_package_size: jsonNumber(word(properties['package_size'], '1')),
    per_package_unit_amount: word(properties['amount'], '0'),
  };
}

/** What minimum and maximum of a transaction change is what the whole differs from rate and fixed amounts by. */
function percentageOf(
  { precise_amount_cents: precise, currency }: FeeDerivation,
  { properties, inputs, steps }: PricingDerivation,
) {
  const rate = word(properties['rate'], '0');
  const fixed = word(properties['fixed_amount'], '0');
  const free = total(steps, 'free');
  const freeEvents = Exact.parse(inputs.transactions?.free.count ?? '0');
  const paidEvents = Exact.parse(inputs.events_count).minus(freeEvents);
  const paidUnits = Exact.parse(inputs.units).minus(free).atLeast(Exact.zero);
  const rated = product(paidUnits.toDecimal(), rate).times(Exact.ratio(1n, 100n));
  const fixedTotal = product(paidEvents.toDecimal(), fixed);
  const bounds = inMajorUnits(Exact.parse(precise), currency).minus(rated).minus(fixedTotal);
  return {
    units: inputs.units,
    free_units: free.toDecimal(),
    free_events: jsonNumber(freeEvents.toDecimal()),
    paid_units: paidUnits.toDecimal(),
    rate,
    per_unit_total_amount: rated.toDecimal(),
    paid_events: jsonNumber(paidEvents.toDecimal()),
    fixed_fee_unit_amount: fixed,
    fixed_fee_total_amount: fixedTotal.toDecimal(),
    min_max_adjustment_total_amount: bounds.toDecimal(),
  };
}
