import { expectHealthy } from '../../support/doctor.ts';
import { type Caller, type Florin, startFlorin, type Tenant } from '../../support/florin.ts';
import { advance, invoicesOf, make, stockShop, subscribe, use } from '../../support/shop.ts';

describe('a draft that usage comes late for', () => {
  let florin: Florin;
  let tenant: Tenant;
  let call: Caller;
  beforeAll(async () => (florin = await startFlorin()));
  afterAll(() => florin.stop());
  beforeEach(async () => {
    tenant = await florin.openOrganization('test');
    call = tenant.call;
    await advance(call, '2027-01-01T00:00:00Z');
    await stockShop(call);
  });
  afterEach(() => expectHealthy(florin));

  const january = { subscription_at: '2027-01-01T00:00:00Z', billing_time: 'calendar' };
  const draft = async (subscription: string) => (await read((await invoicesOf(call, subscription))[0].lago_id)).body.invoice;
  const read = (id: string) => call('GET', `/api/v1/invoices/${id}`);
  const refresh = (id: string) => call('PUT', `/api/v1/invoices/${id}/refresh`);

  it('is issued with it, under its number, once', async () => {
    await subscribe(call, 'sub', january);
    await use(call, 'sub', 'tokens', { count: 100 }, '2027-01-10T00:00:00Z');
    await advance(call, '2027-02-01T00:10:00Z');
    const before = await draft('sub');
    expect(before).toMatchObject({ status: 'draft', total_amount_cents: 4900 + 3000 + 200 });

    await use(call, 'sub', 'tokens', { count: 50 }, '2027-01-31T23:00:00Z');
    await use(call, 'sub', 'storage', { gb: 7 }, '2027-01-31T23:00:00Z');
    await use(call, 'sub', 'tokens', { count: 1000 }, '2027-02-01T00:05:00Z');
    await advance(call, '2027-02-01T02:00:00Z');
    const issued = await draft('sub');
    expect(issued).toMatchObject({ number: before.number, issuing_date: before.issuing_date, status: 'finalized' });
    expect(issued.total_amount_cents).toBe(4900 + 3000 + 300 + 700);

    await use(call, 'sub', 'tokens', { count: 1 }, '2027-01-20T00:00:00Z');
    expect(await refresh(issued.lago_id)).toMatchObject({ status: 405, body: { code: 'not_refreshable' } });
    await advance(call, '2027-03-01T02:00:00Z');
    const invoices = await invoicesOf(call, 'sub');
    expect(invoices.map((invoice) => invoice.total_amount_cents)).toEqual([4900 + 3000 + 2000, 4900 + 3000 + 300 + 700]);
  });

  it('shows it when it is refreshed, taxed, and tells it once', async () => {
    await make(call, '/api/v1/taxes', 'tax', { code: 'vat', name: 'VAT', rate: '20', applied_to_organization: true });
    await subscribe(call, 'sub', january);
    await advance(call, '2027-02-01T00:10:00Z');
    const { lago_id: id, total_amount_cents: before } = await draft('sub');
    expect(before).toBe(9480);
    await use(call, 'sub', 'tokens', { count: 500 }, '2027-01-31T23:00:00Z');
    const { status, body } = await refresh(id);
    expect(status).toBe(200);
    expect(body.invoice).toMatchObject({
      status: 'draft',
      fees_amount_cents: 8900,
      taxes_amount_cents: 1780,
      total_amount_cents: 10680,
    });
    expect((await refresh(id)).body.invoice).toEqual(body.invoice);
    expect((await draft('sub')).total_amount_cents).toBe(10680);
    const { rows } = await florin.sql.query(
      "select count(*)::int as told from outbox_events where object_id = $1 and type = 'invoice.refreshed'",
      [id],
    );
    expect(rows[0].told).toBe(1);
    const explained = await call('GET', `/api/v1/fees/${body.invoice.fees.at(-1).lago_id}/explain`);
    expect(explained.status).toBe(200);
  });

  it('gets fees for groups that had none, and loses what a minimum no longer lacks', async () => {
    const { body } = await call('GET', '/api/v1/billable_metrics/tokens');
    await make(call, '/api/v1/plans', 'plan', {
      code: 'grouped',
      name: 'Grouped',
      interval: 'monthly',
      amount_cents: 1000,
      amount_currency: 'USD',
      pay_in_advance: false,
      minimum_commitment: { amount_cents: 5000 },
      charges: [
        {
          billable_metric_id: body.billable_metric.lago_id,
          charge_model: 'standard',
          properties: { amount: '1', pricing_group_keys: ['region'] },
        },
      ],
    });
    await subscribe(call, 'sub', { ...january, plan_code: 'grouped' });
    await advance(call, '2027-02-01T00:10:00Z');
    const before = await draft('sub');
    expect(before.total_amount_cents).toBe(5000);
    await use(call, 'sub', 'tokens', { count: 10, region: 'eu' }, '2027-01-05T00:00:00Z');
    await use(call, 'sub', 'tokens', { count: 20, region: 'us' }, '2027-01-05T00:00:00Z');
    const once = (await refresh(before.lago_id)).body.invoice;
    expect(once.fees.map((fee: { amount_cents: number }) => fee.amount_cents).toSorted((a: number, b: number) => a - b)).toEqual([
      1000, 1000, 1000, 2000,
    ]);
    await use(call, 'sub', 'tokens', { count: 100, region: 'us' }, '2027-01-06T00:00:00Z');
    const twice = (await refresh(before.lago_id)).body.invoice;
    expect(twice.total_amount_cents).toBe(1000 + 1000 + 12_000);
    expect(twice.fees.some((fee: { item: { type: string } }) => fee.item.type === 'commitment')).toBe(false);
  });

  it('counts late usage, and stays as it was made otherwise, when its plan would be billed otherwise by now', async () => {
    await subscribe(call, 'sub', january);
    await advance(call, '2027-02-01T00:10:00Z');
    const before = await draft('sub');
    expect((await call('PUT', '/api/v1/plans/team', { plan: { amount_cents: 9900 } })).status).toBe(200);
    await use(call, 'sub', 'tokens', { count: 500 }, '2027-01-31T23:00:00Z');
    const { body } = await refresh(before.lago_id);
    expect(body.invoice.total_amount_cents).toBe(before.total_amount_cents + 1000);
  });

  it('is found again though its subscription ended, moved on or shares the invoice', async () => {
    await make(call, '/api/v1/customers', 'customer', { external_id: 'both', name: 'Both', consolidate_invoices: true });
    for (const id of ['one', 'two'])
      await make(call, '/api/v1/subscriptions', 'subscription', {
        external_customer_id: 'both',
        plan_code: 'team',
        external_id: id,
        ...january,
      });
    await subscribe(call, 'gone', january);
    await subscribe(call, 'later', january);
    await advance(call, '2027-01-20T12:30:00Z');
    expect((await call('DELETE', '/api/v1/subscriptions/gone')).status).toBe(200);
    await advance(call, '2027-01-20T13:10:00Z');
    const gone = await draft('gone');
    await use(call, 'gone', 'tokens', { count: 100 }, '2027-01-15T00:00:00Z');
    expect((await refresh(gone.lago_id)).body.invoice.total_amount_cents).toBe(gone.total_amount_cents + 200);

    await advance(call, '2027-02-01T00:10:00Z');
    const [shared, later] = [await draft('one'), await draft('later')];
    expect([shared.status, later.status]).toEqual(['draft', 'draft']);
    expect(shared.total_amount_cents).toBe(2 * 7900);
    expect((await call('DELETE', '/api/v1/subscriptions/later')).status).toBe(200);
    await use(call, 'two', 'tokens', { count: 100 }, '2027-01-15T00:00:00Z');
    await use(call, 'later', 'tokens', { count: 100 }, '2027-01-15T00:00:00Z');
    expect((await refresh(shared.lago_id)).body.invoice.total_amount_cents).toBe(2 * 7900 + 200);
    expect((await refresh(later.lago_id)).body.invoice.total_amount_cents).toBe(later.total_amount_cents + 200);
  });

  it('stays a draft, and keeps no other from being issued, while it cannot be priced', async () => {
    await subscribe(call, 'good', january);
    const copy = (await call('GET', '/api/v1/plans/team')).body.plan;
    const charges = [
      { billable_metric_id: copy.charges[0].lago_billable_metric_id, charge_model: 'standard', properties: { amount: '1' } },
    ];
    await make(call, '/api/v1/plans', 'plan', {
      code: 'bad',
      name: 'Bad',
      interval: 'monthly',
      amount_cents: 100,
      amount_currency: 'USD',
      pay_in_advance: false,
      charges,
    });
    await subscribe(call, 'bad', { ...january, plan_code: 'bad' });
    await advance(call, '2027-02-01T00:10:00Z');
    const broken = (how: string) =>
      florin.sql.query(
        `update charges set properties = properties ${how} where plan_id = (select id from plans where code = 'bad' and organization_id = $1)`,
        [tenant.id],
      );
    await broken("- 'amount'");
    await use(call, 'good', 'tokens', { count: 100 }, '2027-01-15T00:00:00Z');
    await advance(call, '2027-02-01T02:00:00Z');
    expect(await draft('good')).toMatchObject({ status: 'finalized', total_amount_cents: 7900 + 200 });
    expect(await draft('bad')).toMatchObject({ status: 'draft', total_amount_cents: 100 });
    await broken(`|| '{"amount": "1"}'`);
    await advance(call, '2027-02-01T02:10:00Z');
    expect(await draft('bad')).toMatchObject({ status: 'finalized', total_amount_cents: 100 });
  });
});
