import type { PriceStep } from '../pricing/usage.ts';
import type { WireProperties } from '../pricing/charge-model.ts';
import type { DayCount } from '../proration/local-days.ts';
import type { AddressBasis, UsageEvidence } from './items.ts';

/** Usage as JSON: the fields of `UsageToPrice` as exact decimals. */
export interface UsageInputs {
  readonly units: string;
  readonly events_count: string;
  readonly prorated_units?: string;
  readonly tier_shares?: { readonly units: readonly string[]; readonly highest: string };
  readonly transactions?: {
    readonly free: { readonly count: string; readonly total: string };
    readonly rated: { readonly count: string; readonly total: string };
    readonly at_minimum: string;
    readonly at_maximum: string;
  };
  readonly total_amount_cents?: string;
}

export interface PricingDerivation {
  readonly charge_model: string;
  readonly properties: WireProperties;
  readonly inputs: UsageInputs;
  /** Pay in advance: what was paid for before. */
  readonly paid?: UsageInputs | null;
  /** What that comes to, rounded: the fee is the rest. Absent where the fee is the rounded difference of two exact prices. */
  readonly charged_cents?: string;
  readonly steps: readonly PriceStep[];
}

/**
 * How a fee came to its amount, as JSON that is kept with the fee. It is enough to compute the fee again (`recompute`) and to tell
 * it (`tellDerivation`). Decimals are text; `version` grows when a field changes its meaning.
 */
export interface FeeDerivation {
  readonly version: 1;
  readonly currency: string;
  /** Of what was billed; `end` is exclusive. */
  readonly billed: { readonly start: string; readonly end: string };
  /** Major units per unit, before taxes; for tiers the average. */
  readonly unit_amount: string;
  readonly units: string;
  /** Absent: `units × unit_amount`. */
  readonly pricing?: PricingDerivation;
  readonly events_count?: string;
  readonly evidence?: UsageEvidence;
  readonly filter_id?: string;
  readonly filter_values?: Readonly<Record<string, readonly string[]>>;
  readonly grouped_by?: Readonly<Record<string, string | null>>;
  /** A minimum that was not reached: the fee is the prorated minimum, rounded, less what was charged. */
  readonly true_up?: { readonly minimum_cents: string; readonly charged_cents: string };
  /** Of the seller when the fee was made; absent: as the calendar has them. */
  readonly day_count?: DayCount;
  /** Where the days that are billed ended before the usage did: the last day is the successor's. */
  readonly days_until?: string;
  readonly proration: { readonly billable_days: number; readonly period_days: number } | null;
  /** Minor units before the one rounding. */
  readonly precise_amount_cents: string;
  readonly rounding: 'half_away_from_zero';
  readonly amount_cents: string;
  /** The share of coupons, minor units with five decimals; taxes are on the amount less this. */
  readonly discount_cents?: string;
  readonly taxes: readonly {
    readonly code: string;
    readonly rate: string;
    readonly precise_amount_cents: string;
    /** Absent where a tax was assigned. */
    readonly address?: AddressBasis;
  }[];
}

/** The rule that its days were counted by, and that what depends on them goes on with. */
export const dayCountOf = ({ day_count: dayCount = 'actual' }: Pick<FeeDerivation, 'day_count'>): DayCount => dayCount;
