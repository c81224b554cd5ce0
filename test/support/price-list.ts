import type { Caller } from './florin.ts';
import { advance, invoicesOf, make } from './shop.ts';

/** A metric with the same text as code and name; a property `value` is aggregated unless events are counted. */
export const meter = (call: Caller, code: string, aggregation: string, fields: object = {}) =>
  make(call, '/api/v1/billable_metrics', 'billable_metric', {
    code,
    name: code,
    aggregation_type: `${aggregation}_agg`,
    ...(aggregation === 'count' ? {} : { field_name: 'value' }),
    ...fields,
  });

export interface Priced {
  readonly metric: string;
  readonly charge_model: string;
  readonly properties: object;
  readonly [field: string]: unknown;
}

/** A monthly plan without base price whose charges name their metrics by code. */
export async function price(call: Caller, charges: readonly Priced[], fields: object = {}) {
  const listed = [];
  for (const { metric, ...charge } of charges) {
    const { body } = await call('GET', `/api/v1/billable_metrics/${metric}`);
    listed.push({ billable_metric_id: body.billable_metric.lago_id, ...charge });
  }
  return make(call, '/api/v1/plans', 'plan', {
    code: 'plan',
    name: 'Plan',
    interval: 'monthly',
    amount_cents: 0,
    amount_currency: 'USD',
    pay_in_advance: false,
    charges: listed,
    ...fields,
  });
}

/** One customer who takes the plan. */
export async function take(call: Caller, fields: object = {}) {
  await make(call, '/api/v1/customers', 'customer', { external_id: 'customer', name: 'Customer' });
  return make(call, '/api/v1/subscriptions', 'subscription', {
    external_customer_id: 'customer',
    plan_code: 'plan',
    external_id: 'sub',
    ...fields,
  });
}

export interface Sent {
  readonly code: string;
  readonly at: string;
  readonly properties?: object;
  readonly [field: string]: unknown;
}

/** Events of the one subscription. */
export async function send(call: Caller, events: readonly Sent[], subscription = 'sub'): Promise<void> {
  const { status, body } = await call('POST', '/api/v1/events/batch', {
    events: events.map(({ at, ...event }, i) => ({
      transaction_id: `${at} ${event.code} ${i}`,
      external_subscription_id: subscription,
      timestamp: at,
      ...event,
    })),
  });
  if (status !== 200) throw new Error(`events were refused: ${JSON.stringify(body)}`);
}

export interface Fee {
  readonly type: string;
  readonly name: string;
  readonly units: string;
  readonly cents: number;
  readonly events: number;
}

/** Moves time and answers the fees of the subscription's youngest invoice. */
export async function bill(call: Caller, to: string, subscription = 'sub'): Promise<Fee[]> {
  await advance(call, to);
  const [latest] = await invoicesOf(call, subscription);
  const { body } = await call('GET', `/api/v1/invoices/${latest.lago_id}`);
  return feesIn(body.invoice.fees);
}

// oxlint-disable-next-line typescript/no-explicit-any
export const feesIn = (fees: readonly any[]): Fee[] =>
  fees.map((fee) => ({
    type: fee.item.type,
    name: fee.item.name,
    units: fee.units,
    cents: fee.amount_cents,
    events: fee.events_count,
  }));
