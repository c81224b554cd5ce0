import { ChargeEvents } from '../../src/modules/billing/instant-charges/charge-events.ts';
import { ChargeUnits } from '../../src/modules/billing/instant-charges/charge-units.ts';
import { FinalizeInvoices } from '../../src/modules/billing/finalize-invoices.ts';
import { GenerateInvoices } from '../../src/modules/billing/index.ts';
import { expectHealthy } from '../support/doctor.ts';
import { type Florin, startFlorin, type Tenant } from '../support/florin.ts';
import { until } from '../support/processes.ts';
import { advance, invoicesOf, make, stockShop, subscribe, use } from '../support/shop.ts';

/** Each job meets an object that it cannot work on, with others of its organization beside it and a younger organization behind it. */
describe('one object at fault', () => {
  let florin: Florin;
  let first: Tenant;
  let second: Tenant;
  beforeEach(async () => {
    florin = await startFlorin();
    first = await florin.openOrganization('test', 'First');
    second = await florin.openOrganization('test', 'Second');
  });
  afterEach(async () => {
    await expectHealthy(florin);
    await florin.stop();
  });

  const january = { subscription_at: '2026-01-01T00:00:00Z', billing_time: 'calendar' };
  const statusOf = async ({ call }: Tenant, subscription: string) => (await invoicesOf(call, subscription))[0]?.status;
  const attentionOf = async ({ call }: Tenant) => (await call('GET', '/api/v1/needs_attention')).body.needs_attention;
  /** What was played on a virtual clock goes on by the wall clock, as every live organization does. */
  const goLive = () => florin.sql.query(`update organizations set mode = 'LIVE', virtual_now = null`);

  async function drafts(tenant: Tenant, names: readonly string[]): Promise<void> {
    await florin.sql.query(`update organizations set virtual_now = '2026-01-01T00:00:00Z' where id = $1`, [tenant.id]);
    const { call } = tenant;
    await stockShop(call);
    await call('PUT', '/api/v1/billing_entities/default', {
      billing_entity: { country: 'US', state: 'NY', tax_by_address: true },
    });
    for (const name of names) {
      await subscribe(call, name, january);
      await make(call, '/api/v1/customers', 'customer', { external_id: `customer of ${name}`, country: 'US', state: 'NY' });
    }
    await advance(call, '2026-02-01T00:10:00Z');
  }

  it('a draft whose customer lost its address is issued with the tax that stands on it', async () => {
    await drafts(first, ['a', 'b']);
    const { call } = first;
    await call('PUT', '/api/v1/customers/customer%20of%20a', { customer: { state: null } });
    for (const name of ['a', 'b']) await use(call, name, 'tokens', { count: 100 }, '2026-01-15T00:00:00Z');
    await advance(call, '2026-02-01T02:00:00Z');
    const [lost, kept] = [(await invoicesOf(call, 'a'))[0], (await invoicesOf(call, 'b'))[0]];
    expect(lost).toMatchObject({
      status: 'finalized',
      fees_amount_cents: 7900 + 200,
      taxes_amount_cents: kept.taxes_amount_cents,
    });
    expect(await attentionOf(first)).toEqual([]);
  });

  describe('a draft whose prices cannot be read', () => {
    /** Of `a`, whose plan is its own. */
    const spoil = (how: string) =>
      florin.sql.query(
        `update charges set properties = properties ${how} where plan_id = (select plan_id from subscriptions where external_id = 'a')`,
      );
    beforeEach(async () => {
      await drafts(first, ['a', 'b', 'c']);
      await drafts(second, ['z']);
      await first.call('PUT', '/api/v1/subscriptions/a', { subscription: { plan_overrides: { amount_cents: 5000 } } });
      await spoil("- 'amount'");
      for (const { call } of [first, second])
        for (const { external_id: name } of (await call('GET', '/api/v1/subscriptions')).body.subscriptions)
          await use(call, name, 'tokens', { count: 100 }, '2026-01-15T00:00:00Z');
    });
    afterEach(() => spoil(`|| '{"amount": "0.02"}'`));

    it('stays a draft, is listed with the reason, and keeps no other from being issued, of its organization or of others', async () => {
      await goLive();
      expect(await florin.app.get(FinalizeInvoices).forAll()).toBe(3);
      const statuses = [];
      for (const name of ['a', 'b', 'c']) statuses.push(await statusOf(first, name));
      statuses.push(await statusOf(second, 'z'));
      expect(statuses).toEqual(['draft', 'finalized', 'finalized', 'finalized']);
      const [{ number, lago_id: id }] = await invoicesOf(first.call, 'a');
      const listed = {
        job: 'invoice_finalization',
        object_type: 'invoice',
        lago_id: id,
        external_id: number,
        code: 'not_billable',
        field: null,
        attempts: 1,
      };
      expect(await attentionOf(first)).toMatchObject([listed]);
      expect(await attentionOf(second)).toEqual([]);
      const all = await florin.operator('GET', `/admin/v1/needs_attention?organization_id=${first.id}`);
      expect(all.body).toMatchObject({ needs_attention: [{ ...listed, organization_id: first.id }], meta: { total_count: 1 } });

      // Not tried again at once, and told once.
      expect(await florin.app.get(FinalizeInvoices).forAll()).toBe(0);
      expect((await attentionOf(first))[0].attempts).toBe(1);
      const told = await florin.sql.query(`select payload from outbox_events where type = 'invoice.finalization_failed'`);
      expect(told.rows).toEqual([{ payload: expect.objectContaining({ lago_id: id, code: 'not_billable' }) }]);
    });

    it('is issued with its late usage, and leaves the list, once they can', async () => {
      await advance(first.call, '2026-02-01T02:00:00Z');
      expect(await statusOf(first, 'a')).toBe('draft');
      expect((await attentionOf(first)).map(({ lago_id: id }: { lago_id: string }) => id)).toHaveLength(1);
      await spoil(`|| '{"amount": "0.02"}'`);
      await advance(first.call, '2026-02-01T02:10:00Z');
      expect((await invoicesOf(first.call, 'a'))[0]).toMatchObject({ status: 'finalized', fees_amount_cents: 7900 + 200 });
      expect(await attentionOf(first)).toEqual([]);
    });
  });

  describe('a price that makes an amount no fee holds', () => {
    const now = () => new Date().toISOString();
    /** Charged at once, and units that grow are charged at once, too. */
    async function sellAtOnce({ call }: Tenant, names: readonly string[]): Promise<void> {
      await stockShop(call);
      const { lago_id: metric } = (await call('GET', '/api/v1/billable_metrics/tokens')).body.billable_metric;
      for (const code of ['good', 'poison'])
        await make(call, '/api/v1/plans', 'plan', {
          code,
          name: code,
          interval: 'monthly',
          amount_cents: 0,
          amount_currency: 'USD',
          pay_in_advance: false,
          charges: [{ billable_metric_id: metric, charge_model: 'standard', pay_in_advance: true, properties: { amount: '1' } }],
          fixed_charges: [{ add_on_code: 'seat', charge_model: 'standard', units: '1', pay_in_advance: true }],
        });
      for (const name of names) await subscribe(call, name, { plan_code: name === 'poison' ? 'poison' : 'good' });
    }
    const poisonPrices = () =>
      florin.sql
        .query(`with charge as (update charges set properties = '{"amount": "99999999999999999999"}' where plan_id in (select id from plans where code = 'poison'))
        update fixed_charges set properties = '{"amount": "99999999999999999999"}' where plan_id in (select id from plans where code = 'poison')`);

    const waiting = async (table: string) =>
      (await florin.sql.query(`select count(*)::int from ${table}`)).rows[0].count as number;

    beforeEach(async () => {
      await goLive();
      await sellAtOnce(first, ['a', 'poison', 'b']);
      await sellAtOnce(second, ['z']);
    });

    it('keeps no events of others from being charged at once', async () => {
      await poisonPrices();
      // The bell may have charged some already; the schedule finds the rest.
      for (const name of ['poison', 'a', 'b']) await use(first.call, name, 'tokens', { count: 1 }, now());
      await use(second.call, 'z', 'tokens', { count: 1 }, now());
      await florin.app.get(ChargeEvents).forAll();
      await until('all but the poison is charged', async () => (await waiting('instant_charges')) === 1);
      await until('the poison is listed', async () => (await attentionOf(first)).length === 1);
      const listed = await attentionOf(first);
      expect(listed).toMatchObject([
        { job: 'instant_charges', object_type: 'subscription', external_id: 'poison', code: 'amount_out_of_range' },
      ]);
      expect(listed[0].message).toMatch(/^event t\d+: /);
      expect(await attentionOf(second)).toEqual([]);
    });

    it('keeps no growing units of others from being charged at once', async () => {
      for (const [{ call }, name] of [
        [first, 'poison'],
        [first, 'a'],
        [first, 'b'],
        [second, 'z'],
      ] as const) {
        const { plan } = (await call('GET', `/api/v1/subscriptions/${name}`)).body.subscription;
        const code = plan.fixed_charges[0].code;
        const path = `/api/v1/subscriptions/${name}/fixed_charges/${code}`;
        expect((await call('PUT', path, { fixed_charge: { units: '5', apply_units_immediately: true } })).status).toBe(200);
      }
      // Asked for at this price they would be refused.
      await poisonPrices();
      await florin.app.get(ChargeUnits).forAll();
      expect(await waiting('instant_units')).toBe(1);
      expect(await attentionOf(first)).toMatchObject([
        { job: 'instant_units', external_id: 'poison', code: 'amount_out_of_range' },
      ]);
    });

    it('keeps no subscription of others from being billed, by the schedule', async () => {
      await poisonPrices();
      await florin.sql
        .query(`update subscriptions set current_period_start = now() - interval '1 month', current_period_end = now(), started_at = now() - interval '1 month',
        subscription_at = now() - interval '1 month', billing_time = 'anniversary'`);
      await florin.sql.query('update charges set pay_in_advance = false');
      const past = new Date(Date.now() - 5 * 86_400_000).toISOString();
      await use(first.call, 'poison', 'tokens', { count: 1 }, past);
      const run = await florin.app.get(GenerateInvoices).forAll({ trigger: 'CRON' });
      expect(run).toMatchObject({ failed: 1 });
      for (const [tenant, name] of [
        [first, 'a'],
        [first, 'b'],
        [second, 'z'],
      ] as const)
        expect(await invoicesOf(tenant.call, name)).not.toEqual([]);
      expect(await attentionOf(first)).toMatchObject([
        { job: 'invoice_generation', external_id: 'poison', code: 'amount_out_of_range', field: 'fees' },
      ]);
      const failed = await florin.operator('GET', `/admin/v1/runs?status=failed&organization_id=${first.id}`);
      expect(failed.body.runs).toMatchObject([{ status: 'completed', failed: 1 }]);
      const { workers } = (await florin.operator('GET', '/admin/v1/workers')).body;
      expect(workers).toContainEqual(expect.objectContaining({ name: 'invoice_generator', needs_attention: 1 }));
      const metrics = await (await fetch(`${florin.url}/metrics`)).text();
      expect(metrics).toContain('florin_needs_attention{job="invoice_generation"} 1');
      // Put off: the next hour's run does not meet it, and whoever asks does.
      expect(await florin.app.get(GenerateInvoices).forAll({ trigger: 'CRON' })).toMatchObject({ found: 0, failed: 0 });
      expect(await first.call('POST', '/api/v1/subscriptions/poison/generate-invoice')).toMatchObject({
        status: 422,
        body: { code: 'amount_out_of_range' },
      });
      expect(await attentionOf(first)).toMatchObject([{ attempts: 2 }]);
      const told = await florin.sql.query(`select count(*)::int from outbox_events where type = 'subscription.billing_failed'`);
      expect(told.rows).toEqual([{ count: 1 }]);
      // Mended, it is billed by hand and leaves the list.
      await florin.sql.query(`update charges set properties = '{"amount": "1"}'`);
      await florin.sql.query(`update fixed_charges set properties = '{"amount": "1"}'`);
      expect((await first.call('POST', '/api/v1/subscriptions/poison/generate-invoice')).status).toBe(200);
      expect(await attentionOf(first)).toEqual([]);
    });
  });

  it('that time cannot take further keeps no other from starting', async () => {
    await florin.sql.query(`update organizations set virtual_now = '2026-01-01T00:00:00Z'`);
    for (const { call, id } of [first, second]) {
      await stockShop(call);
      for (const name of ['a', 'broken', 'b'])
        await subscribe(call, `${name} of ${id}`, { ...january, subscription_at: '2026-01-20T00:00:00Z' });
    }
    const broken = `broken of ${first.id}`;
    await florin.sql.query(`update subscriptions set billing_timezone = 'Nowhere/Land' where external_id = $1`, [broken]);
    await goLive();
    await florin.app.get(GenerateInvoices).forAll({ trigger: 'CRON' });
    const { rows } = await florin.sql.query(`select external_id from subscriptions where status = 'PENDING'`);
    expect(rows).toEqual([{ external_id: broken }]);
    expect(await attentionOf(first)).toMatchObject([{ job: 'subscription_waking', external_id: broken, code: 'not_billable' }]);
    await florin.sql.query(`update subscriptions set billing_timezone = 'UTC'`);
  });
});
