import { formatMajor } from '../money/currency.ts';
import { Exact } from '../money/exact.ts';
import type { PriceStep } from '../pricing/usage.ts';
import type { FeeDerivation, UsageInputs } from './derivation.ts';
import type { AddressBasis } from './items.ts';

/** How the fee came about, in sentences for people who pay or answer for it. Amounts are in major units of its currency. */
export function tellDerivation(derivation: FeeDerivation): readonly string[] {
  return [
    ...tellUsage(derivation),
    ...(derivation.true_up ? tellTrueUp(derivation.true_up, derivation.currency) : tellPrice(derivation)),
    ...tellProration(derivation),
    tellRounding(derivation),
    ...tellTaxes(derivation),
  ];
}

const money = (cents: string, currency: string): string => `${formatMajor(BigInt(cents), currency)} ${currency}`;
const count = (number: string, one: string): string => `${number} ${number === '1' ? one : `${one}s`}`;

function tellUsage({ evidence, events_count: events, billed, filter_id: filter, grouped_by: groups }: FeeDerivation): string[] {
  if (events === undefined) return [];
  const span = `from ${billed.start} until before ${billed.end}`;
  const sentences = [`${count(events, 'event')} ${events === '1' ? 'was' : 'were'} counted ${span}.`];
  if (evidence) {
    const field = evidence.field_name ? ` of "${evidence.field_name}"` : '';
    const carried = evidence.carried ? `, ${evidence.carried} carried over included` : '';
    sentences.push(
      `Metric "${evidence.metric_code}" (${evidence.aggregation}${field}) came to ${evidence.aggregated} units${carried}.`,
    );
    if (evidence.rounding)
      sentences.push(`Units were rounded (${evidence.rounding.function}) at ${evidence.rounding.precision} decimals.`);
  }
  if (filter !== undefined) sentences.push(`Only events of filter ${filter} are in it.`);
  const named = Object.entries(groups ?? {}).map(([key, value]) => `${key} ${value === null ? 'absent' : `"${value}"`}`);
  if (named.length > 0) sentences.push(`It is the group with ${named.join(', ')}.`);
  return sentences;
}

function tellPrice(derivation: FeeDerivation): string[] {
  const { pricing, currency, units, unit_amount: unitAmount } = derivation;
  if (!pricing) return [`${count(units, 'unit')} at ${unitAmount} ${currency} each.`];
  const steps = pricing.steps.map((step) => tellStep(step, currency));
  if (pricing.paid === undefined)
    return [`The price is ${pricing.charge_model}.`, ...steps, ...tellProratedUnits(pricing.inputs)];
  const before = pricing.paid ? `${pricing.paid.units} units were paid for before` : 'nothing was paid for before';
  return [`The price is ${pricing.charge_model}, paid in advance: ${before}, and only the growth is charged.`, ...steps];
}

function tellProratedUnits(inputs: UsageInputs): string[] {
  if (inputs.prorated_units !== undefined)
    return [`${inputs.units} units are ${inputs.prorated_units} for the days they were there.`];
  if (inputs.tier_shares !== undefined)
    return [`Tiers were chosen by full units (at most ${inputs.tier_shares.highest}) and charged for the days they were there.`];
  return [];
}

const plus = (flat: string | undefined, currency: string): string =>
  flat && flat !== '0' ? ` plus a flat ${flat} ${currency}` : '';

function tellStep(step: PriceStep, currency: string): string {
  const { units, unit_amount: price } = step;
  switch (step.kind) {
    case 'units':
      return `${count(units, 'unit')} at ${price} ${currency} each.`;
    case 'tier':
      return `Tier ${step.from ?? '0'} to ${step.to ?? 'any number'}: ${count(units, 'unit')} at ${price} ${currency} each${plus(step.flat_amount, currency)}.`;
    case 'package':
      return `${count(units, 'package')} at ${price} ${currency}; a package that is begun counts whole.`;
    case 'free':
      return `${count(units, 'unit')} ${units === '1' ? 'is' : 'are'} free.`;
    case 'rate':
      return `${Exact.parse(price).times(Exact.fromInteger(100n)).toDecimal()} % of ${units} ${currency}.`;
    case 'fixed':
      return `${count(units, 'event')} at a fixed ${price} ${currency} each.`;
    case 'minimum':
      return `${count(units, 'event')} at the minimum of ${price} ${currency} each.`;
    case 'maximum':
      return `${count(units, 'event')} at the maximum of ${price} ${currency} each.`;
    case 'dynamic':
      return `The events say themselves that they cost ${price} ${currency}.`;
  }
}

const tellTrueUp = (trueUp: NonNullable<FeeDerivation['true_up']>, currency: string): string[] => [
  `At least ${money(trueUp.minimum_cents, currency)} is due for a whole period; ${money(trueUp.charged_cents, currency)} was charged, and this fee is the rest.`,
];

function tellProration({ proration, billed, day_count: dayCount, days_until: until = billed.end }: FeeDerivation): string[] {
  if (!proration) return [];
  const { billable_days: days, period_days: whole } = proration;
  const rule = dayCount === 'thirty_day_months' ? ', 30 days to every month' : '';
  return [`${days} of ${whole} days are billed (${billed.start} until before ${until}${rule}): × ${days}/${whole}.`];
}

function tellRounding({ precise_amount_cents: precise, amount_cents: cents, currency }: FeeDerivation): string {
  const amount = money(cents, currency);
  return precise === cents
    ? `That is exactly ${amount}.`
    : `That is ${precise} minor units, rounded once, half away from zero, to ${amount}.`;
}

function tellTaxes({ taxes, amount_cents: cents, discount_cents: discount, currency }: FeeDerivation): string[] {
  const base = Exact.parse(cents).minus(Exact.parse(discount ?? '0'));
  const left =
    discount === undefined ? [] : [`Coupons take ${discount} minor units off, which leaves ${base.toDecimal()} to tax.`];
  if (taxes.length === 0) return [...left, 'No tax is due on it.'];
  return [
    ...left,
    ...taxes.flatMap((tax) => [
      `Tax "${tax.code}" of ${tax.rate} % on ${base.toDecimal()} minor units is ${tax.precise_amount_cents} (${currency}, before the invoice rounds its taxes once).`,
      ...tellAddress(tax.address),
    ]),
  ];
}

const rules: Readonly<Record<AddressBasis['rule'], string>> = {
  domestic: 'a sale at home',
  eu_consumer: 'a sale to a consumer elsewhere in the EU',
  eu_reverse_charge: 'a sale to a business elsewhere in the EU, which accounts for the tax itself (reverse charge)',
  export: 'an export',
  us_state: 'a sale within the US',
  us_not_collected: 'a sale to a US state where the seller does not collect',
};

const tellAddress = (basis: AddressBasis | undefined): string[] =>
  basis
    ? [
        `The addresses decide it, as no tax is assigned: ${basis.seller} to ${basis.buyer} on ${basis.on} is ${rules[basis.rule]}.`,
      ]
    : [];
