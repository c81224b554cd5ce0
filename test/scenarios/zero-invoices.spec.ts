import { expectHealthy } from '../support/doctor.ts';
import { setFlags } from '../support/flags.ts';
import { type Florin, startFlorin, type Tenant } from '../support/florin.ts';
import { advance, invoicesOf, make, stockShop, use } from '../support/shop.ts';

/** `finalize_zero_amount_invoice`: a period that comes to nothing is billed once like any other, with a document or without. */
describe('a period that comes to nothing', () => {
  let florin: Florin;
  let tenant: Tenant;
  beforeAll(async () => {
    florin = await startFlorin();
  });
  afterAll(async () => {
    await expectHealthy(florin);
    await florin.stop();
  });
  beforeEach(async () => {
    tenant = await florin.openOrganization('test');
    await florin.sql.query(`update organizations set virtual_now = '2026-01-01T00:00:00Z' where id = $1`, [tenant.id]);
    await stockShop(tenant.call);
    const { body } = await tenant.call('GET', '/api/v1/billable_metrics/tokens');
    await make(tenant.call, '/api/v1/plans', 'plan', {
      code: 'free',
      name: 'Free',
      interval: 'monthly',
      amount_cents: 0,
      amount_currency: 'USD',
      pay_in_advance: false,
      charges: [{ billable_metric_id: body.billable_metric.lago_id, charge_model: 'standard', properties: { amount: '1' } }],
    });
  });

  const entity = (code: string, fields: object) => tenant.call('PUT', `/api/v1/billing_entities/${code}`, fields);
  const take = async (externalId: string, customer: object = {}) => {
    await make(tenant.call, '/api/v1/customers', 'customer', { external_id: 'acme', ...customer });
    await make(tenant.call, '/api/v1/subscriptions', 'subscription', {
      external_customer_id: 'acme',
      external_id: externalId,
      plan_code: 'free',
    });
  };
  const closed = async () => (await tenant.call('GET', '/api/v1/invoices?status[]=closed')).body.invoices;
  const numbers = async () =>
    (await tenant.call('GET', '/api/v1/invoices')).body.invoices.map((invoice: { number: string }) => invoice.number);

  it('makes an invoice of zero by default', async () => {
    await take('sub');
    await advance(tenant.call, '2026-02-01T03:00:00Z');
    expect((await invoicesOf(tenant.call, 'sub'))[0]).toMatchObject({
      number: 'INV-2026-0001',
      status: 'finalized',
      total_amount_cents: 0,
    });
  });

  it('is closed without a number where its entity wants no such invoice, and the next real one has the next number', async () => {
    expect((await entity('default', { finalize_zero_amount_invoice: false })).body.billing_entity).toMatchObject({
      finalize_zero_amount_invoice: false,
    });
    await take('sub');
    await advance(tenant.call, '2026-03-01T03:00:00Z');
    expect([await numbers(), await invoicesOf(tenant.call, 'sub')]).toEqual([[], []]);
    const [february, january] = await closed();
    expect([january, february]).toMatchObject([
      { period_start: '2026-01-01T00:00:00Z', period_end: '2026-02-01T00:00:00Z' },
      { period_start: '2026-02-01T00:00:00Z', period_end: '2026-03-01T00:00:00Z' },
    ]);
    expect(february).toMatchObject({
      number: null,
      sequential_id: null,
      status: 'closed',
      state: 'closed',
      total_amount_cents: 0,
      scheduled_finalize_at: null,
      finalized_at: null,
    });
    const { body: run } = await tenant.call('GET', '/api/v1/billing_runs');
    expect(run.billing_runs[0]).toMatchObject({ found: 1, successful: 1, failed: 0 });
    // Asking again bills nothing again.
    const { body: again } = await tenant.call('POST', '/api/v1/subscriptions/sub/generate-invoice');
    expect(again.invoice).toMatchObject({ lago_id: february.lago_id });
    expect(await closed()).toHaveLength(2);

    await use(tenant.call, 'sub', 'tokens', { count: 2 }, '2026-03-05T00:00:00Z');
    await advance(tenant.call, '2026-04-01T03:00:00Z');
    expect((await invoicesOf(tenant.call, 'sub'))[0]).toMatchObject({ number: 'INV-2026-0001', total_amount_cents: 200 });
    const { rows } = await florin.sql.query(
      `select type, count(*)::int as n from outbox_events where organization_id = $1 and object_type = 'invoice' group by 1 order by 1`,
      [tenant.id],
    );
    expect(rows).toEqual([
      { type: 'invoice.closed', n: 2 },
      { type: 'invoice.created', n: 1 },
      { type: 'invoice.finalized', n: 1 },
    ]);
  });

  it('is no document: it can be read, and neither issued, paid, voided nor sent', async () => {
    await entity('default', { finalize_zero_amount_invoice: false });
    await take('sub');
    await advance(tenant.call, '2026-02-01T03:00:00Z');
    const [{ lago_id: id }] = await closed();
    expect((await tenant.call('GET', `/api/v1/invoices/${id}`)).body.invoice).toMatchObject({ status: 'closed', number: null });
    for (const [verb, code] of [
      ['finalize', 'not_finalizable'],
      ['void', 'not_voidable'],
      ['pay', 'not_payable'],
      ['send-email', 'not_sendable'],
    ] as const)
      expect((await tenant.call('POST', `/api/v1/invoices/${id}/${verb}`)).body).toMatchObject({ status: 405, code });
    await expect(florin.sql.query(`update invoices set status = 'OPEN' where id = $1`, [id])).rejects.toMatchObject({
      constraint: 'invoices_follow_their_lifecycle',
    });
    await expect(
      florin.sql.query(`update invoices set invoice_number = 'X-1', series = 'x', sequential_id = 1 where id = $1`, [id]),
    ).rejects.toMatchObject({ constraint: 'issued_invoices_are_immutable' });
  });

  it.each([
    ['skip', true, 0],
    ['finalize', false, 1],
    ['inherit', true, 1],
    ['inherit', false, 0],
  ])('is treated as the customer (%s) says, and where it inherits as its entity (%s)', async (policy, entityPolicy, count) => {
    await entity('default', { finalize_zero_amount_invoice: entityPolicy });
    await take('sub', { finalize_zero_amount_invoice: policy });
    expect((await tenant.call('GET', '/api/v1/customers/acme')).body.customer.finalize_zero_amount_invoice).toBe(policy);
    await advance(tenant.call, '2026-02-01T03:00:00Z');
    expect([(await numbers()).length, (await closed()).length]).toEqual([count, 1 - count]);
  });

  it('follows the entity that bills, not the one of the customer', async () => {
    await setFlags(florin, tenant, ['multi_entity_billing']);
    await make(tenant.call, '/api/v1/billing_entities', 'billing_entity', {
      code: 'eu',
      name: 'EU',
      document_number_prefix: 'EU',
      finalize_zero_amount_invoice: false,
    });
    await take('stays');
    await take('moves');
    await tenant.call('PATCH', '/api/v1/subscriptions/moves', { subscription: { billing_entity_code: 'eu' } });
    await advance(tenant.call, '2026-02-01T03:00:00Z');
    expect([await numbers(), (await closed())[0].billing_entity_code]).toEqual([['INV-2026-0001'], 'eu']);
    const series = await florin.sql.query(
      `select count(*)::int as n from number_series n join billing_entities e on e.id = n.billing_entity_id where e.code = 'eu' and n.organization_id = $1`,
      [tenant.id],
    );
    expect(series.rows).toEqual([{ n: 0 }]);
  });

  it('is closed once for all subscriptions of a customer that wants one invoice', async () => {
    await entity('default', { finalize_zero_amount_invoice: false });
    await take('one', { consolidate_invoices: true });
    await take('two');
    await advance(tenant.call, '2026-02-01T03:00:00Z');
    expect(await numbers()).toEqual([]);
    expect(await closed()).toHaveLength(1);
  });

  it('counts for nothing where numbers go on from what was issued', async () => {
    await entity('default', { finalize_zero_amount_invoice: false });
    await take('sub');
    await advance(tenant.call, '2026-02-01T03:00:00Z');
    await entity('default', { document_number_template: '{prefix}-{seq:3}', document_number_restart: 'never' });
    await use(tenant.call, 'sub', 'tokens', { count: 1 }, '2026-02-05T00:00:00Z');
    await advance(tenant.call, '2026-03-01T03:00:00Z');
    expect(await numbers()).toEqual(['INV-001']);
  });

  it.each([
    ['billing_entities/default', { finalize_zero_amount_invoice: 'no' }],
    ['customers/acme', { finalize_zero_amount_invoice: 'never' }],
    ['billing_entities/default', { email_settings: ['credit_note.created'] }],
    ['billing_entities/default', { email_settings: 'invoice.finalized' }],
  ])('%s refuses %j', async (path, fields) => {
    await make(tenant.call, '/api/v1/customers', 'customer', { external_id: 'acme' });
    const { status, body } = await tenant.call('PUT', `/api/v1/${path}`, fields);
    expect([status, Object.keys(body.error_details)]).toEqual([422, Object.keys(fields)]);
  });
});
