import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BillBatch } from '../../../src/modules/billing/bill-batch.ts';
import { GenerateInvoices } from '../../../src/modules/billing/index.ts';
import { JobSlots } from '../../../src/platform/jobs/job-slots.ts';
import { expectHealthy } from '../../support/doctor.ts';
import { type Florin, startFlorin, type Tenant } from '../../support/florin.ts';
import { until } from '../../support/processes.ts';
import { invoicesOf, make, stockShop, subscribe, use } from '../../support/shop.ts';

describe('the invoice generator', () => {
  let florin: Florin;
  let tenant: Tenant;
  beforeEach(async () => {
    florin = await startFlorin();
    tenant = await florin.openOrganization();
    await stockShop(tenant.call);
  });
  afterEach(async () => {
    await expectHealthy(florin);
    await florin.stop();
  });

  /** Moves the unbilled month of a subscription so that it ended at `end` (SQL interval arithmetic on now()). */
  const endPeriod = (externalId: string, end: string) =>
    florin.sql.query(
      `update subscriptions set started_at = ${end} - interval '1 month', current_period_start = ${end} - interval '1 month', current_period_end = ${end},
       subscription_at = ${end} - interval '1 month', billing_time = 'anniversary' where external_id = $1 and organization_id = $2`,
      [externalId, tenant.id],
    );

  const withoutChance = (line: string) => line.replace(/run_id=[0-9a-f]{8} /, 'run_id=# ').replace(/at=[-\d]+T[:.\d]+Z$/, 'at=#');
  const logLines = () => readFileSync(join(florin.logDir, 'workers/invoice_generator.log'), 'utf8').trim().split('\n');
  const lastRunLines = async (count: number): Promise<string[]> => {
    await until('the log is written', () => {
      try {
        return logLines().some((line) => line.includes('Completed')) && logLines().length >= count;
      } catch {
        return false;
      }
    });
    return logLines();
  };

  it('takes exactly the active, due, not Stripe-managed subscriptions; the very instant included', async () => {
    for (const name of ['due', 'ahead', 'paused', 'overdue', 'stripe']) {
      await subscribe(tenant.call, name);
      await endPeriod(name, name === 'ahead' ? `now() + interval '1 hour'` : `date_trunc('day', now())`);
    }
    await florin.sql
      .query(`with paused as (update subscriptions set status = 'PAUSED' where external_id = 'paused' returning organization_id, id)
      insert into subscription_pauses (organization_id, subscription_id, paused_at) select organization_id, id, now() from paused`);
    await florin.sql.query(`update subscriptions set status = 'PAST_DUE' where external_id = 'overdue'`);
    await florin.sql.query(`update subscriptions set payment_provider = 'STRIPE' where external_id = 'stripe'`);
    await florin.sql
      .query(`insert into provider_subscriptions (organization_id, subscription_id, provider, provider_subscription_id, created_at, updated_at)
      select organization_id, id, 'STRIPE', 'sub_1', now(), now() from subscriptions where external_id = 'stripe'`);
    await florin.app.get(GenerateInvoices).forAll({ trigger: 'CRON' });
    const counts = await Promise.all(
      ['due', 'ahead', 'paused', 'overdue', 'stripe'].map(async (name) => (await invoicesOf(tenant.call, name)).length),
    );
    expect(counts).toEqual([1, 0, 0, 0, 0]);
  });

  it('a failing subscription neither stops nor undoes the others, and its period stays (G16, G19, G20)', async () => {
    const names = ['a', 'b', 'poison', 'c', 'd'];
    for (const name of names) {
      await subscribe(tenant.call, name);
      await endPeriod(name, `date_trunc('day', now())`);
    }
    // Tokens at 0.02: so many of them at this price make an amount that no fee holds.
    await use(tenant.call, 'poison', 'tokens', { count: '999999999999999' }, new Date(Date.now() - 2 * 86_400_000).toISOString());
    await florin.sql.query(`update charges set properties = '{"amount": "999999999999999"}' where organization_id = $1`, [
      tenant.id,
    ]);
    const { body } = await tenant.call('POST', '/api/v1/billing_runs');
    expect(body.billing_run).toMatchObject({ status: 'completed', found: 5, processed: 5, successful: 4, failed: 1 });
    const [{ id }] = (await florin.sql.query(`select id from subscriptions where external_id = 'poison'`)).rows;
    expect(body.billing_run.errors).toEqual([
      expect.objectContaining({ subscription_id: id, external_subscription_id: 'poison', field: 'fees' }),
    ]);
    expect(await invoicesOf(tenant.call, 'poison')).toEqual([]);
    expect((await tenant.call('GET', '/api/v1/invoices')).body.meta.total_count).toBe(4);
    const lines = await lastRunLines(8);
    expect(lines.filter((line) => line.startsWith('[ERROR]'))).toEqual([expect.stringContaining(`subscription=${id}`)]);
    expect(lines.at(-1)).toContain('🏁 Completed | processed=5 | successful=4 | failed=1');
    const other = await florin.openOrganization('live', 'Other');
    await other.call('POST', '/api/v1/billing_runs');
    const all = (await florin.operator('GET', '/admin/v1/runs?per_page=1')).body;
    expect(all).toMatchObject({ runs: [{ organization_id: other.id, found: 0 }], meta: { total_count: 2, next_page: 2 } });
    const ofTenant = (await florin.operator('GET', `/admin/v1/runs?status=completed&organization_id=${tenant.id}`)).body;
    expect(ofTenant).toMatchObject({ runs: [{ id: body.billing_run.id, failed: 1 }], meta: { total_count: 1 } });
    expect((await florin.operator('GET', `/admin/v1/runs/${body.billing_run.id}`)).body).toEqual({
      run: { ...body.billing_run, organization_id: tenant.id },
    });
    const unknown = await florin.operator('GET', '/admin/v1/runs/01a1feb0-0000-7000-8000-000000000000');
    expect([unknown.status, unknown.body.code]).toEqual([404, 'billing_run_not_found']);
  });

  it('writes what operators read (G18)', async () => {
    await make(tenant.call, '/api/v1/customers', 'customer', { external_id: 'acme', name: 'Acme Corp' });
    await make(tenant.call, '/api/v1/subscriptions', 'subscription', {
      external_customer_id: 'acme',
      plan_code: 'team',
      external_id: 'sub',
    });
    await endPeriod('sub', `date_trunc('day', now())`);
    await florin.app.get(GenerateInvoices).forAll({ trigger: 'CRON' });
    const lines = await lastRunLines(4);
    const year = new Date().getUTCFullYear();
    expect(lines.map(withoutChance)).toEqual([
      `[INFO] worker.invoice_generator | run_id=# | 🚀 Invoice generation started | organization=${tenant.id} | mode=live | at=#`,
      `[INFO] worker.invoice_generator | run_id=# | Found 1 subscriptions due for processing | organization=${tenant.id} | mode=live | at=#`,
      `[INFO] worker.invoice_generator | run_id=# | ✅ Generated INV-${year}-0001 | customer=Acme Corp | total=$79.00 | organization=${tenant.id} | mode=live | at=#`,
      `[INFO] worker.invoice_generator | run_id=# | 🏁 Completed | processed=1 | successful=1 | failed=0 | organization=${tenant.id} | mode=live | at=#`,
    ]);
    const runIds = new Set(lines.map((line) => /run_id=(\w+)/.exec(line)?.[1]));
    expect(runIds.size).toBe(1);
  });

  it('writes the same of what is asked for by hand, and no line that a customer made up', async () => {
    const name = 'Eve\n[INFO] worker.invoice_generator | run_id=00000000 | 🏁 Completed';
    await make(tenant.call, '/api/v1/customers', 'customer', { external_id: 'eve', name });
    for (const externalId of ['one', 'two'])
      await make(tenant.call, '/api/v1/subscriptions', 'subscription', {
        external_customer_id: 'eve',
        plan_code: 'team',
        external_id: externalId,
      });
    await endPeriod('one', `date_trunc('day', now())`);
    await tenant.call('POST', '/api/v1/subscriptions/one/generate-invoice');
    await endPeriod('two', `date_trunc('day', now())`);
    await tenant.call('POST', '/api/v1/customers/eve/generate-invoice');
    const lines = await lastRunLines(8);
    expect(lines.map((line) => withoutChance(line).split(' | ')[2])).toEqual(
      ['one', 'two'].flatMap(() => [
        '🚀 Invoice generation started',
        'Found 1 subscriptions due for processing',
        expect.stringMatching(/^✅ Generated INV-/),
        '🏁 Completed',
      ]),
    );
    expect(lines[2]).toContain(
      String.raw`customer=Eve\u000a[INFO] worker.invoice_generator \u007c run_id=00000000 \u007c 🏁 Completed | total=$`,
    );
  });

  it('generates by hand once a period, then answers the same invoice (G23)', async () => {
    await subscribe(tenant.call, 'sub');
    expect(await tenant.call('POST', '/api/v1/subscriptions/sub/generate-invoice')).toMatchObject({
      status: 405,
      body: { code: 'subscription_not_billable' },
    });
    await endPeriod('sub', `date_trunc('day', now())`);
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => tenant.call('POST', '/api/v1/subscriptions/sub/generate-invoice')),
    );
    expect(new Set(answers.filter(({ status }) => status === 200).map(({ body }) => body.invoice.lago_id)).size).toBe(1);
    expect(await invoicesOf(tenant.call, 'sub')).toHaveLength(1);
    expect((await tenant.call('POST', '/api/v1/subscriptions/nobody/generate-invoice')).body.code).toBe('subscription_not_found');
  });

  it('previews without storing anything, and the invoice says the same (G27)', async () => {
    await subscribe(tenant.call, 'sub');
    await endPeriod('sub', `date_trunc('day', now())`);
    await use(tenant.call, 'sub', 'tokens', { count: 1234 }, new Date(Date.now() - 3 * 86_400_000).toISOString());
    const rows = async () =>
      (
        await florin.sql.query(
          'select (select count(*) from invoices) + (select count(*) from fees) + (select count(*) from outbox_events) as n',
        )
      ).rows;
    const before = await rows();
    const { body: preview } = await tenant.call('POST', '/api/v1/subscriptions/sub/preview-invoice');
    expect(await rows()).toEqual(before);
    const { body: made } = await tenant.call('POST', '/api/v1/subscriptions/sub/generate-invoice');
    for (const field of [
      'fees_amount_cents',
      'taxes_amount_cents',
      'total_amount_cents',
      'period_start',
      'period_end',
      'currency',
    ])
      expect([field, made.invoice[field]]).toEqual([field, preview.invoice[field]]);
    const amounts = (fees: { amount_cents: number; derivation: object }[]) =>
      fees.map((fee) => [fee.amount_cents, fee.derivation]);
    expect(amounts(made.invoice.fees)).toEqual(amounts(preview.invoice.fees));
  });

  it("runs support's queries as they are documented (G28)", async () => {
    await subscribe(tenant.call, 'sub');
    await endPeriod('sub', `date_trunc('day', now())`);
    const due = await florin.sql.query(
      `SELECT id, status, current_period_end FROM subscriptions WHERE status = 'ACTIVE' AND current_period_end <= NOW();`,
    );
    expect(due.rows).toHaveLength(1);
    await tenant.call('POST', '/api/v1/billing_runs');
    const made = await florin.sql.query(
      `SELECT invoice_number, period_start, period_end FROM invoices WHERE subscription_id = '${due.rows[0].id}';`,
    );
    expect(made.rows).toHaveLength(1);
  });

  it('tells how the workers are (G25, G26)', async () => {
    const health = async () =>
      (await fetch(`${florin.url}/api/v1/workers/health`)).json() as Promise<{
        workers: { invoice_generator: object };
        overall_status: string;
      }>;
    expect(await health()).toMatchObject({ overall_status: 'unknown', scheduler: { running: false } });
    const slots = florin.app.get(JobSlots);
    const slot = (hour: number) => new Date(Date.UTC(2026, 0, 1, hour));
    const fails = (hour: number) =>
      expect(slots.run('invoice_generation', slot(hour), () => Promise.reject(new Error('planted')))).rejects.toThrow('planted');
    const succeeds = (job: string, hour: number) => slots.run(job, slot(hour), () => Promise.resolve());
    await succeeds('invoice_generation', 1);
    await succeeds('invoice_finalization', 1);
    expect(await health()).toMatchObject({ overall_status: 'healthy' });
    await florin.sql.query(
      `insert into inbound_events (id, provider, account, livemode, event_id, type, occurred_at, object_type, object_id, lane, body, fingerprint, status, next_attempt_at)
       select gen_random_uuid(), 'STRIPE', '', false, 'evt_' || status, 'a.b', now(), 'invoice', 'in_' || status, 'cus_1', '', '', status, now() from unnest(array['DEAD', 'RECEIVED']) status`,
    );
    expect(await health()).toMatchObject({ overall_status: 'degraded', inbox: { status: 'degraded', waiting: 1, dead: 1 } });
    await florin.sql.query('delete from inbound_events');
    await florin.sql.query(
      `insert into job_runs (id, job, scheduled_for, status, started_at) values (gen_random_uuid(), 'invoice_finalization', now(), 'RUNNING', now() - interval '90 minutes')`,
    );
    expect(await health()).toMatchObject({
      overall_status: 'warning',
      workers: { invoice_finalizer: { consecutive_failures: 1 } },
    });
    await florin.sql.query(`delete from job_runs where status = 'RUNNING'`);
    await fails(2);
    expect(await health()).toMatchObject({
      overall_status: 'warning',
      workers: { invoice_generator: { status: 'warning', consecutive_failures: 1 } },
    });
    await fails(3);
    await fails(4);
    expect(await health()).toMatchObject({
      overall_status: 'critical',
      workers: { invoice_generator: { consecutive_failures: 3 } },
    });
    const { body } = await florin.operator('GET', '/admin/v1/workers?per_page=1');
    expect(body).toMatchObject({
      workers: [
        {
          name: 'invoice_generator',
          job: 'invoice_generation',
          status: 'critical',
          consecutive_failures: 3,
          next_run_time: null,
        },
      ],
      meta: { current_page: 1, total_pages: 2, total_count: 2 },
    });
    await succeeds('invoice_generation', 5);
    expect(await health()).toMatchObject({
      overall_status: 'healthy',
      workers: { invoice_generator: { consecutive_failures: 0 } },
    });
    await florin.sql.query(`update job_runs set started_at = now() - interval '3 hours' where job = 'invoice_finalization'`);
    expect(await health()).toMatchObject({ overall_status: 'stale', workers: { invoice_finalizer: { status: 'stale' } } });
  });

  it('bills with as many transactions at once as FLORIN_BILLING_WORKERS says', async () => {
    const joined = await startFlorin({ FLORIN_BILLING_WORKERS: '3' }, florin.databaseUrl);
    try {
      await subscribe(tenant.call, 'due');
      await endPeriod('due', `date_trunc('day', now())`);
      const batches = joined.app.get(BillBatch, { strict: false });
      const bill = batches.execute.bind(batches);
      let [atOnce, most] = [0, 0];
      batches.execute = async (...request) => {
        most = Math.max(most, (atOnce += 1));
        const result = await bill(...request);
        atOnce -= 1;
        return result;
      };
      await joined.app.get(GenerateInvoices).forAll({ trigger: 'CRON' });
      expect(most).toBe(3);
    } finally {
      await joined.stop();
    }
  });
});
