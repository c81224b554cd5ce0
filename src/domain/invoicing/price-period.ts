import type { Span } from '../calendar/span.ts';
import { Exact } from '../money/exact.ts';
import { pricingOf } from '../pricing/read-charge-model.ts';
import type { PricedInvoice } from './assemble-invoice.ts';
import type { InvoiceItem, TaxRate } from './items.ts';
import { priceInvoice } from './price-items.ts';

export type { PricedInvoice } from './assemble-invoice.ts';
export type { FeeDerivation } from './derivation.ts';
export type { FeeType, TaxRate } from './items.ts';

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

/** One subscription period in arrears whose prices are all standard. */
export interface PeriodToPrice {
  readonly currency: string;
  readonly timezone: string;
  readonly period: Span;
  readonly billed: Span;
  readonly plan: PlanPrice;
  readonly fixedCharges: readonly FixedChargePrice[];
  readonly usageCharges: readonly UsageChargePrice[];
}

const standard = (unitAmount: string) => pricingOf('standard', { amount: unitAmount });

/** `priceInvoice` for the plain case: everything in arrears, over one span. */
export function pricePeriod({ period, billed, ...input }: PeriodToPrice): PricedInvoice {
  const items: InvoiceItem[] = [
    { ...input.plan, kind: 'plan', period, billed },
    ...input.fixedCharges.map(({ unitAmount, ...charge }): InvoiceItem => ({
      ...charge,
      kind: 'fixed_charge',
      period,
      billed,
      pricing: standard(unitAmount),
    })),
    ...input.usageCharges.map(({ unitAmount, usage, ...charge }): InvoiceItem => {
      const counted = { units: Exact.parse(usage.units), eventsCount: usage.eventsCount };
      return { ...charge, kind: 'charge', period, billed, buckets: [{ pricing: standard(unitAmount), usage: counted }] };
    }),
  ];
  return priceInvoice({ currency: input.currency, timezone: input.timezone, items });
}
