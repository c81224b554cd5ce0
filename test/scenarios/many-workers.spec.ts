import { AppModule } from '../../src/app.module.ts';
import { GenerateInvoices } from '../../src/modules/billing/index.ts';
import { readConfig } from '../../src/platform/config/config.ts';
import { createApp } from '../../src/platform/http/create-app.ts';
import { expectHealthy } from '../support/doctor.ts';
import { type Florin, startFlorin, type Tenant } from '../support/florin.ts';
import { type Started, startProcess, until } from '../support/processes.ts';
import { subscribeMany } from '../support/subscribe-many.ts';

const due = 2000;

async function numbersOf(florin: Florin, tenant: Tenant): Promise<number[]> {
  const { rows } = await florin.sql.query('select sequential_id::int as n from invoices where organization_id = $1 order by 1', [
    tenant.id,
  ]);
  return rows.map((row: { n: number }) => row.n);
}

const oneToDue = Array.from({ length: due }, (_, index) => index + 1);

describe('many workers', () => {
  let florin: Florin;
  beforeAll(async () => {
    florin = await startFlorin();
  });
  afterAll(async () => {
    await expectHealthy(florin);
    await florin.stop();
  });

  it('two schedulers at one slot share one run: every subscription is billed once', async () => {
    const tenant = await florin.openOrganization();
    await subscribeMany(florin, tenant, due);
    const other = await createApp(
      AppModule.register(readConfig({ FLORIN_LOG_DIR: florin.logDir, LOG_LEVEL: 'error' }), florin.databaseUrl, {
        runsJobs: false,
      }),
    );
    try {
      const scheduledFor = new Date(Math.floor(Date.now() / 3_600_000) * 3_600_000);
      const results = await Promise.all(
        [florin.app, other].map((app) => app.get(GenerateInvoices).forAll({ trigger: 'CRON', scheduledFor })),
      );
      expect(results.reduce((sum, result) => sum + result.successful, 0)).toBe(due);
      expect(await numbersOf(florin, tenant)).toEqual(oneToDue);
      const { body } = await tenant.call('GET', '/api/v1/billing_runs');
      expect(body.billing_runs).toEqual([
        expect.objectContaining({ trigger: 'cron', status: 'completed', found: due, processed: due, successful: due, failed: 0 }),
      ]);
    } finally {
      await other.close();
    }
  });

  it('one of two processes killed with -9 in the middle of its batches loses and doubles nothing', async () => {
    const tenant = await florin.openOrganization();
    await subscribeMany(florin, tenant, due);
    // Holding the counter stops all four workers after they claimed and priced: the kill hits transactions in flight.
    const counter = await florin.sql.connect();
    await counter.query('begin');
    await counter.query(
      `insert into number_series (organization_id, billing_entity_id, series, last_number)
       select organization_id, id, to_char(now(), 'YYYY'), 0 from billing_entities where organization_id = $1`,
      [tenant.id],
    );
    const victim = startWorker(florin);
    const survivor = startWorker(florin);
    try {
      await until('four workers wait for the counter', async () => {
        const { rows } = await florin.sql.query(
          `select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%number_series%'`,
        );
        return rows[0].n === 4;
      });
      victim.child.kill('SIGKILL');
      expect(await victim.exit).toBe('SIGKILL');
      await counter.query('commit');
      await until('all invoices are there', async () => (await numbersOf(florin, tenant)).length === due);
      expect(await numbersOf(florin, tenant)).toEqual(oneToDue);
    } finally {
      counter.release();
      survivor.child.kill('SIGTERM');
    }
    expect(await survivor.exit).toBe(0);
  });

  const startWorker = ({ databaseUrl }: Florin): Started =>
    startProcess('src/worker.ts', [], {
      DATABASE_URL: databaseUrl,
      FLORIN_LOG_DIR: florin.logDir,
      FLORIN_BILLING_WORKERS: '2',
      LOG_LEVEL: 'error',
    });
});
