import type { Temporal } from 'temporal-polyfill';
import { formatMajor, inMinorUnits } from '../money/currency.ts';
import { Exact } from '../money/exact.ts';
import { localDays, type Proration, prorationFraction } from '../proration/local-days.ts';

export interface Span {
  readonly start: Temporal.Instant;
  readonly end: Temporal.Instant;
}

/** A tax as it stands when the invoice is made. `rate` is a percentage as decimal text: `"20"`, `"8.875"`. */
export interface TaxRate {
  readonly id: string;
  readonly code: string;
  readonly name: string;
  readonly rate: string;
}

/** What a usage charge counted; the store aggregates, this floor prices. */
export interface Usage {
  readonly units: string;
  readonly eventsCount: bigint;
}

export interface PlanPrice {
  readonly id: string;
  readonly name: string;
  /** Minor units for one whole period. */
  readonly amountCents: bigint;
  readonly taxes: readonly TaxRate[];
}

export interface FixedChargePrice {
  readonly id: string;
  readonly name: string;
  readonly units: string;
  /** Major units per unit, decimal text. */
  readonly unitAmount: string;
  readonly prorated: boolean;
  readonly taxes: readonly TaxRate[];
}

export interface UsageChargePrice {
  readonly id: string;
  readonly name: string;
  /** Major units per unit, decimal text. */
  readonly unitAmount: string;
  readonly usage: Usage;
  readonly taxes: readonly TaxRate[];
}

/** Everything one subscription period costs; no clock, no database. */
export interface PeriodToPrice {
  readonly currency: string;
  readonly timezone: string;
  /** The whole period of the calendar. */
  readonly period: Span;
  /** The part of it that is billed: shorter after a start or before a termination in the middle. */
  readonly billed: Span;
  readonly plan: PlanPrice;
  readonly fixedCharges: readonly FixedChargePrice[];
  readonly usageCharges: readonly UsageChargePrice[];
}

export type FeeType = 'subscription' | 'fixed_charge' | 'charge' | 'add_on';

/** How a fee came to its amount; kept with the fee so that it can be recomputed and told. */
export interface FeeDerivation {
  readonly unit_amount: string;
  readonly units: string;
  readonly proration: { readonly billable_days: number; readonly period_days: number } | null;
  readonly precise_amount_cents: string;
  readonly rounding: 'half_away_from_zero';
  readonly taxes: readonly { readonly code: string; readonly rate: string; readonly precise_amount_cents: string }[];
}

export interface FeeLine {
  readonly type: FeeType;
  /** The plan, charge, fixed charge or add-on that the fee is for; null for a line in free words. */
  readonly itemId: string | null;
  readonly name: string;
  readonly units: string;
  readonly eventsCount: bigint;
  readonly unitAmount: string;
  readonly amountCents: bigint;
  /** Σ of the rates, a percentage. */
  readonly taxesRate: string;
  readonly taxesAmountCents: bigint;
  readonly from: Temporal.Instant;
  readonly to: Temporal.Instant;
  readonly description: string | null;
  readonly derivation: FeeDerivation;
}

export interface TaxLine {
  readonly taxId: string;
  readonly code: string;
  readonly name: string;
  readonly rate: string;
  readonly baseAmountCents: bigint;
  readonly amountCents: bigint;
}

export interface PricedInvoice {
  readonly currency: string;
  readonly fees: readonly FeeLine[];
  readonly taxes: readonly TaxLine[];
  /** Σ of the fees, before taxes. */
  readonly feesAmountCents: bigint;
  /** Rounded once from the unrounded sum over all fees and rates; may differ by a cent from Σ of the rounded parts. */
  readonly taxesAmountCents: bigint;
  readonly totalCents: bigint;
}

const percent = Exact.ratio(1n, 100n);

/** The exact amount of a line in minor units, before its one rounding. */
export interface LineToPrice {
  readonly type: FeeType;
  readonly itemId: string | null;
  readonly name: string;
  readonly units: string;
  readonly unitAmount: string;
  readonly eventsCount: bigint;
  readonly proration: Proration | null;
  readonly taxes: readonly TaxRate[];
  readonly span: Span;
  /** What a person wrote about the line. */
  readonly description?: string | null;
}

