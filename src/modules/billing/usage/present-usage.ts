import { Temporal } from 'temporal-polyfill';
import { localDateOf } from '../../../domain/calendar/local-day.ts';
import type { FeeDerivation } from '../../../domain/invoicing/derivation.ts';
import { inMinorUnits } from '../../../domain/money/currency.ts';
import { Exact } from '../../../domain/money/exact.ts';
import { priceUsage } from '../../../domain/pricing/price-usage.ts';
import { pricingOf } from '../../../domain/pricing/read-charge-model.ts';
import { localDays } from '../../../domain/proration/local-days.ts';
import { instantOf, isoOf, lastSecondOf } from '../../../platform/clock/clock.ts';

/** A charge in the words of the wire. */
export interface ChargeDescription {
  readonly id: string;
  readonly charge_model: string;
  readonly invoice_display_name: string | null;
  readonly metric_id: string;
  readonly metric_name: string;
  readonly metric_code: string;
  readonly aggregation_type: string;
  readonly recurring: boolean;
}

/** A fee of usage, stored or only priced. */
export interface UsageFee {
  readonly itemId: string | null;
  readonly units: string;
  readonly eventsCount: bigint;
  readonly amountCents: bigint;
  readonly taxesAmountCents: bigint;
  readonly derivation: FeeDerivation;
}

export interface UsagePeriod {
  readonly from: Date;
  readonly to: Date;
  readonly currency: string;
  /** Whose day the end is. */
  readonly timezone: string;
  readonly invoiceId: string | null;
  readonly fees: readonly UsageFee[];
}

const sum = (amounts: readonly bigint[]): bigint => amounts.reduce((total, amount) => total + amount, 0n);
/** As they stand while the period runs, whatever their share of days; an invoice bills that share (as Lago). */
const runningUnits = ({ derivation, units }: UsageFee): string => derivation.pricing?.inputs.units ?? units;

type Describe = (chargeId: string) => ChargeDescription | undefined;

/** Lago's customer_usage: usage of a period by charge, its filters and groups. A minimum is no usage. */
export const presentUsagePeriod = (period: UsagePeriod, describe: Describe) => presentUsage(period, describe, () => ({}));

/** `more` of the fees that a figure sums up stands beside it. */
function presentUsage<More extends object>(period: UsagePeriod, describe: Describe, more: (fees: readonly UsageFee[]) => More) {
  const usage = period.fees.filter((fee) => fee.derivation.true_up === undefined);
  const amount = sum(usage.map((fee) => fee.amountCents));
  const taxes = sum(usage.map((fee) => fee.taxesAmountCents));
  const chargeIds = [...new Set(usage.map((fee) => fee.itemId ?? ''))];
  return {
    from_datetime: isoOf(period.from),
    to_datetime: lastSecondOf(period.from, period.to),
    issuing_date: localDateOf(instantOf(period.to), period.timezone).toString(),
    lago_invoice_id: period.invoiceId,
    currency: period.currency,
    amount_cents: amount,
    taxes_amount_cents: taxes,
    total_amount_cents: amount + taxes,
    charges_usage: chargeIds.map((chargeId) => {
      const fees = usage.filter((fee) => fee.itemId === chargeId);
      const unitsOf = period.invoiceId === null ? runningUnits : ({ units }: UsageFee) => units;
      return presentCharge({ currency: period.currency, fees, charge: describe(chargeId), chargeId, unitsOf }, more);
    }),
  };
}

interface ChargeUsage {
  readonly currency: string;
  readonly fees: readonly UsageFee[];
  readonly charge: ChargeDescription | undefined;
  readonly chargeId: string;
  readonly unitsOf: (fee: UsageFee) => string;
}

