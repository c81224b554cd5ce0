import type { Caller } from './florin.ts';

/** Calls that must succeed; answers the object inside the wrapper. */
// oxlint-disable-next-line typescript/no-explicit-any
export async function make(call: Caller, path: string, root: string, fields: object): Promise<any> {
  const { status, body } = await call('POST', path, { [root]: fields });
  if (status !== 200) throw new Error(`POST ${path} answered ${status}: ${JSON.stringify(body)}`);
  return body[root];
}

/** A plan of 49.00 a month with a seat at 10.00, and tokens at 0.02 and storage by its peak at 1.00. */
export async function stockShop(call: Caller, { interval = 'monthly', trialDays = 0 } = {}): Promise<void> {
  const tokens = await make(call, '/api/v1/billable_metrics', 'billable_metric', {
    code: 'tokens',
    name: 'Tokens',
    aggregation_type: 'sum_agg',
    field_name: 'count',
  });
  const storage = await make(call, '/api/v1/billable_metrics', 'billable_metric', {
    code: 'storage',
    name: 'Storage',
    aggregation_type: 'max_agg',
    field_name: 'gb',
  });
  await make(call, '/api/v1/add_ons', 'add_on', { code: 'seat', name: 'Seat', amount_cents: 1000, amount_currency: 'USD' });
  await make(call, '/api/v1/plans', 'plan', {
    code: 'team',
    name: 'Team',
    interval,
    amount_cents: 4900,
    amount_currency: 'USD',
    pay_in_advance: false,
    trial_period: trialDays,
    fixed_charges: [{ add_on_code: 'seat', charge_model: 'standard', units: '3' }],
    charges: [
      { billable_metric_id: tokens.lago_id, charge_model: 'standard', properties: { amount: '0.02' } },
      { billable_metric_id: storage.lago_id, charge_model: 'standard', properties: { amount: '1' } },
    ],
  });
}

export const subscribe = async (call: Caller, externalId: string, fields: object = {}) => {
  await make(call, '/api/v1/customers', 'customer', { external_id: `customer of ${externalId}`, name: `Customer ${externalId}` });
  return make(call, '/api/v1/subscriptions', 'subscription', {
    external_customer_id: `customer of ${externalId}`,
    plan_code: 'team',
    external_id: externalId,
    ...fields,
  });
};

let serial = 0;

export const use = (call: Caller, subscription: string, code: string, properties: object, timestamp: string) =>
  make(call, '/api/v1/events', 'event', {
    transaction_id: `t${(serial += 1)}`,
    external_subscription_id: subscription,
    code,
    properties,
    timestamp,
  });

/** Moves a test organization's clock. */
export async function advance(call: Caller, to: string): Promise<void> {
  const { status, body } = await call('POST', '/api/v1/test_clock/advance', { to });
  if (status !== 200) throw new Error(`the clock did not move: ${JSON.stringify(body)}`);
}

export async function invoicesOf(call: Caller, subscription: string) {
  const { body } = await call('GET', `/api/v1/subscriptions/${encodeURIComponent(subscription)}/invoices`);
  // oxlint-disable-next-line typescript/no-explicit-any
  return body.invoices as any[];
}
