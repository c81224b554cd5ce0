import { expectHealthy } from '../../support/doctor.ts';
import { type Caller, type Florin, startFlorin, type Tenant } from '../../support/florin.ts';
import { advance, invoicesOf, make, stockShop } from '../../support/shop.ts';

/** D13–D15, D18 for what Florin bills itself; test/scenarios/provisioning.spec.ts has what Stripe bills. */
describe('subscriptions of a resource', () => {
  let florin: Florin;
  let tenant: Tenant;
  beforeEach(async () => {
    florin = await startFlorin();
    tenant = await florin.openOrganization('test');
    await florin.sql.query(`update organizations set virtual_now = '2026-01-10T00:00:00Z'`);
    await stockShop(tenant.call);
    for (const external_id of ['acme', 'globex']) await make(tenant.call, '/api/v1/customers', 'customer', { external_id });
    for (const [code, amount_cents] of [
      ['starter', 2900],
      ['unlimited', 49900],
    ] as const)
      await make(tenant.call, '/api/v1/plans', 'plan', {
        code,
        name: code,
        invoice_display_name: `The ${code} plan`,
        interval: 'monthly',
        amount_cents,
        amount_currency: 'USD',
        pay_in_advance: false,
      });
  });
  afterEach(() => florin.stop());

  const path = '/api/v1/resources/repository/sec/subscriptions';
  const subscribe = (customer: string, fields: object = {}) =>
    tenant.call('POST', path, {
      subscription: { external_customer_id: customer, plan_code: 'starter', external_id: `${customer}/sec`, ...fields },
    });
  const list = async (call: Caller = tenant.call, at = path) => (await call('GET', at)).body;
  const keyOf = async (role: string): Promise<Caller> => {
    const { body } = await florin.operator('POST', `/admin/v1/organizations/${tenant.id}/api_keys`, {
      api_key: { name: role, role },
    });
    return florin.as(body.api_key.key);
  };
  const sessionOf = async (customer: string, role: string): Promise<Caller> => {
    const { body } = await tenant.call('POST', `/api/v1/customers/${customer}/sessions`, { session: { role, subject: 'ada' } });
    return florin.as(body.token);
  };

  it('are made for a resource that is there, once a customer', async () => {
    const made = await subscribe('acme');
    expect(made.status).toBe(201);
    expect(made.body.subscription).toMatchObject({
      status: 'active',
      resource_type: 'repository',
      resource_id: 'sec',
      plan_display_name: 'The starter plan',
    });
    const twice = await subscribe('acme', { external_id: 'another' });
    expect(twice.body).toMatchObject({ status: 409, code: 'conflict', error_details: { resource_id: ['value_already_exist'] } });
    expect((await subscribe('globex')).status).toBe(201);
    expect((await subscribe('acme', { plan_code: 'nope' })).body.code).toBe('plan_not_found');
    expect(
      (
        await tenant.call('POST', '/api/v1/resources/A%20b/x/subscriptions', {
          external_customer_id: 'acme',
          plan_code: 'starter',
          external_id: 'y',
        })
      ).body.error_details,
    ).toEqual({ resource_type: ['value_is_invalid'] });
    expect((await list()).subscriptions.map((row: { external_id: string }) => row.external_id)).toEqual([
      'globex/sec',
      'acme/sec',
    ]);
    expect(await list(tenant.call, '/api/v1/resources/repository/other/subscriptions')).toMatchObject({
      status: 404,
      code: 'resource_not_found',
    });
    await expectHealthy(florin);
  });

  it('two at the same time make one', async () => {
    const answers = await Promise.all([subscribe('acme', { external_id: 'a' }), subscribe('acme', { external_id: 'b' })]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 409]);
    expect((await list()).subscriptions).toHaveLength(1);
  });

  it('are upgraded: the successor has the resource', async () => {
    await subscribe('acme');
    await subscribe('globex');
    const unnamed = await tenant.call('PUT', `${path}/upgrade`, { plan_code: 'unlimited' });
    expect(unnamed.body.error_details).toEqual({ external_id: ['value_is_mandatory'] });
    const { body } = await tenant.call('PUT', `${path}/upgrade`, { plan_code: 'unlimited', external_id: 'acme/sec' });
    expect(body.subscription).toMatchObject({
      plan_code: 'unlimited',
      plan_amount_cents: 49900,
      plan_display_name: 'The unlimited plan',
      resource_id: 'sec',
      status: 'active',
    });
    const same = await tenant.call('PUT', `${path}/upgrade`, { plan_code: 'unlimited', external_id: 'acme/sec' });
    expect(same.body.error_details).toEqual({ plan_code: ['value_already_exist'] });
    expect((await tenant.call('PUT', `${path}/upgrade`, { plan_code: 'nope', external_id: 'acme/sec' })).body.code).toBe(
      'plan_not_found',
    );
    await expectHealthy(florin);
  });

  it('are canceled with their period, by owners only; what they used is billed then', async () => {
    await subscribe('acme');
    const [admin, member] = [await keyOf('admin'), await keyOf('member')];
    expect((await list(member)).subscriptions).toHaveLength(1);
    for (const call of [admin, member]) expect((await call('POST', `${path}/cancel`)).body.code).toBe('forbidden');
    expect((await member('PUT', `${path}/upgrade`, { plan_code: 'unlimited' })).body.code).toBe('forbidden');
    const { body } = await tenant.call('POST', `${path}/cancel`);
    expect(body.subscription).toMatchObject({ canceled_at: '2026-01-10T00:00:00Z', ending_at: '2026-02-01T00:00:00Z' });
    expect((await tenant.call('POST', `${path}/cancel`)).body).toMatchObject({ status: 400, code: 'already_canceled' });
    await advance(tenant.call, '2026-03-05T00:00:00Z');
    expect((await list()).subscriptions).toMatchObject([{ status: 'terminated', terminated_at: '2026-02-01T00:00:00Z' }]);
    expect(await invoicesOf(tenant.call, 'acme/sec')).toHaveLength(1);
    await expectHealthy(florin);
  });

  it("a customer's own people see and change their own, by their roles", async () => {
    await subscribe('acme');
    const globex = (await subscribe('globex')).body.subscription;
    const own = '/api/v1/billing/resources/repository/sec/subscriptions';
    const [owner, admin, member] = [
      await sessionOf('acme', 'owner'),
      await sessionOf('acme', 'admin'),
      await sessionOf('acme', 'member'),
    ];
    expect((await list(member, own)).subscriptions).toMatchObject([
      { external_id: 'acme/sec', plan_display_name: 'The starter plan' },
    ]);
    expect((await member('PUT', `${own}/upgrade`, { plan_code: 'unlimited' })).body.code).toBe('forbidden');
    expect((await admin('PUT', `${own}/upgrade`, { plan_code: 'unlimited' })).body.subscription).toMatchObject({
      base_price_cents: 49900,
    });
    expect((await admin('POST', `${own}/cancel`)).body.code).toBe('forbidden');
    expect((await owner('POST', `/api/v1/billing/subscriptions/${globex.id}/cancel`)).body.code).toBe('subscription_not_found');
    const canceled = await owner('POST', `${own}/cancel`);
    expect(canceled.body.subscription).toMatchObject({
      status: 'canceled',
      ends_at: '2026-02-01T00:00:00Z',
      plan_display_name: 'The unlimited plan',
    });
    expect((await owner('POST', `/api/v1/billing/subscriptions/${canceled.body.subscription.id}/cancel`)).body.code).toBe(
      'already_canceled',
    );
    expect((await florin.as('nobody')('GET', own)).status).toBe(401);
    expect((await tenant.call('GET', own)).status).toBe(401);
    expect((await list()).subscriptions.find((row: { id: string }) => row.id === globex.id)).toMatchObject({
      status: 'active',
      canceled_at: null,
    });
  });
});