function presentCharge<More extends object>(
  { currency, fees, charge, chargeId, unitsOf }: ChargeUsage,
  more: (fees: readonly UsageFee[]) => More,
) {
  const figuresOf = (some: readonly UsageFee[]) => ({ ...amountsOf(some, unitsOf), ...more(some) });
  const presentFilter = (fee: UsageFee) => ({
    ...figuresOf([fee]),
    invoice_display_name: fee.derivation.filter_values ? Object.values(fee.derivation.filter_values).flat().join(', ') : null,
    values: fee.derivation.filter_values ?? {},
  });
  const grouped = fees.filter((fee) => fee.derivation.grouped_by !== undefined);
  const filtered = fees.filter((fee) => fee.derivation.grouped_by === undefined);
  const hasFilters = fees.some((fee) => fee.derivation.filter_id !== undefined);
  return {
    ...figuresOf(fees),
    amount_currency: currency,
    charge: {
      lago_id: chargeId,
      charge_model: charge?.charge_model ?? null,
      invoice_display_name: charge?.invoice_display_name ?? null,
    },
    billable_metric: {
      lago_id: charge?.metric_id ?? null,
      name: charge?.metric_name ?? null,
      code: charge?.metric_code ?? null,
      aggregation_type: charge?.aggregation_type ?? null,
    },
    filters: hasFilters ? filtered.map(presentFilter) : [],
    grouped_usage: grouped.map((fee) => ({
      ...figuresOf([fee]),
      grouped_by: fee.derivation.grouped_by ?? {},
      filters: fee.derivation.filter_id === undefined ? [] : [presentFilter(fee)],
    })),
  };
}

const amountsOf = (fees: readonly UsageFee[], unitsOf: (fee: UsageFee) => string) => ({
  units: fees.reduce((total, fee) => total.plus(Exact.parse(unitsOf(fee))), Exact.zero).toDecimal(),
  total_aggregated_units: fees
    .reduce((total, { derivation, units }) => total.plus(Exact.parse(derivation.evidence?.aggregated ?? units)), Exact.zero)
    .toDecimal(),
  events_count: sum(fees.map((fee) => fee.eventsCount)),
  amount_cents: sum(fees.map((fee) => fee.amountCents)),
});

/** What grows with time: counts and sums. The rest is projected as it stands. */
const growing = ['count_agg', 'sum_agg'];

/**
 * The same with what the whole period will come to if usage goes on as it did: units by the days gone by, at the charge's own price.
 * Recurring metrics, peaks, latest values and prices by single events are projected as they stand.
 */
export function presentProjectedUsage(period: UsagePeriod & { readonly now: Date }, describe: Describe) {
  const [from, to] = [instantOf(period.from), instantOf(period.to)];
  const now = Temporal.Instant.compare(instantOf(period.now), to) < 0 ? instantOf(period.now) : to;
  const gone = BigInt(Math.max(1, localDays(from, now.add({ milliseconds: 1 }), period.timezone)));
  const ratio = Exact.ratio(BigInt(localDays(from, to, period.timezone)), gone);
  const projectionOf = (fee: UsageFee) => {
    const charge = describe(fee.itemId ?? '');
    return charge && !charge.recurring && growing.includes(charge.aggregation_type)
      ? projectFee(fee, ratio, period.currency)
      : { units: Exact.parse(fee.units), amountCents: fee.amountCents };
  };
  const usage = presentUsage(period, describe, (fees) => {
    const projected = fees.map(projectionOf);
    return {
      projected_units: projected.reduce((total, { units }) => total.plus(units), Exact.zero).toDecimal(),
      projected_amount_cents: sum(projected.map(({ amountCents }) => amountCents)),
    };
  });
  return { ...usage, projected_amount_cents: sum(usage.charges_usage.map((charge) => charge.projected_amount_cents)) };
}

function projectFee({ derivation, units, amountCents }: UsageFee, ratio: Exact, currency: string) {
  const projected = Exact.parse(units).times(ratio);
  const { pricing } = derivation;
  if (!pricing) {
    const amount = projected.times(Exact.parse(derivation.unit_amount));
    return { units: projected, amountCents: inMinorUnits(amount, currency).roundToInteger() };
  }
  if (pricing.inputs.transactions || pricing.inputs.tier_shares) return { units: Exact.parse(units), amountCents };
  const { inputs } = pricing;
  const usage = {
    units: projected,
    eventsCount: Exact.parse(inputs.events_count).times(ratio).roundToInteger(),
    ...(inputs.total_amount_cents !== undefined && { totalAmountCents: Exact.parse(inputs.total_amount_cents).times(ratio) }),
  };
  const { amount } = priceUsage(pricingOf(pricing.charge_model, pricing.properties).model, usage, currency);
  return { units: projected, amountCents: inMinorUnits(amount, currency).roundToInteger() };
}
