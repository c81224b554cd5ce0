import { type Caller, type Florin, type Tenant } from '../../support/florin.ts';
import { advance, make } from '../../support/shop.ts';

/** A test organization whose clock stands at the given instant. */
export async function openAt(florin: Florin, instant: string): Promise<Tenant> {
  const tenant = await florin.openOrganization('test');
  await florin.sql.query('update organizations set virtual_now = $2 where id = $1', [tenant.id, instant]);
  return tenant;
}

/** A plan of `cents` a month, in advance, without charges. */
export const sell = (call: Caller, code: string, amountCents: number, fields: object = {}) =>
  make(call, '/api/v1/plans', 'plan', {
    code,
    name: code,
    interval: 'monthly',
    amount_cents: amountCents,
    amount_currency: 'EUR',
    pay_in_advance: true,
    ...fields,
  });

/** A metric `units` that sums `count`, once an organization. */
export const meter = (call: Caller) =>
  make(call, '/api/v1/billable_metrics', 'billable_metric', {
    code: 'units',
    name: 'Units',
    aggregation_type: 'sum_agg',
    field_name: 'count',
  });

export const tax = (call: Caller, rate: number) =>
  make(call, '/api/v1/taxes', 'tax', { code: 'vat', name: 'VAT', rate, applied_to_organization: true });

/** A customer (made when unknown) takes a plan as subscription `externalId`. */
export async function take(call: Caller, externalId: string, planCode: string, fields: object = {}, customer: object = {}) {
  await make(call, '/api/v1/customers', 'customer', { external_id: `customer of ${externalId}`, ...customer });
  return make(call, '/api/v1/subscriptions', 'subscription', {
    external_customer_id: `customer of ${externalId}`,
    plan_code: planCode,
    external_id: externalId,
    ...fields,
  });
}

/** What the hourly schedule would do at this instant, without moving on. */
export async function bill(call: Caller): Promise<void> {
  const { status, body } = await call('POST', '/api/v1/billing_runs');
  if (status !== 200 || body.billing_run.failed > 0) throw new Error(`the run failed: ${JSON.stringify(body)}`);
}

/** What fixed charges sell, named as its codes. */
export async function makeAddOns(call: Caller, amountCents: number, ...codes: readonly string[]): Promise<void> {
  for (const code of codes)
    await make(call, '/api/v1/add_ons', 'add_on', { code, name: code, amount_cents: amountCents, amount_currency: 'EUR' });
}

/** Paused from one instant to another, each billed when it is there. */
export async function pauseBetween(call: Caller, paused: string, resumed: string): Promise<void> {
  await advance(call, paused);
  await call('POST', '/api/v1/subscriptions/sub/pause');
  await advance(call, resumed);
  await bill(call);
  await call('POST', '/api/v1/subscriptions/sub/resume');
  await bill(call);
}

/** Whole invoices with their fees, the oldest first. */
export async function wholeInvoices(call: Caller, externalId: string) {
  const { body } = await call('GET', `/api/v1/invoices?external_customer_id=${encodeURIComponent(`customer of ${externalId}`)}`);
  const listed = body.invoices as { lago_id: string; issuing_date: string; sequential_id: number }[];
  const ids = listed.toSorted((a, b) => a.issuing_date.localeCompare(b.issuing_date) || a.sequential_id - b.sequential_id);
  const whole = [];
  for (const { lago_id: id } of ids) whole.push((await call('GET', `/api/v1/invoices/${id}`)).body.invoice);
  return whole;
}

interface Fee {
  readonly item: { readonly type: string };
  readonly amount_cents: number;
  readonly from_date: string;
  readonly to_date: string;
}

/** Where a fee ends, exclusive: the wire names its last second. */
export const endOf = (fee: Pick<Fee, 'from_date' | 'to_date'>): string =>
  fee.to_date === fee.from_date ? fee.to_date : new Date(Date.parse(fee.to_date) + 1_000).toISOString();

/** `subscription 7500 2025-02-08/2025-03-01`: what an invoice bills, line by line, by UTC day. */
export const linesOf = (invoice: { fees: Fee[] }): string[] =>
  invoice.fees.map((fee) => `${fee.item.type} ${fee.amount_cents} ${fee.from_date.slice(0, 10)}/${endOf(fee).slice(0, 10)}`);

export { advance };