/** Prices one line: units × unit amount × proration, rounded once, half away from zero, at the currency's minor unit. */
function feeOf(line: LineToPrice, currency: string): FeeLine {
  const whole = inMinorUnits(Exact.parse(line.units).times(Exact.parse(line.unitAmount)), currency);
  const precise = line.proration ? whole.times(prorationFraction(line.proration)) : whole;
  const amountCents = precise.roundToInteger();
  const taxes = line.taxes.map((tax) => ({ tax, amount: taxOn(amountCents, tax.rate) }));
  const taxSum = taxes.reduce((sum, { amount }) => sum.plus(amount), Exact.zero);
  return {
    type: line.type,
    itemId: line.itemId,
    name: line.name,
    units: line.units,
    eventsCount: line.eventsCount,
    unitAmount: line.unitAmount,
    amountCents,
    taxesRate: line.taxes.reduce((sum, tax) => sum.plus(Exact.parse(tax.rate)), Exact.zero).toDecimal(),
    taxesAmountCents: taxSum.roundToInteger(),
    from: line.span.start,
    to: line.span.end,
    description: line.description ?? null,
    derivation: {
      unit_amount: line.unitAmount,
      units: line.units,
      proration: line.proration && { billable_days: line.proration.billableDays, period_days: line.proration.periodDays },
      precise_amount_cents: precise.toDecimal(),
      rounding: 'half_away_from_zero',
      taxes: taxes.map(({ tax, amount }) => ({ code: tax.code, rate: tax.rate, precise_amount_cents: amount.toDecimal() })),
    },
  };
}

const taxOn = (amountCents: bigint, rate: string): Exact =>
  Exact.fromInteger(amountCents).times(Exact.parse(rate)).times(percent);

/** Tax lines per rate (each rounded for display) and the invoice tax (rounded once from the exact sum). */
function taxLinesOf(lines: readonly { amountCents: bigint; taxes: readonly TaxRate[] }[]): { taxes: TaxLine[]; sum: bigint } {
  const bases = new Map<string, { tax: TaxRate; base: bigint }>();
  let exactSum = Exact.zero;
  for (const line of lines) {
    for (const tax of line.taxes) {
      exactSum = exactSum.plus(taxOn(line.amountCents, tax.rate));
      const entry = bases.get(tax.id) ?? { tax, base: 0n };
      entry.base += line.amountCents;
      bases.set(tax.id, entry);
    }
  }
  const taxes = [...bases.values()].map(({ tax, base }) => ({
    taxId: tax.id,
    code: tax.code,
    name: tax.name,
    rate: tax.rate,
    baseAmountCents: base,
    amountCents: taxOn(base, tax.rate).roundToInteger(),
  }));
  return { taxes, sum: exactSum.roundToInteger() };
}

/** Turns lines into the invoice they make. The only place where fees, taxes and totals are added up. */
export function assembleInvoice(currency: string, lines: readonly LineToPrice[]): PricedInvoice {
  const fees = lines.map((line) => feeOf(line, currency));
  const feesAmountCents = fees.reduce((sum, fee) => sum + fee.amountCents, 0n);
  const { taxes, sum } = taxLinesOf(fees.map((fee, i) => ({ amountCents: fee.amountCents, taxes: lines[i]?.taxes ?? [] })));
  return { currency, fees, taxes, feesAmountCents, taxesAmountCents: sum, totalCents: feesAmountCents + sum };
}

/**
 * Prices one period of one subscription in arrears: the plan's amount and prorated fixed charges by billable local days,
 * usage by what was counted in the billed span (requirements G5–G9, H10; contract.md "Time" and "Invoices").
 * Preview, dry run, current usage and the invoice all call this one function.
 */
export function pricePeriod(input: PeriodToPrice): PricedInvoice {
  const { currency, billed, period, timezone } = input;
  const billableDays = localDays(billed.start, billed.end, timezone);
  const periodDays = localDays(period.start, period.end, timezone);
  const proration = billableDays === periodDays ? null : { billableDays, periodDays };
  const planLine: LineToPrice = {
    type: 'subscription',
    itemId: input.plan.id,
    name: input.plan.name,
    units: '1',
    unitAmount: formatMajor(input.plan.amountCents, currency),
    eventsCount: 0n,
    proration,
    taxes: input.plan.taxes,
    span: billed,
  };
  const fixedLines = input.fixedCharges.map((charge): LineToPrice => ({
    type: 'fixed_charge',
    itemId: charge.id,
    name: charge.name,
    units: charge.units,
    unitAmount: charge.unitAmount,
    eventsCount: 0n,
    proration: charge.prorated ? proration : null,
    taxes: charge.taxes,
    span: billed,
  }));
  const usageLines = input.usageCharges.map((charge): LineToPrice => ({
    type: 'charge',
    itemId: charge.id,
    name: charge.name,
    units: charge.usage.units,
    unitAmount: charge.unitAmount,
    eventsCount: charge.usage.eventsCount,
    proration: null,
    taxes: charge.taxes,
    span: billed,
  }));
  return assembleInvoice(currency, [planLine, ...fixedLines, ...usageLines]);
}
