import { Temporal } from 'temporal-polyfill';
import {
  type BillingAnchor,
  type BillingTime,
  type Interval,
  periodContaining,
} from '../../src/domain/calendar/billing-period.ts';
import { localDateOf } from '../../src/domain/calendar/local-day.ts';
import type { Span } from '../../src/domain/calendar/span.ts';
import type { PlanItem, TaxRate } from '../../src/domain/invoicing/items.ts';
import { priceInvoice } from '../../src/domain/invoicing/price-items.ts';

/** Test data of billing: short ways to say instants, periods and plan fees. */
export const at = (text: string): Temporal.Instant => Temporal.Instant.from(text.length === 10 ? `${text}T00:00:00Z` : text);

export const span = (start: string, end: string): Span => ({ start: at(start), end: at(end) });

export const rateOf = (rate: number | string | undefined): TaxRate[] =>
  rate === undefined || Number(rate) === 0 ? [] : [{ id: `tax-${rate}`, code: `tax_${rate}`, name: 'Tax', rate: String(rate) }];

export const anchorAt = (
  interval: Interval,
  billingTime: BillingTime,
  subscriptionAt: string,
  timezone = 'UTC',
): BillingAnchor => ({
  interval,
  billingTime,
  timezone,
  anchorDate: localDateOf(at(subscriptionAt), timezone),
});

export const periodOf = (anchor: BillingAnchor, instant: string): Span => {
  const { start, end } = periodContaining(anchor, at(instant));
  return { start, end };
};

export const planItem = (amountCents: number, period: Span, billed: Span = period, taxes: TaxRate[] = []): PlanItem => ({
  kind: 'plan',
  id: 'plan',
  name: 'Plan',
  amountCents: BigInt(amountCents),
  taxes,
  period,
  billed,
});

/** A plan fee on an invoice of its own. */
export function planInvoice(item: PlanItem, timezone = 'UTC') {
  const { feesAmountCents, taxesAmountCents, totalCents, fees } = priceInvoice({ currency: 'EUR', timezone, items: [item] });
  const [fee] = fees;
  if (!fee) throw new Error('no fee');
  return {
    fee: Number(feesAmountCents),
    taxes: Number(taxesAmountCents),
    total: Number(totalCents),
    proration: fee.derivation.proration,
  };
}

/** The figures of `expected` that have a counterpart in `found`, and that counterpart: what the two must agree on. */
export function common<Found extends object>(found: Found, expected: object): [Partial<Found>, object] {
  const keys = Object.keys(found).filter((key) => Object.hasOwn(expected, key));
  if (keys.length === 0) throw new Error('nothing to compare');
  const pick = (source: object) => Object.fromEntries(Object.entries(source).filter(([key]) => keys.includes(key)));
  return [pick(found) as Partial<Found>, pick(expected)];
}
