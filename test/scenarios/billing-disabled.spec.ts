import { GenerateInvoices } from '../../src/modules/billing/index.ts';
import { expectHealthy } from '../support/doctor.ts';
import { type Florin, startFlorin, type Tenant } from '../support/florin.ts';
import { meter, price, send, take } from '../support/price-list.ts';
import { until } from '../support/processes.ts';
import { advance, stockShop, subscribe } from '../support/shop.ts';

describe('an installation with BILLING_ENABLED=false', () => {
  let florin: Florin;
  /** The same installation after billing was turned on. */
  let enabled: Florin;
  beforeAll(async () => {
    florin = await startFlorin({ BILLING_ENABLED: 'false' });
    enabled = await startFlorin({}, florin.databaseUrl);
  });
  afterAll(async () => {
    await expectHealthy(florin);
    await enabled.stop();
    await florin.stop();
  });

  const count = async (table: 'invoices' | 'fees', { id }: Tenant) =>
    Number((await florin.sql.query(`select count(*) from ${table} where organization_id = $1`, [id])).rows[0].count);
  const at = (tenant: Tenant, instant: string) =>
    florin.sql.query('update organizations set virtual_now = $2 where id = $1', [tenant.id, instant]);

  it('invoices nothing on schedule but starts what time has come for; by hand it invoices', async () => {
    const tenant = await florin.openOrganization('live');
    await stockShop(tenant.call);
    await subscribe(tenant.call, 'due');
    await subscribe(tenant.call, 'planned', { subscription_at: new Date(Date.now() + 3_600_000).toISOString() });
    await florin.sql.query(
      `update subscriptions set subscription_at = now() - interval '2 months', started_at = now() - interval '2 months', billing_time = 'anniversary',
         current_period_start = now() - interval '2 months', current_period_end = now() - interval '1 month' where external_id = 'due'`,
    );
    await florin.sql.query(
      `update subscriptions set subscription_at = now() - interval '1 minute' where external_id = 'planned'`,
    );
    await florin.app.get(GenerateInvoices).forAll({ trigger: 'STARTUP' });
    await florin.app.get(GenerateInvoices).forAll({ trigger: 'CRON' });
    expect(await count('invoices', tenant)).toBe(0);
    expect((await tenant.call('GET', '/api/v1/subscriptions/planned')).body.subscription.status).toBe('active');
    expect((await tenant.call('POST', '/api/v1/subscriptions/due/generate-invoice')).status).toBe(200);
    expect(await count('invoices', tenant)).toBe(1);
    expect((await tenant.call('POST', '/api/v1/billing_runs')).status).toBe(200);
    expect(await count('invoices', tenant)).toBeGreaterThan(1);
  });

  it('invoices nothing on the way of a test clock; a dry run is applied by hand', async () => {
    const tenant = await florin.openOrganization('test');
    await at(tenant, '2026-01-01T00:00:00Z');
    await stockShop(tenant.call);
    await subscribe(tenant.call, 'monthly');
    await subscribe(tenant.call, 'later', { subscription_at: '2026-01-20T00:00:00Z' });
    await advance(tenant.call, '2026-02-01T00:00:00Z');
    expect(await count('invoices', tenant)).toBe(0);
    expect((await tenant.call('GET', '/api/v1/subscriptions/later')).body.subscription.status).toBe('active');
    const planned = await tenant.call('POST', '/api/v1/billing_runs', { billing_run: { dry_run: true } });
    expect(planned.body.billing_run.planned_invoices_count).toBe(2);
    expect((await tenant.call('POST', `/api/v1/billing_runs/${planned.body.billing_run.id}/apply`)).status).toBe(200);
    expect(await count('invoices', tenant)).toBe(2);
  });

  it('charges no event at once; it is charged when billing is on again', async () => {
    const tenant = await florin.openOrganization('test');
    await at(tenant, '2026-03-01T00:00:00Z');
    await meter(tenant.call, 'use', 'count');
    await price(tenant.call, [{ metric: 'use', charge_model: 'standard', properties: { amount: '5' }, pay_in_advance: true }]);
    await take(tenant.call);
    await send(tenant.call, [{ code: 'use', at: '2026-03-02T00:00:00Z' }]);
    await advance(tenant.call, '2026-03-03T00:00:00Z');
    expect([await count('invoices', tenant), await count('fees', tenant)]).toEqual([0, 0]);
    await advance(enabled.as(tenant.key), '2026-03-04T00:00:00Z');
    await until('the event is charged', async () => (await count('fees', tenant)) === 1);
  });

  it('upgrades no resource, at the doors of the vendor and of its customers', async () => {
    const tenant = await florin.openOrganization('live');
    await stockShop(tenant.call);
    await tenant.call('POST', '/api/v1/customers', { customer: { external_id: 'acme', name: 'Acme' } });
    const subscription = { external_customer_id: 'acme', plan_code: 'team', external_id: 'sub' };
    expect((await tenant.call('POST', '/api/v1/resources/graph/kg/subscriptions', { subscription })).status).toBe(201);
    const { body } = await tenant.call('POST', '/api/v1/customers/acme/sessions', { session: { role: 'owner', subject: 'ada' } });
    for (const [call, path] of [
      [tenant.call, '/api/v1/resources/graph/kg/subscriptions/upgrade'],
      [florin.as(body.token), '/api/v1/billing/resources/graph/kg/subscriptions/upgrade'],
    ] as const) {
      const refused = await call('PUT', path, { subscription: { plan_code: 'big' } });
      expect([refused.status, refused.body.code]).toEqual([403, 'billing_disabled']);
    }
  });
});
