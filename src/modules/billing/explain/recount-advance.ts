import { isDeepStrictEqual } from 'node:util';
import { writeUsage } from '../../../domain/invoicing/usage-inputs.ts';
import { pricingOf } from '../../../domain/pricing/read-charge-model.ts';
import { madeAt } from '../../../platform/database/ids.ts';
import type { Query } from '../../../platform/database/sql.ts';
import type { FeeRow } from '../../invoices/index.ts';
import type { UsageRequest } from '../../usage/index.ts';
import type { UsageSpan } from '../charge-usage.ts';
import { type ArrivedEvent, arrivedEvents, readStanding } from '../instant-charges/arrivals.store.ts';
import { ChargeMeters, type EventToMeter } from '../instant-charges/charge-meters.ts';
import { advancePeriodOf } from '../instant-charges/load-charge-meters.ts';
import type { UsageChargeFacts } from '../price-facts.store.ts';
import type { DueSubscription } from '../subscription-to-price.ts';
import { meterEventOf, type Recount } from './sent-events.ts';

interface FeeToRecount {
  readonly fee: FeeRow;
  readonly subscription: DueSubscription;
  readonly charge: UsageChargeFacts;
  readonly span: UsageSpan;
  /** As it is now. */
  readonly known: UsageChargeFacts;
  /** With the metric's expression: events are counted by what was sent. */
  readonly request: UsageRequest;
}

/**
 * What an event was charged for, and what was paid for before: everything that was charged, or came, before its fee was made, again
 * one after the other. A filter that is gone since may have gone before or after: what the fee says decides. Null: the fee is from
 * before fees said what was charged.
 */
export async function recountAdvance(query: Query, toRecount: FeeToRecount): Promise<Recount | null> {
  const { fee, subscription, charge, known, span, request } = toRecount;
  const { pricing } = fee.derivation;
  if (pricing?.charged_cents === undefined) return null;
  const period = advancePeriodOf({ organizationId: fee.organizationId, subscription, charge, span });
  const standing = await readStanding(query, period);
  const events = (await arrivedEvents(query, period)).map((arrived) => ({ ...eventToMeter(request, arrived), arrived }));
  const charged = events.find(({ arrived }) => arrived.fee_id === fee.id);
  if (!charged) throw new Error(`the event of fee ${fee.id} is gone`);
  const past = events.filter(({ arrived }) =>
    arrived.fee_id === null ? arrived.received_at <= madeAt(fee.id) : arrived.fee_id < fee.id,
  );
  const { model } = pricingOf(pricing.charge_model, pricing.properties);
  // A renewal that was made, or made again, after the fee was still to come.
  const willRenew = standing.renewedUntil !== null && standing.renewedUntil > madeAt(fee.id);
  const countBy = (filters: UsageRequest['filters']): Recount => {
    const asItWas = {
      ...request,
      metering: { ...request.metering, model },
      filters: filters.map((filter) => ({ ...filter, model })),
    };
    const { usage, paid } = new ChargeMeters(asItWas, fee.currency, past, { ...standing, willRenew }).charge(charged);
    return { ...writeUsage(usage), ...(paid && { paid: writeUsage(paid) }) };
  };
  const byAll = countBy(request.filters);
  const kept = request.filters.filter(({ id }) => known.filters.some((filter) => filter.id === id));
  if (kept.length === request.filters.length) return byAll;
  const byKept = countBy(kept);
  const said = { ...pricing.inputs, ...(pricing.paid && { paid: pricing.paid }) };
  return isDeepStrictEqual(byKept, said) ? byKept : byAll;
}

function eventToMeter({ metering }: UsageRequest, arrived: ArrivedEvent): EventToMeter {
  const sent = meterEventOf(metering.metric.code, arrived);
  return { id: arrived.transaction_id, sent, counted: sent };
}
