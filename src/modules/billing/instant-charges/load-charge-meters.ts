import { Temporal } from 'temporal-polyfill';
import { dateOf, instantOf } from '../../../platform/clock/clock.ts';
import type { Query } from '../../../platform/database/sql.ts';
import { parseStrictJson } from '../../../platform/http/strict-json.ts';
import { countedEvent, countedMetric, type MeasuredUsage, type UsageRequest } from '../../usage/index.ts';
import { usageRequestOf, type UsageSpan } from '../charge-usage.ts';
import type { UsageChargeFacts } from '../price-facts.store.ts';
import { periodAround } from '../billing-calendar.ts';
import { anchorOfSubscription } from '../step-of.ts';
import { daysOf, type DueSubscription } from '../subscription-to-price.ts';
import { type AdvancePeriod, arrivedEvents, readStanding, type StoredEvent } from './arrivals.store.ts';
import { ChargeMeters, type EventToMeter, sentEvent } from './charge-meters.ts';

export interface ChargeOfPeriod {
  readonly organizationId: string;
  readonly subscription: DueSubscription;
  readonly charge: UsageChargeFacts;
  readonly span: UsageSpan;
}

export interface LoadedMeters {
  readonly request: UsageRequest;
  readonly meters: ChargeMeters;
}

export const advancePeriodOf = ({ organizationId, subscription, charge, span }: ChargeOfPeriod): AdvancePeriod => ({
  organizationId,
  subscriptionId: subscription.id,
  streamId: subscription.stream_id,
  chargeIds: charge.parentId === null ? [charge.id] : [charge.id, charge.parentId],
  metricKey: charge.metric.usage_key,
  recurring: charge.metric.recurring,
  from: dateOf(span.billed.start),
  to: dateOf(span.billed.end),
});

/** Two reads: what counts in the period so far, and what of it is paid for. */
export async function loadChargeMeters(query: Query, of: ChargeOfPeriod, { withWaiting = false } = {}): Promise<LoadedMeters> {
  const { subscription, charge, span } = of;
  const period = advancePeriodOf(of);
  const standing = await readStanding(query, period);
  // What is paid for already is counted as it was then, or it would be charged or given away again.
  const request = usageRequestOf(charge, { ...span, dayCount: standing.dayCount ?? span.dayCount });
  const counting = { ...request, metering: { ...request.metering, metric: countedMetric(request.metering.metric) } };
  const past = (await arrivedEvents(query, period, { withWaiting })).map((arrived) => ({
    ...meterable(request, arrived),
    arrived,
  }));
  const willRenew = period.recurring && period.from > subscription.current_period_start;
  const meters = new ChargeMeters(counting, subscription.amount_currency, past, { ...standing, willRenew });
  return { request, meters };
}

/**
 * The usage that the period's events are charged for, those that wait too, in each filter and group that is measured: what stands as
 * paid for where it fell since.
 */
export async function chargedUsage(
  query: Query,
  of: Omit<ChargeOfPeriod, 'span'>,
  measured: readonly MeasuredUsage[],
): Promise<MeasuredUsage[]> {
  const span = advanceSpanOf(of.subscription, instantOf(of.subscription.current_period_start));
  const { meters } = await loadChargeMeters(query, { ...of, span }, { withWaiting: true });
  return measured.map((bucket) => ({ ...bucket, usage: meters.chargedFor(bucket) ?? bucket.usage }));
}

/** The charges' period around an instant, from the subscription's start and to its end. */
export function advanceSpanOf(subscription: DueSubscription, at: Temporal.Instant): UsageSpan {
  const anchor = anchorOfSubscription(subscription);
  const period = periodAround(subscription.bill_charges_monthly ? { ...anchor, interval: 'monthly' } : anchor, at);
  const started = instantOf(subscription.started_at);
  const ended = subscription.terminated_at && instantOf(subscription.terminated_at);
  return {
    streamId: subscription.stream_id,
    ...daysOf(subscription),
    period,
    billed: {
      start: Temporal.Instant.compare(started, period.start) > 0 ? started : period.start,
      end: ended && Temporal.Instant.compare(ended, period.end) < 0 ? ended : period.end,
    },
  };
}

/** A stored event: sorted by its properties, and counted by what was read from them when it came. */
export function meterable({ metering, filters, groupKeys }: UsageRequest, event: StoredEvent): EventToMeter {
  const { metric } = metering;
  const isDealt = groupKeys.length > 0 || filters.length > 0;
  const properties = isDealt ? (parseStrictJson(Buffer.from(event.properties)) as Readonly<Record<string, unknown>>) : {};
  return {
    id: event.transaction_id,
    sent: sentEvent(metric.code, event.occurred_at, properties),
    counted: {
      ...countedEvent(metric, {
        at: event.occurred_at.toISOString(),
        value: event.value,
        unique_value: event.unique_value,
      }),
      preciseTotalAmountCents: event.total,
    },
  };
}
