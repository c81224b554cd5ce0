import type { BillingAnchor } from '../../domain/calendar/billing-period.ts';
import type { PricedInvoice } from '../../domain/invoicing/assemble-invoice.ts';
import type { InvoiceItem } from '../../domain/invoicing/items.ts';
import { priceInvoice } from '../../domain/invoicing/price-items.ts';
import { anchorOf } from '../../domain/lifecycles/begin-subscription.ts';
import { instantOf } from '../../platform/clock/clock.ts';
import type { Query } from '../../platform/database/sql.ts';
import { type EffectiveEntity, effectiveEntity } from '../billing-entities/index.ts';
import { type MeasuredUsage, measureUsage } from '../usage/index.ts';
import { periodAround } from './billing-calendar.ts';
import { bucketOf, usageRequestOf, type UsageSpan } from './charge-usage.ts';
import type { DueSubscription } from './due-subscriptions.store.ts';
import { loadPriceFacts, type PriceFacts, type UsageChargeFacts } from './price-facts.store.ts';

/** A subscription's current period with what it costs. */
export interface PricedSubscription {
  readonly subscription: DueSubscription;
  readonly anchor: BillingAnchor;
  readonly entity: EffectiveEntity;
  readonly priced: PricedInvoice;
}

interface SpannedSubscription extends UsageSpan {
  readonly subscription: DueSubscription;
  readonly anchor: BillingAnchor;
  readonly entity: EffectiveEntity;
}

type UsageOf = (subscriptionId: string, chargeId: string) => readonly MeasuredUsage[];

/**
 * The first two beats for any number of subscriptions: a few reads, then pure pricing. Invoice, preview and current usage all
 * come through here, so they cannot disagree.
 */
export async function priceSubscriptions(
  query: Query,
  organizationId: string,
  subscriptions: readonly DueSubscription[],
): Promise<PricedSubscription[]> {
  if (subscriptions.length === 0) return [];
  const facts = await loadPriceFacts(query, organizationId, subscriptions);
  const spanned = subscriptions.map(spanOf);
  const usageOf = await loadUsage(query, spanned, facts);
  return spanned.map((entry) => ({ ...entry, priced: price(entry, facts, usageOf) }));
}

function spanOf(subscription: DueSubscription): SpannedSubscription {
  const anchor = anchorOf({
    interval: subscription.interval,
    billingTime: subscription.billing_time,
    timezone: subscription.billing_timezone,
    subscriptionAt: instantOf(subscription.subscription_at),
  });
  const start = instantOf(subscription.current_period_start);
  return {
    subscription,
    anchor,
    entity: effectiveEntity(subscription),
    streamId: subscription.stream_id,
    timezone: subscription.billing_timezone,
    period: periodAround(anchor, start),
    billed: { start, end: instantOf(subscription.current_period_end) },
  };
}

/** Usage that is charged at the end of the period; what is paid in advance was charged by its events. */
const chargesOf = (subscription: DueSubscription, facts: PriceFacts): UsageChargeFacts[] =>
  facts.pricesOf(subscription.plan_id).charges.filter((charge) => !charge.payInAdvance);

async function loadUsage(query: Query, spanned: readonly SpannedSubscription[], facts: PriceFacts): Promise<UsageOf> {
  const asked = spanned.flatMap((entry) =>
    chargesOf(entry.subscription, facts).map((charge) => ({
      key: `${entry.subscription.id} ${charge.id}`,
      request: usageRequestOf(charge, entry),
    })),
  );
  const measured = await measureUsage(
    query,
    asked.map(({ request }) => request),
  );
  const byKey = new Map(asked.map(({ key }, i) => [key, measured[i] ?? []]));
  return (subscriptionId, chargeId) => byKey.get(`${subscriptionId} ${chargeId}`) ?? [];
}

/** Taxes are those of the charge or commitment, else of the plan, the customer, the effective entity, the organization: the nearest that has any. */
function price(
  { subscription, entity, period, billed, timezone }: SpannedSubscription,
  facts: PriceFacts,
  usageOf: UsageOf,
): PricedInvoice {
  const fallback = [
    `plan ${subscription.plan_id}`,
    `customer ${subscription.customer_id}`,
    `billing_entity ${entity.id}`,
    'organization ',
  ];
  const taxes = facts.nearestTaxes(...fallback);
  const prices = facts.pricesOf(subscription.plan_id);
  const plan: InvoiceItem = {
    kind: 'plan',
    id: subscription.plan_id,
    name: subscription.plan_name,
    amountCents: BigInt(subscription.amount_cents),
    taxes,
    period,
    billed,
  };
  const items: InvoiceItem[] = [
    plan,
    ...prices.fixedCharges.map((charge): InvoiceItem => ({ ...charge, kind: 'fixed_charge', taxes, period, billed })),
    ...chargesOf(subscription, facts).map((charge): InvoiceItem => ({
      kind: 'charge',
      id: charge.id,
      name: charge.name,
      taxes: facts.nearestTaxes(`charge ${charge.id}`, ...fallback),
      period,
      billed,
      buckets: usageOf(subscription.id, charge.id).map((measured) => bucketOf(charge, measured)),
      ...(charge.minimumCents > 0n && { minimumCents: charge.minimumCents }),
    })),
  ];
  if (prices.commitment)
    items.push({
      ...prices.commitment,
      kind: 'commitment',
      taxes: facts.nearestTaxes(`commitment ${prices.commitment.id}`, ...fallback),
      period,
      billed,
      billedBeforeCents: 0n,
    });
  return priceInvoice({ currency: subscription.amount_currency, timezone, items });
}
