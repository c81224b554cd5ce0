import { Temporal } from 'temporal-polyfill';
import { dayCountOf } from '../../../domain/invoicing/derivation.ts';
import { writeUsage } from '../../../domain/invoicing/usage-inputs.ts';
import { aggregate } from '../../../domain/metering/aggregate.ts';
import { bucketsOf } from '../../../domain/metering/buckets.ts';
import { parseExpression } from '../../../domain/metering/expression/parse-expression.ts';
import { meterUsage } from '../../../domain/metering/meter-usage.ts';
import { instantOf } from '../../../platform/clock/clock.ts';
import type { Query } from '../../../platform/database/sql.ts';
import type { FeeRow } from '../../invoices/index.ts';
import { recountAdvance } from './recount-advance.ts';
import { meterEventOf, type RawEvent, type Recount } from './sent-events.ts';
import { periodAround } from '../billing-calendar.ts';
import { usageRequestOf } from '../charge-usage.ts';
import { type DueSubscription, readForPricing } from '../subscription-to-price.ts';
import { standingCharge } from '../drafts/standing-charge.ts';
import { readCharges } from '../price-facts.store.ts';
import { anchorOfSubscription } from '../step-of.ts';

/**
 * The events that the fee could count, in their order. Those that came after the fee was made are late: they change no invoice. (A
 * test organization's fees are made in virtual time, which says nothing of when an event came.)
 */
const selectEvents = {
  name: 'explain.events',
  text: `select e.occurred_at, e.properties::text as properties, e.precise_total_amount_cents::text as total
    from subscriptions s
    join organizations o on o.id = s.organization_id
    join usage_events e on e.stream_id = s.stream_id and e.metric_key = $3
    where s.organization_id = $1 and s.id = $2 and e.occurred_at < $5 and ($6 or e.occurred_at >= $4)
      and (o.mode = 'TEST' or e.received_at <= $7)
    order by e.occurred_at, e.transaction_id`,
};

/**
 * Together they say by which terms the charge was priced: the fee itself, and those of its charge and period, on its invoice or, where events were
 * charged at once, on all.
 */
const selectSiblings = {
  name: 'explain.siblings',
  text: `select f.derivation from fees f where f.organization_id = $1 and f.subscription_id = $2 and f.item_id = $3 and f.period_start = $4
    and (f.pay_in_advance and $6 or f.invoice_id is not distinct from $5) order by f.id <> $7, f.id`,
};

const selectExpression = {
  name: 'explain.expression',
  text: 'select expression from billable_metrics where organization_id = $1 and usage_key = $2',
};

/**
 * What the events say that a usage fee counted, by the domain's reducers and from the properties as they were sent: of a period, of an
 * event that was charged at once those that were charged up to it, of a renewal what was there when its period began. Null: no usage.
 */
export async function recountFee(query: Query, fee: FeeRow): Promise<Recount | null> {
  const { derivation, organizationId, subscriptionId, periodStart, periodEnd } = fee;
  const counts = fee.feeType === 'charge' && !derivation.true_up && derivation.events_count !== undefined;
  if (!counts || subscriptionId === null || !periodStart || !periodEnd) return null;
  const subscription = await readForPricing(query, organizationId, subscriptionId);
  if (!subscription) return null;
  const [known] = fee.itemId === null ? [] : await readCharges(query, organizationId, [fee.itemId]);
  if (!known) throw new Error(`charge ${fee.itemId} of fee ${fee.id} is gone`);
  const siblings = await query<Pick<FeeRow, 'derivation'>>(selectSiblings, [
    organizationId,
    subscriptionId,
    fee.itemId,
    periodStart,
    fee.invoiceId,
    fee.payInAdvance,
    fee.id,
  ]);
  const derivations = siblings.map((sibling) => sibling.derivation);
  const charge = standingCharge(known, derivations, fee.id);
  const filterId = derivation.filter_id ?? null;
  const isRenewal = charge.payInAdvance && !fee.payInAdvance;
  const covered = { start: instantOf(periodStart), end: instantOf(periodEnd) };
  const billed = isRenewal ? { start: beginning, end: covered.start } : covered;
  const period = wholePeriodOf(subscription, covered.start);
  const daysUntil = derivation.days_until === undefined ? {} : { daysUntil: Temporal.Instant.from(derivation.days_until) };
  const { stream_id: streamId, billing_timezone: timezone } = subscription;
  const span = { streamId, timezone, dayCount: dayCountOf(derivation), period, billed, ...daysUntil };
  const request = usageRequestOf(charge, span);
  const filter = request.filters.find(({ id }) => id === filterId);
  const [{ expression = null } = {}] = await query<{ expression: string | null }>(selectExpression, [
    organizationId,
    charge.metric.usage_key,
  ]);
  const parsed = expression === null ? null : parseExpression(expression);
  const metering = {
    ...request.metering,
    metric: { ...request.metering.metric, expression: parsed && 'expression' in parsed ? parsed.expression : null },
    model: (filter ?? request.metering).model,
  };
  if (fee.payInAdvance)
    return recountAdvance(query, { fee, subscription, charge, span, request: { ...request, metering }, known });
  const rows = await query<RawEvent>(selectEvents, [
    organizationId,
    subscriptionId,
    charge.metric.usage_key,
    periodStart,
    isRenewal ? periodStart : periodEnd,
    charge.metric.recurring,
    fee.recountedAt ?? fee.createdAt,
  ]);
  const keys = (filter ?? request).groupKeys;
  const wanted = JSON.stringify(keys.map((key) => derivation.grouped_by?.[key] ?? null));
  const buckets = bucketsOf(
    rows.map((row) => meterEventOf(charge.metric.code, row)),
    request.filters,
    keys,
  );
  const own = buckets.find(
    (bucket) => bucket.filterId === filterId && JSON.stringify(keys.map((key) => bucket.groupedBy[key] ?? null)) === wanted,
  );
  const events = own?.events ?? [];
  const before = { start: beginning, end: billed.start };
  const { carried } = aggregate(metering.metric, events, { billed: before, period });
  if (isRenewal) return { units: aggregate(metering.metric, events, metering, carried).units.toDecimal(), events_count: '0' };
  return writeUsage(meterUsage(metering, events, carried).usage);
}

const beginning = Temporal.Instant.fromEpochMilliseconds(0);

const wholePeriodOf = (subscription: DueSubscription, at: Temporal.Instant) => {
  const anchor = anchorOfSubscription(subscription);
  return periodAround(subscription.bill_charges_monthly ? { ...anchor, interval: 'monthly' } : anchor, at);
};
