import { Temporal } from 'temporal-polyfill';
import type { Span } from '../../../domain/calendar/span.ts';
import type { PricedInvoice } from '../../../domain/invoicing/assemble-invoice.ts';
import { priceInvoice } from '../../../domain/invoicing/price-items.ts';
import { endOfBilledDays } from '../../../domain/lifecycles/end-subscription.ts';
import { dateOf, instantOf } from '../../../platform/clock/clock.ts';
import { effectiveEntity } from '../../billing-entities/index.ts';
import type { Query } from '../../../platform/database/sql.ts';
import { type MeasuredUsage, measureUsage } from '../../usage/index.ts';
import { periodAround } from '../billing-calendar.ts';
import { bucketOf, usageRequestOf } from '../charge-usage.ts';
import { chargedUsage, type ChargeOfPeriod } from '../instant-charges/load-charge-meters.ts';
import { loadPriceFacts, type UsageChargeFacts } from '../price-facts.store.ts';
import type { PricingSources } from '../price-subscriptions.ts';
import { sinceOf, stepOf } from '../step-of.ts';
import { daysOf, type DueSubscription, lineSettingsOf } from '../subscription-to-price.ts';
import { taxesOf, taxesOnDayOf } from '../taxes-of.ts';

/** Which usage is asked for; absent: all. */
export interface UsageFilter {
  readonly chargeId?: string | undefined;
  readonly chargeCode?: string | undefined;
  readonly metricCode?: string | undefined;
  readonly group?: Readonly<Record<string, string>> | undefined;
}

export interface UsageSoFar {
  readonly subscription: DueSubscription;
  /** The time that is counted: of the running period, since the start and up to the end of the subscription. */
  readonly counted: Span;
  readonly priced: PricedInvoice;
}

/**
 * The usage of the running period at its price: what its invoice will say of charges in arrears, and of charges that are paid in advance
 * what their events are charged for together. A minimum is no usage.
 */
export async function usageSoFar(
  { query, taxRates }: PricingSources,
  organizationId: string,
  subscription: DueSubscription,
  filter: UsageFilter,
): Promise<UsageSoFar> {
  const spans = spansOf(subscription);
  const facts = await loadPriceFacts(query, organizationId, [subscription]);
  const charges = facts.pricesOf(subscription).charges.filter((charge) => isMeant(charge, filter));
  const span = { ...daysOf(subscription), ...spans, streamId: subscription.stream_id };
  const measured = await measureUsage(
    query,
    charges.map((charge) => usageRequestOf(charge, span)),
  );
  const charged = await Promise.all(
    charges.map((charge, i) => chargedOf(query, { organizationId, subscription, charge }, measured[i] ?? [])),
  );
  const byAddress = await taxesOnDayOf(taxRates, effectiveEntity(subscription), dateOf(spans.billed.end));
  const taxes = taxesOf(facts, subscription, byAddress);
  const items = charges.map((charge, i) => ({
    kind: 'charge' as const,
    id: charge.id,
    name: charge.name,
    taxes: taxes(`charge ${charge.id}`),
    ...spans,
    buckets: (charged[i] ?? []).map((bucket) => bucketOf(charge, bucket)).filter((bucket) => isOf(filter, bucket.groupedBy)),
  }));
  return { subscription, counted: spans.billed, priced: priceInvoice({ ...lineSettingsOf(subscription), items }) };
}

const chargedOf = (query: Query, of: Omit<ChargeOfPeriod, 'span'>, measured: readonly MeasuredUsage[]) =>
  of.charge.payInAdvance ? chargedUsage(query, of, measured) : measured;

const isMeant = (charge: UsageChargeFacts, { chargeId, chargeCode, metricCode }: UsageFilter): boolean =>
  (chargeId === undefined || charge.id === chargeId) &&
  (chargeCode === undefined || charge.code === chargeCode) &&
  (metricCode === undefined || charge.metric.code === metricCode);

const isOf = ({ group }: UsageFilter, groupedBy: Readonly<Record<string, string | null>> = {}): boolean =>
  Object.entries(group ?? {}).every(([key, value]) => groupedBy[key] === value);

/** The plan's own period, or the month of one whose usage is billed monthly. */
function spansOf(subscription: DueSubscription): { period: Span; billed: Span; daysUntil: Temporal.Instant } {
  const { anchor, end } = stepOf(subscription);
  const start = instantOf(subscription.current_period_start);
  const period = periodAround(subscription.bill_charges_monthly ? { ...anchor, interval: 'monthly' } : anchor, start);
  const since = instantOf(sinceOf(subscription));
  const { terminated_at: terminatedAt } = subscription;
  const earlier = (a: Temporal.Instant, b: Temporal.Instant) => (Temporal.Instant.compare(a, b) < 0 ? a : b);
  const until = earlier(terminatedAt ? instantOf(terminatedAt) : period.end, period.end);
  return {
    period,
    billed: { start: Temporal.Instant.compare(since, period.start) > 0 ? since : period.start, end: until },
    daysUntil: end && end.how !== 'paused' ? earlier(endOfBilledDays(end, anchor.timezone, { period, since }), until) : until,
  };
}
