import { featureFlagNames } from '../../src/platform/feature-flags/flags.ts';
import { setFlags } from '../support/flags.ts';
import { type Caller, type Florin, startFlorin, type Tenant } from '../support/florin.ts';
import { deliver, stripeEvent, webhookSecret } from '../support/stripe.ts';
import { checkoutSession } from '../support/stripe-objects.ts';
import { advance, invoicesOf, make, stockShop, subscribe, use } from '../support/shop.ts';

type Method = Parameters<Caller>[0];

/** Every route that names something, walked with the ids and codes of another tenant: 404, and nothing of theirs changes. */
describe("another tenant's things", () => {
  let florin: Florin;
  let owner: Tenant;
  let stranger: Tenant;
  /** First segment under /api/v1 → what identifies the owner's one, by id and by code. */
  let things: Record<string, string[]>;
  let routes: { method: Method; path: string }[];

  beforeAll(async () => {
    florin = await startFlorin({ STRIPE_WEBHOOK_SECRET: webhookSecret });
    owner = await florin.openOrganization('test');
    stranger = await florin.openOrganization('test', 'Stranger');
    await setFlags(florin, stranger, featureFlagNames);
    await florin.sql.query(`update organizations set virtual_now = '2026-01-01T00:00:00Z'`);
    const { call } = owner;
    await stockShop(call);
    const tax = await make(call, '/api/v1/taxes', 'tax', { code: 'vat', name: 'VAT', rate: 20 });
    const entity = await make(call, '/api/v1/billing_entities', 'billing_entity', { code: 'eu', name: 'EU' });
    const subscription = await subscribe(call, 'sub');
    const event = await use(call, 'sub', 'tokens', { count: 1 }, '2026-01-05T00:00:00Z');
    await advance(call, '2026-02-01T00:30:00Z');
    const [invoice] = await invoicesOf(call, 'sub');
    const [run] = (await call('GET', '/api/v1/billing_runs')).body.billing_runs;
    const { operation } = (await call('POST', '/api/v1/billing_runs', undefined, { prefer: 'respond-async' })).body;
    const [activity] = (await call('GET', '/api/v1/activity_logs')).body.activity_logs;
    const provisioner = await make(call, '/api/v1/provisioners', 'provisioner', {
      resource_type: 'graph',
      kind: 'http',
      url: 'https://provisioner.example.com/make',
    });
    const attempt = await provision();
    const order = { external_customer_id: 'customer of sub', plan_code: 'team', external_id: 'wiki of sub' };
    await call('POST', '/api/v1/resources/wiki/wiki/subscriptions', order);
    const idOf = async (path: string, root: string) => (await call('GET', `/api/v1/${path}`)).body[root].lago_id as string;
    const feeId = (await call('GET', `/api/v1/invoices/${invoice.lago_id}`)).body.invoice.fees[0].lago_id as string;
    await call('PUT', `/api/v1/invoices/${invoice.lago_id}/finalize`);
    const note = await make(call, '/api/v1/credit_notes', 'credit_note', {
      invoice_id: invoice.lago_id,
      items: [{ fee_id: feeId, amount_cents: 1 }],
    });
    things = {
      credit_notes: [note.lago_id],
      taxes: ['vat', tax.lago_id],
      billing_entities: ['eu', entity.lago_id],
      billable_metrics: ['tokens', await idOf('billable_metrics/tokens', 'billable_metric')],
      add_ons: ['seat', await idOf('add_ons/seat', 'add_on')],
      plans: ['team', await idOf('plans/team', 'plan')],
      customers: ['customer of sub', await idOf('customers/customer%20of%20sub', 'customer')],
      subscriptions: ['sub', subscription.lago_id],
      events: [event.transaction_id],
      invoices: [invoice.lago_id],
      fees: [feeId],
      billing_runs: [run.lago_id],
      activity_logs: [activity.activity_id],
      operations: [operation.id],
      provisioners: ['graph', provisioner.lago_id],
      provisioning: [attempt.operation_id],
      resources: ['wiki'],
    };
    const document = (await call('GET', '/openapi.json')).body as { paths: Record<string, Record<string, unknown>> };
    routes = Object.entries(document.paths)
      .filter(([path]) => path.startsWith('/api/v1/') && !path.startsWith('/api/v1/billing/') && path.includes('{'))
      .flatMap(([path, methods]) => Object.keys(methods).map((method) => ({ method: method.toUpperCase() as Method, path })));
  });
  afterAll(() => florin.stop());

  /** An attempt that waits for the owner's service, from a purchase that Stripe says is paid. */
  async function provision(): Promise<{ operation_id: string }> {
    const { body } = await florin.operator('POST', '/admin/v1/subscriptions', {
      subscription: {
        organization_id: owner.id,
        external_customer_id: 'customer of sub',
        plan_code: 'team',
        external_id: 'graph of sub',
        provider_subscription_id: 'cs_1',
        resource_type: 'graph',
      },
    });
    await deliver(florin, stripeEvent('checkout.session.completed', checkoutSession({ id: 'cs_1' })));
    return (await florin.operator('GET', `/admin/v1/subscriptions/${body.subscription.id}`)).body.subscription.provisioning;
  }

  /** A fingerprint of everything the owner has. */
  async function everythingOf(tenant: Tenant): Promise<string> {
    const { rows } = await florin.sql.query(
      `select table_name from information_schema.columns where column_name = 'organization_id' and table_schema = 'public' and table_name <> 'api_keys' order by 1`,
    );
    const parts: string[] = [];
    for (const { table_name: table } of rows as { table_name: string }[]) {
      const result = await florin.sql.query(
        `select md5(coalesce(string_agg(md5(t::text), '' order by md5(t::text)), '')) as hash from ${table} t where organization_id = $1`,
        [tenant.id],
      );
      parts.push(`${table} ${result.rows[0].hash}`);
    }
    return parts.join('\n');
  }

  it('are a 404 on every route, and stay as they are', async () => {
    expect(routes.length).toBeGreaterThan(30);
    const before = await everythingOf(owner);
    const wrong: string[] = [];
    for (const { method, path } of routes) {
      const resource = path.split('/')[3] ?? '';
      const names = things[resource];
      if (!names) throw new Error(`the walk knows nothing of /api/v1/${resource}: add its thing`);
      for (const name of names) {
        const url = path.replace(/\{[^}]+\}/g, encodeURIComponent(name));
        const query = path.endsWith('_usage') ? '?external_subscription_id=sub' : '';
        const answer = await stranger.call(
          method,
          `${url}${query}`,
          method === 'GET' || method === 'DELETE' ? undefined : bodyFor(path),
        );
        if (answer.status !== 404 || !/_not_found$/.test(answer.body.code) || answer.body.code === 'route_not_found')
          wrong.push(`${method} ${url} answered ${answer.status} ${JSON.stringify(answer.body)}`);
      }
    }
    expect(wrong).toEqual([]);
    expect(await everythingOf(owner)).toBe(before);
  });

  it.each([
    [
      '/api/v1/subscriptions',
      { subscription: { external_customer_id: 'customer of sub', plan_code: 'team', external_id: 'x' } },
      'plan_not_found',
    ],
    [
      '/api/v1/invoices',
      { invoice: { external_customer_id: 'customer of sub', fees: [{ add_on_code: 'seat' }] } },
      'customer_not_found',
    ],
    ['/api/v1/customers', { customer: { external_id: 'x', billing_entity_code: 'eu' } }, 'billing_entity_not_found'],
  ])('are not reached through a body: POST %s', async (path, body, code) => {
    const answer = await stranger.call('POST', path, body);
    expect([answer.status, answer.body.code]).toEqual([404, code]);
  });

  it('are not listed', async () => {
    for (const resource of Object.keys(things).filter(
      (name) => !['billing_entities', 'activity_logs', 'operations', 'provisioning', 'resources'].includes(name),
    )) {
      const { body } = await stranger.call('GET', `/api/v1/${resource}`);
      expect([resource, body.meta.total_count]).toEqual([resource, 0]);
    }
  });

  it('of the operator need the operator: a tenant key opens nothing under /admin', async () => {
    for (const path of [
      '/admin/v1/organizations',
      `/admin/v1/organizations/${owner.id}`,
      `/admin/v1/organizations/${owner.id}/api_keys`,
      '/admin/v1/runs',
      '/admin/v1/workers',
      '/admin/v1/doctor',
    ])
      expect((await owner.call('GET', path)).body).toMatchObject({ status: 401, code: 'unauthorized' });
  });

  /** Valid enough to get past validation, so that the 404 is about the thing. */
  function bodyFor(path: string): object {
    if (path.includes('/filters')) return { properties: { amount: '1' }, values: { region: ['eu'] } };
    if (path.endsWith('/charges'))
      return {
        billable_metric_id: '01a1feb0-0000-7000-8000-000000000000',
        charge_model: 'standard',
        properties: { amount: '1' },
      };
    if (path.endsWith('/fixed_charges')) return { add_on_code: 'seat', charge_model: 'standard', units: '1' };
    if (path.startsWith('/api/v1/resources/'))
      return path.endsWith('/subscriptions')
        ? { external_customer_id: 'customer of sub', plan_code: 'team', external_id: 'x' }
        : path.endsWith('/upgrade')
          ? { plan_code: 'team' }
          : {};
    if (path.endsWith('/progress')) return { message: 'x', progress_percent: 1 };
    if (path.endsWith('/complete') && path.includes('/provisioning/')) return { resource_id: 'x' };
    if (path.endsWith('/fail')) return { error: 'x' };
    if (path.endsWith('/sessions')) return { session: { role: 'owner', subject: 'x' } };
    if (path.endsWith('/status')) return { status: 'paid' };
    if (path === '/api/v1/credit_notes/{id}/metadata') return { metadata: { key: 'x' } };
    if (path === '/api/v1/credit_notes/{id}') return { refund_status: 'succeeded' };
    return {};
  }
});
