import type { Temporal } from 'temporal-polyfill';
import { isoText } from '../calendar/local-day.ts';
import { Exact } from '../money/exact.ts';
import type { FeeDerivation } from './derivation.ts';
import type { FeeType, TaxRate } from './items.ts';
import type { Line } from './lines.ts';

export interface FeeLine {
  readonly type: FeeType;
  /** Whose it is; null where no subscription is billed. */
  readonly subscriptionId: string | null;
  /** The plan, charge, fixed charge or add-on that the fee is for; null for a line in free words. */
  readonly itemId: string | null;
  readonly name: string;
  readonly units: string;
  readonly eventsCount: bigint;
  readonly unitAmount: string;
  readonly amountCents: bigint;
  /** Its share of the coupons, five decimals: taxes are on the amount less this. */
  readonly discountCents: Exact;
  /** Σ of the rates, a percentage. */
  readonly taxesRate: string;
  readonly taxesAmountCents: bigint;
  readonly from: Temporal.Instant;
  readonly to: Temporal.Instant;
  readonly description: string | null;
  readonly filterId: string | null;
  readonly groupedBy: Readonly<Record<string, string | null>> | null;
  /** Fills up a minimum: of the charge `itemId`, or of the plan in a commitment. */
  readonly trueUp: boolean;
  readonly derivation: FeeDerivation;
}

const percent = Exact.ratio(1n, 100n);

/** One rate's tax on what is left of a fee after its discount, exactly, in minor units. */
export const taxOn = (baseCents: Exact, rate: string): Exact => baseCents.times(Exact.parse(rate)).times(percent);

/** Σ of the percentages as decimal text. */
const sumOfRates = (taxes: readonly TaxRate[]): string =>
  taxes.reduce((sum, tax) => sum.plus(Exact.parse(tax.rate)), Exact.zero).toDecimal();

/** Rounds a line once, half away from zero, at the currency's minor unit, and puts its taxes on it. */
export function feeOf(line: Line, amountCents: bigint, discountCents: Exact, currency: string): FeeLine {
  const base = Exact.fromInteger(amountCents).minus(discountCents);
  const taxes = line.taxes.map((tax) => ({ tax, amount: taxOn(base, tax.rate) }));
  return {
    type: line.type,
    subscriptionId: line.subscriptionId ?? null,
    itemId: line.itemId,
    name: line.name,
    units: line.units,
    eventsCount: line.eventsCount,
    unitAmount: line.unitAmount,
    amountCents,
    discountCents,
    taxesRate: sumOfRates(line.taxes),
    taxesAmountCents: taxes.reduce((sum, { amount }) => sum.plus(amount), Exact.zero).roundToInteger(),
    from: line.billed.start,
    to: line.billed.end,
    description: line.description ?? null,
    filterId: line.filterId ?? null,
    groupedBy: line.groupedBy ?? null,
    trueUp: line.trueUp !== undefined,
    derivation: derivationOf(line, amountCents, discountCents, currency, taxes),
  };
}

function derivationOf(
  line: Line,
  amountCents: bigint,
  discountCents: Exact,
  currency: string,
  taxes: readonly { readonly tax: TaxRate; readonly amount: Exact }[],
): FeeDerivation {
  return {
    version: 1,
    currency,
    billed: { start: isoText(line.billed.start), end: isoText(line.billed.end) },
    unit_amount: line.unitAmount,
    units: line.units,
    ...(line.pricing && { pricing: line.pricing }),
    ...(line.type === 'charge' && !line.trueUp && { events_count: line.eventsCount.toString() }),
    ...(line.evidence && { evidence: line.evidence }),
    ...(line.filterId && { filter_id: line.filterId }),
    ...(line.filterValues && { filter_values: line.filterValues }),
    ...(line.groupedBy && { grouped_by: line.groupedBy }),
    ...(line.trueUp && {
      true_up: { minimum_cents: line.trueUp.minimumCents.toString(), charged_cents: line.trueUp.chargedCents.toString() },
    }),
    ...(line.dayCount && line.dayCount !== 'actual' && { day_count: line.dayCount }),
    ...(line.daysUntil && { days_until: isoText(line.daysUntil) }),
    proration: line.proration && { billable_days: line.proration.billableDays, period_days: line.proration.periodDays },
    precise_amount_cents: line.precise.toDecimal(),
    rounding: 'half_away_from_zero',
    amount_cents: amountCents.toString(),
    ...(!discountCents.isZero() && { discount_cents: discountCents.toDecimal() }),
    taxes: taxes.map(({ tax, amount }) => ({
      code: tax.code,
      rate: tax.rate,
      precise_amount_cents: amount.toDecimal(),
      ...(tax.address && { address: tax.address }),
    })),
  };
}
