import type { Temporal } from 'temporal-polyfill';
import type { Span } from '../calendar/span.ts';
import type { ChargePricing } from '../pricing/charge-model.ts';
import type { UsageToPrice } from '../pricing/usage.ts';
import type { TaxKind } from '../taxation/decide-taxes.ts';

/** How two addresses came to a tax. Places are `FR` or `US-NY`. */
export interface AddressBasis {
  readonly rule: TaxKind;
  readonly seller: string;
  readonly buyer: string;
  /** Whether the buyer's tax identification number was taken for valid; only asked where it matters. */
  readonly tax_id_valid: boolean;
  /** The local day whose rates count. */
  readonly on: string;
  /** What the invoice must say. */
  readonly note: string | null;
}

/** A tax as it stands when the invoice is made. `rate` is a percentage as decimal text: `"20"`, `"8.875"`. */
export interface TaxRate {
  /** Null where no tax of the organization is assigned: the addresses decided (`address`). */
  readonly id: string | null;
  readonly code: string;
  readonly name: string;
  readonly rate: string;
  readonly address?: AddressBasis;
}

export type FeeType = 'subscription' | 'fixed_charge' | 'charge' | 'commitment' | 'add_on';

/**
 * What an invoice line is for, with spans of its own: one invoice may hold arrears of the period that ended and advance items of
 * the one that begins.
 */
interface Item {
  /** The plan, charge or fixed charge. */
  readonly id: string;
  readonly name: string;
  readonly taxes: readonly TaxRate[];
  /** The whole period of the calendar: the denominator of a proration. */
  readonly period: Span;
  /** The part of it that is billed: shorter after a start or before a termination in the middle. */
  readonly billed: Span;
}

export interface PlanItem extends Item {
  readonly kind: 'plan';
  /** Minor units for one whole period. */
  readonly amountCents: bigint;
}

export interface FixedChargeItem extends Item {
  readonly kind: 'fixed_charge';
  readonly units: string;
  /** Units that are paid for already: the fee is the growth from there. Absent: none. */
  readonly paidUnits?: string;
  readonly pricing: ChargePricing;
  readonly prorated: boolean;
}

/** The usage of one filter and group of a charge: a fee of its own. */
export interface UsageBucket {
  readonly pricing: ChargePricing;
  readonly usage: UsageToPrice;
  /** Pay in advance: the usage that is paid for; the fee is the growth from there. Null: nothing yet. Absent: in arrears. */
  readonly paid?: UsageToPrice | null;
  readonly filterId?: string | null;
  readonly filterValues?: Readonly<Record<string, readonly string[]>>;
  /** Shown after the charge's name: a filter's display name. */
  readonly label?: string | null;
  readonly groupedBy?: Readonly<Record<string, string | null>>;
  readonly evidence?: UsageEvidence;
}

/** How the units came out of the events; the store that counted says it, the derivation keeps it. */
export interface UsageEvidence {
  readonly metric_code: string;
  readonly aggregation: string;
  readonly field_name: string | null;
  /** Before the metric's rounding. */
  readonly aggregated: string;
  readonly rounding: { readonly function: 'round' | 'ceil' | 'floor'; readonly precision: number } | null;
  /** Carried over from the periods before, in a recurring metric. */
  readonly carried?: string;
}

export interface UsageChargeItem extends Item {
  readonly kind: 'charge';
  readonly buckets: readonly UsageBucket[];
  /** The end of the days that are billed, where it is before the end of the usage: the day of a change is the successor's. */
  readonly daysUntil?: Temporal.Instant;
  /** Minor units for a whole period; the missing part becomes a true-up fee. */
  readonly minimumCents?: bigint;
}

/** The least that the plan's, usage and fixed fees of a period must come to, in minor units for a whole period. */
export interface CommitmentItem extends Item {
  readonly kind: 'commitment';
  readonly amountCents: bigint;
  /** Fees of the same period on earlier invoices: the plan paid in advance, usage invoiced at once. */
  readonly billedBeforeCents: bigint;
}

/** Sold once: not prorated. */
export interface AddOnItem extends Omit<Item, 'id'> {
  readonly kind: 'add_on';
  /** Null for a line in free words. */
  readonly id: string | null;
  /** What a person wrote about the line. */
  readonly description: string | null;
  readonly units: string;
  /** Major units per unit. */
  readonly unitAmount: string;
}

export type InvoiceItem = PlanItem | FixedChargeItem | UsageChargeItem | CommitmentItem | AddOnItem;

/** A coupon as it is applied to one invoice, before taxes. */
export interface DiscountItem {
  readonly id: string;
  readonly name: string;
  readonly discount: { readonly amountCents: bigint } | { readonly percentage: string };
  /** Fees it is for, by item id; null: all of them. */
  readonly itemIds: readonly string[] | null;
}
