import type { Exact } from '../money/exact.ts';

/** Events of a percentage charge, sorted by how each is priced (`sortTransactions`); the amounts are what the events carry. */
export interface Transactions {
  readonly free: { readonly count: bigint; readonly total: Exact };
  /** Priced by rate and fixed amount. `total` is without what the allowance covered. */
  readonly rated: { readonly count: bigint; readonly total: Exact };
  /** Lifted to the minimum, or capped at the maximum, of a transaction. */
  readonly atMinimum: bigint;
  readonly atMaximum: bigint;
}

/** Prorated units of a graduated charge by tier, and the highest total ever reached in full units (`sortIntoTiers`). */
export interface TierShares {
  readonly units: readonly Exact[];
  readonly highest: Exact;
}

/** What a charge counted in its span, for one filter and group: everything that any model needs to price it. */
export interface UsageToPrice {
  /** The metric's aggregate, after its rounding. */
  readonly units: Exact;
  readonly eventsCount: bigint;
  /** Standard and volume, recurring and prorated: priced instead of `units`, which still choose the tier. */
  readonly proratedUnits?: Exact;
  /** Graduated, recurring and prorated. */
  readonly tierShares?: TierShares;
  /** Percentage, where events are free or have a minimum or maximum (`needsTransactions`). */
  readonly transactions?: Transactions;
  /** Dynamic: Σ of the events' `precise_total_amount_cents`, in minor units, unrounded. */
  readonly totalAmountCents?: Exact;
}

/** One step of a price: `units × unit_amount + flat_amount`, exact decimals in major units. Σ of the steps is the amount. */
export interface PriceStep {
  readonly kind: 'units' | 'tier' | 'package' | 'free' | 'rate' | 'fixed' | 'minimum' | 'maximum' | 'dynamic';
  /** Of a tier. */
  readonly from?: string;
  readonly to?: string | null;
  readonly units: string;
  readonly unit_amount: string;
  readonly flat_amount?: string;
}

export interface UsagePrice {
  /** Major units, exact. */
  readonly amount: Exact;
  readonly steps: readonly PriceStep[];
}
