import { Temporal } from 'temporal-polyfill';
import type { PricedInvoice } from '../../../domain/invoicing/assemble-invoice.ts';
import type { UsageChargeItem } from '../../../domain/invoicing/items.ts';
import { priceInvoice } from '../../../domain/invoicing/price-items.ts';
import { readUsage } from '../../../domain/invoicing/usage-inputs.ts';
import { filterFor } from '../../../domain/metering/buckets.ts';
import { dateOf, instantOf } from '../../../platform/clock/clock.ts';
import { type EffectiveEntity, effectiveEntity } from '../../billing-entities/index.ts';
import { measureUsage } from '../../usage/index.ts';
import { periodAround } from '../billing-calendar.ts';
import { bucketOf, usageRequestOf, type UsageSpan } from '../charge-usage.ts';
import { daysOf, type DueSubscription, lineSettingsOf } from '../subscription-to-price.ts';
import type { PriceFacts, UsageChargeFacts } from '../price-facts.store.ts';
import type { PricingSources } from '../price-subscriptions.ts';
import { taxesOf, taxesOnDayOf } from '../taxes-of.ts';
import { anchorOfSubscription } from '../step-of.ts';
import { paidUsage, type WaitingEvent, type WaitingSubscription } from './instant-charges.store.ts';

export interface EventToPrice {
  readonly organizationId: string;
  readonly subscription: DueSubscription;
  readonly waiting: WaitingSubscription;
  readonly event: WaitingEvent;
  readonly facts: PriceFacts;
}

/** What one event costs by one charge. */
export interface InstantFee {
  readonly entity: EffectiveEntity;
  readonly invoiceable: boolean;
  readonly priced: PricedInvoice;
}

/** The fees of an event, one for each charge of its metric that is paid in advance, in the period that the event falls into. */
export async function priceEvent(sources: PricingSources, toPrice: EventToPrice): Promise<InstantFee[]> {
  const { subscription, event, facts } = toPrice;
  const fees: InstantFee[] = [];
  for (const charge of facts.pricesOf(subscription).charges) {
    if (!charge.payInAdvance || charge.metric.usage_key !== event.metric_key) continue;
    fees.push(await priceBy(sources, charge, toPrice));
  }
  return fees;
}

/** The growth from what is paid for to the usage with this event (lago.md 1.4). */
async function priceBy(
  { query, taxRates }: PricingSources,
  charge: UsageChargeFacts,
  toPrice: EventToPrice,
): Promise<InstantFee> {
  const { organizationId, subscription, event, facts } = toPrice;
  const span = spanOf(toPrice);
  const request = usageRequestOf(charge, span);
  const filter = filterFor(request.filters, {
    timestamp: instantOf(event.occurred_at),
    code: charge.metric.code,
    properties: event.properties,
  });
  const keys = (request.filters.find(({ id }) => id === filter?.id) ?? request).groupKeys;
  const groupedBy = keys.length === 0 ? null : Object.fromEntries(keys.map((key) => [key, wordOf(event, key)]));
  const paid = await paidUsage(query, organizationId, {
    subscriptionId: subscription.id,
    chargeIds: charge.parentId === null ? [charge.id] : [charge.id, charge.parentId],
    periodStart: dateOf(span.billed.start),
    filterValues: charge.filters.find(({ id }) => id === filter?.id)?.filter_values ?? null,
    groupedBy,
  });
  // What is paid for already is counted as it was then, or it would be charged or given away again.
  const dayCount = paid?.dayCount ?? subscription.day_count;
  const metering = { ...request.metering, dayCount };
  const [measured = []] = await measureUsage(query, [{ ...request, metering, charging: event.transaction_id }]);
  const own = measured.find(
    (bucket) => bucket.filterId === (filter?.id ?? null) && keys.every((key) => bucket.groupedBy?.[key] === groupedBy?.[key]),
  );
  if (!own) throw new Error(`event ${event.transaction_id} is in no bucket of charge ${charge.id}`);
  const entity = effectiveEntity(subscription);
  const taxes = taxesOf(facts, subscription, await taxesOnDayOf(taxRates, entity, event.occurred_at));
  const item: UsageChargeItem = {
    kind: 'charge',
    id: charge.id,
    name: charge.name,
    taxes: taxes(`charge ${charge.id}`),
    period: span.period,
    billed: span.billed,
    buckets: [{ ...bucketOf(charge, own), paid: paid && readUsage(paid.inputs) }],
  };
  const priced = priceInvoice({ ...lineSettingsOf(subscription), dayCount, items: [item] });
  return { entity, invoiceable: charge.invoiceable, priced };
}

/** The period of the event, from the subscription's start and to its end. */
function spanOf({ subscription, waiting, event }: EventToPrice): UsageSpan {
  const period = periodAround(anchorOfSubscription(subscription), instantOf(event.occurred_at));
  const started = instantOf(waiting.started_at);
  const ended = waiting.terminated_at && instantOf(waiting.terminated_at);
  const later = (a: Temporal.Instant, b: Temporal.Instant) => (Temporal.Instant.compare(a, b) > 0 ? a : b);
  return {
    streamId: subscription.stream_id,
    ...daysOf(subscription),
    period,
    billed: {
      start: later(period.start, started),
      end: ended && Temporal.Instant.compare(ended, period.end) < 0 ? ended : period.end,
    },
  };
}

/** As SQL reads a property: text, whatever its type; null where it is absent. */
function wordOf({ properties }: WaitingEvent, key: string): string | null {
  const value = Object.hasOwn(properties, key) ? properties[key] : undefined;
  return value === undefined || value === null ? null : `${value as string}`;
}
