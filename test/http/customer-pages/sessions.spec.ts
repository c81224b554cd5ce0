import { SignJWT, UnsecuredJWT } from 'jose';
import { expectHealthy } from '../../support/doctor.ts';
import { type Caller, type Florin, startFlorin, type Tenant } from '../../support/florin.ts';
import { advance, invoicesOf, stockShop, subscribe } from '../../support/shop.ts';

type Method = Parameters<Caller>[0];
const roles = ['owner', 'admin', 'member'] as const;

describe('customer sessions', () => {
  let florin: Florin;
  let tenant: Tenant;
  let invoiceId: string;
  let subscriptionId: string;
  let customerId: string;
  let whileDraft: object;

  const tokenOf = async (call: Caller, customer: string, role: string) => {
    const { status, body } = await call('POST', `/api/v1/customers/${encodeURIComponent(customer)}/sessions`, {
      session: { role, subject: 'ann' },
    });
    if (status !== 200) throw new Error(JSON.stringify(body));
    return body.token as string;
  };
  const as = async (role: string, customer = 'customer of sub'): Promise<Caller> =>
    florin.as(await tokenOf(tenant.call, customer, role));

  beforeAll(async () => {
    florin = await startFlorin();
    tenant = await florin.openOrganization('test');
    await florin.sql.query(`update organizations set virtual_now = '2026-01-01T00:00:00Z'`);
    await stockShop(tenant.call);
    ({ lago_id: subscriptionId, lago_customer_id: customerId } = await subscribe(tenant.call, 'sub'));
    await subscribe(tenant.call, 'later', { subscription_at: '2027-01-01T00:00:00Z' });
    await advance(tenant.call, '2026-02-01T00:30:00Z');
    const [draft] = await invoicesOf(tenant.call, 'sub');
    invoiceId = draft.lago_id;
    whileDraft = (await (await as('owner'))('GET', '/api/v1/billing/invoices')).body;
    await tenant.call('POST', `/api/v1/invoices/${invoiceId}/finalize`);
  });
  afterAll(async () => {
    await expectHealthy(florin);
    await florin.stop();
  });

  it('hide drafts, which may still change', () => {
    expect(whileDraft).toMatchObject({ invoices: [], total_count: 0, has_more: false, meta: { total_pages: 0 } });
  });

  it('show the customer what is its own', async () => {
    const call = await as('admin');
    const { body } = await call('GET', '/api/v1/billing/subscriptions');
    expect(body.subscriptions).toMatchObject([
      {
        id: subscriptionId,
        external_id: 'sub',
        plan_name: 'team',
        plan_display_name: 'Team',
        billing_interval: 'monthly',
        base_price_cents: 4900,
        status: 'active',
        current_period_end: '2026-03-01T00:00:00Z',
      },
    ]);
    expect((await call('GET', `/api/v1/billing/subscriptions/${subscriptionId}`)).body.subscription).toEqual(
      body.subscriptions[0],
    );
    const { body: listed } = await call('GET', '/api/v1/billing/invoices?limit=1');
    expect(listed).toMatchObject({
      total_count: 1,
      has_more: false,
      invoices: [
        {
          id: invoiceId,
          number: 'INV-2026-0001',
          status: 'open',
          amount_due: 7900,
          amount_paid: 0,
          currency: 'usd',
          subscription_id: subscriptionId,
        },
      ],
    });
    expect(listed.invoices[0].line_items.length).toBeGreaterThan(1);
    await tenant.call('POST', `/api/v1/invoices/${invoiceId}/pay`);
    expect((await call('GET', `/api/v1/billing/invoices/${invoiceId}`)).body.invoice).toMatchObject({
      status: 'paid',
      amount_paid: 7900,
    });
    for (const limit of ['0', '101', 'many'])
      expect((await call('GET', `/api/v1/billing/invoices?limit=${limit}`)).body.error_details).toHaveProperty('limit');
  });

  /** Valid enough for the 404 to be about the thing. */
  const bodyFor = (method: Method, path: string): object | undefined =>
    method === 'GET' ? undefined : path.endsWith('/upgrade') ? { plan_code: 'team' } : {};

  it('ask every page for the right token: none, a key, a stranger, a role too low', async () => {
    const { body: document } = await tenant.call('GET', '/openapi.json');
    const pages = Object.entries(document.paths as Record<string, Record<string, { security: object[] }>>)
      .filter(([path]) => path.startsWith('/api/v1/billing/'))
      .flatMap(([path, methods]) =>
        Object.entries(methods).map(([method, { security }]) => ({ method: method.toUpperCase() as Method, path, security })),
      );
    expect(pages.length).toBeGreaterThanOrEqual(4);
    const strangers: [string, number][] = [];
    const stranger = await as('owner', 'customer of later');
    for (const { method, path, security } of pages) {
      expect([path, security]).toEqual([path, [{ session: [] }]]);
      const own = path.replace('{id}', path.includes('invoices') ? invoiceId : subscriptionId);
      const statusOf = async (call: Caller) => (await call(method, own, bodyFor(method, path))).status;
      expect([path, 'no token', await statusOf(florin.as('none'))]).toEqual([path, 'no token', 401]);
      expect([path, "the vendor's key", await statusOf(tenant.call)]).toEqual([path, "the vendor's key", 401]);
      if (own !== path) strangers.push([path, await statusOf(stranger)]);
    }
    expect(strangers.length).toBeGreaterThan(0);
    expect(strangers.filter(([, status]) => status !== 404)).toEqual([]);
    for (const role of roles) {
      const call = await as(role);
      expect([role, (await call('GET', '/api/v1/billing/invoices')).status]).toEqual([role, role === 'member' ? 403 : 200]);
      expect([role, (await call('GET', '/api/v1/billing/subscriptions')).status]).toEqual([role, 200]);
    }
  });

  it('open nothing else', async () => {
    const call = await as('owner');
    for (const path of ['/api/v1/invoices', `/api/v1/customers/${customerId}`, '/admin/v1/organizations'])
      expect([path, (await call('GET', path)).status]).toEqual([path, 401]);
  });

  it('last fifteen minutes, and only as we signed them', async () => {
    const { body } = await tenant.call('POST', `/api/v1/customers/${customerId}/sessions`, {
      session: { role: 'member', subject: 'ann' },
    });
    expect(Math.abs(Date.parse(body.expires_at) - Date.now() - 900_000)).toBeLessThan(20_000);
    const { rows } = await florin.sql.query(`select secret from signing_secrets where purpose = 'customer_session'`);
    const sign = (fields: object, { audience = 'customer', expires = '5m', key = rows[0].secret as Buffer } = {}) =>
      new SignJWT({ org: tenant.id, customer: customerId, role: 'OWNER', ...fields })
        .setProtectedHeader({ alg: 'HS256' })
        .setIssuer('florin')
        .setAudience(audience)
        .setSubject('ann')
        .setExpirationTime(expires)
        .sign(key);
    const answer = async (token: string) => (await florin.as(token)('GET', '/api/v1/billing/subscriptions')).status;
    expect(await answer(await sign({}))).toBe(200);
    const unsigned = new UnsecuredJWT({ org: tenant.id, customer: customerId, role: 'OWNER', sub: 'ann' })
      .setIssuer('florin')
      .setAudience('customer')
      .setExpirationTime('5m')
      .encode();
    for (const token of [
      await sign({}, { expires: '-1s' }),
      await sign({}, { audience: 'operator' }),
      await sign({}, { key: Buffer.alloc(32, 1) }),
      await sign({ role: 'EMPEROR' }),
      await sign({ org: 'x' }),
      unsigned,
      `${body.token as string}x`,
      'a.b.c',
    ])
      expect([token, await answer(token)]).toEqual([token, 401]);
  });

  it('are made for customers that exist, with a role and a subject', async () => {
    const make = (customer: string, session: object) =>
      tenant.call('POST', `/api/v1/customers/${customer}/sessions`, { session });
    expect((await make('nobody', { role: 'owner', subject: 'a' })).body.code).toBe('customer_not_found');
    expect((await make(customerId, {})).body.error_details).toEqual({
      role: ['value_is_mandatory'],
      subject: ['value_is_mandatory'],
    });
    expect((await make(customerId, { role: 'king', subject: 'a' })).body.error_details).toEqual({ role: ['value_is_invalid'] });
    const { body: key } = await florin.operator('POST', `/admin/v1/organizations/${tenant.id}/api_keys`, {
      api_key: { name: 'reader', role: 'member' },
    });
    const answer = await florin.as(key.api_key.key)('POST', `/api/v1/customers/${customerId}/sessions`, {
      session: { role: 'owner', subject: 'a' },
    });
    expect(answer.status).toBe(403);
  });

  it('are signed by a secret of ones own, the old one opening while it is rotated', async () => {
    const secrets = ['a-secret-that-is-long-enough-1234', 'b-secret-that-is-long-enough-1234'];
    const other = await startFlorin({ FLORIN_SESSION_SECRET: secrets.join(',') });
    try {
      const { id, call } = await other.openOrganization();
      await stockShop(call);
      const { lago_customer_id } = await subscribe(call, 'sub');
      const old = await new SignJWT({ org: id, customer: lago_customer_id, role: 'OWNER' })
        .setProtectedHeader({ alg: 'HS256' })
        .setIssuer('florin')
        .setAudience('customer')
        .setSubject('ann')
        .setExpirationTime('5m')
        .sign(Buffer.from(secrets[1] ?? ''));
      for (const token of [old, await tokenOf(call, 'customer of sub', 'owner')])
        expect((await other.as(token)('GET', '/api/v1/billing/subscriptions')).status).toBe(200);
      expect((await other.sql.query('select from signing_secrets')).rowCount).toBe(0);
    } finally {
      await other.stop();
    }
  });
});
