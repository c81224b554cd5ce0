import type { Span } from '../../src/domain/calendar/span.ts';
import { Exact } from '../../src/domain/money/exact.ts';
import { pricingOf } from '../../src/domain/pricing/read-charge-model.ts';
import type { PricedInvoice } from '../../src/domain/invoicing/assemble-invoice.ts';
import type { InvoiceItem, TaxRate } from '../../src/domain/invoicing/items.ts';
import { priceInvoice } from '../../src/domain/invoicing/price-items.ts';

/** What a usage charge counted; the store aggregates, this floor prices. */
interface Usage {
  readonly units: string;
  readonly eventsCount: bigint;
}

interface PlanPrice {
  readonly id: string;
  readonly name: string;
  /** Minor units for one whole period. */
  readonly amountCents: bigint;
  readonly taxes: readonly TaxRate[];
}

interface FixedChargePrice {
  readonly id: string;
  readonly name: string;
  readonly units: string;
  /** Major units per unit, decimal text. */
  readonly unitAmount: string;
  readonly prorated: boolean;
  readonly taxes: readonly TaxRate[];
}

interface UsageChargePrice {
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
