import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expectHealthy } from '../support/doctor.ts';
import { type Florin, startFlorin, type Tenant } from '../support/florin.ts';
import { startProcess } from '../support/processes.ts';
import { advance, invoicesOf, make } from '../support/shop.ts';

const realTraces = join(__dirname, '../../../shared/data/llm-trace');

/** A made-up trace in the same format, where the real ones are not at hand: 1,500 requests over two weeks. */
function sample(seed: number): string {
  const line = (i: number): string => {
    const at = new Date(Date.UTC(2023, 10, 14) + i * 800_000 + seed);
    return `${at.toISOString().slice(0, 23).replace('T', ' ')}0000,${(i * 7919 + seed) % 9000},${(i * 104729 + seed) % 1200}`;
  };
  return ['TIMESTAMP,ContextTokens,GeneratedTokens', ...Array.from({ length: 1500 }, (_, i) => line(i))].join('\n');
}

/** Cents by week straight from the file: Σ input × 0.0003 and Σ output × 0.0015, each rounded half away from zero, in integers. */
function expectedWeeks(csv: string): Map<string, { input: bigint; output: bigint; cents: bigint }> {
  const weeks = new Map<string, { input: bigint; output: bigint; cents: bigint }>();
  for (const line of csv.trim().split(/\r?\n/).slice(1)) {
    const [timestamp = '', input = '0', output = '0'] = line.split(',');
    const day = new Date(`${timestamp.slice(0, 10)}T00:00:00Z`);
    const monday = new Date(day.getTime() - ((day.getUTCDay() + 6) % 7) * 86_400_000).toISOString().slice(0, 10);
    const week = weeks.get(monday) ?? { input: 0n, output: 0n, cents: 0n };
    week.input += BigInt(input);
    week.output += BigInt(output);
    weeks.set(monday, week);
  }
  const rounded = (tokens: bigint, tenThousandths: bigint): bigint => (tokens * tenThousandths * 2n + 10_000n) / 20_000n;
  for (const week of weeks.values()) week.cents = rounded(week.input, 3n) + rounded(week.output, 15n);
  return weeks;
}

describe('LLM inference traces, billed per token', () => {
  let florin: Florin;
  let tenant: Tenant;
  const folder = mkdtempSync(join(tmpdir(), 'florin-traces-'));

  beforeAll(async () => {
    florin = await startFlorin();
    tenant = await florin.openOrganization('test');
    await florin.sql.query(`update organizations set virtual_now = '2023-11-13T00:00:00Z' where id = $1`, [tenant.id]);
    const { call } = tenant;
    const metric = async (code: string) =>
      make(call, '/api/v1/billable_metrics', 'billable_metric', {
        code,
        name: code,
        aggregation_type: 'sum_agg',
        field_name: 'tokens',
      });
    const input = await metric('input_tokens');
    const output = await metric('output_tokens');
    await make(call, '/api/v1/plans', 'plan', {
      code: 'tokens',
      name: 'Tokens',
      interval: 'weekly',
      amount_cents: 0,
      amount_currency: 'USD',
      pay_in_advance: false,
      charges: [
        { billable_metric_id: input.lago_id, charge_model: 'standard', properties: { amount: '0.000003' } },
        { billable_metric_id: output.lago_id, charge_model: 'standard', properties: { amount: '0.000015' } },
      ],
    });
    for (const name of ['code', 'conv']) {
      await make(call, '/api/v1/customers', 'customer', { external_id: name });
      await make(call, '/api/v1/subscriptions', 'subscription', {
        external_customer_id: name,
        plan_code: 'tokens',
        external_id: name,
      });
    }
  });
  afterAll(async () => {
    await expectHealthy(florin);
    await florin.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('every amount is what the file says, to the cent', async () => {
    const files = ['code', 'conv'].map((name, i) => {
      const file = join(folder, `${name}.csv`);
      if (existsSync(realTraces)) copyFileSync(join(realTraces, `${name}.csv`), file);
      else writeFileSync(file, sample(i));
      return { name, file, csv: readFileSync(file, 'utf8') };
    });
    for (const { name, file } of files) {
      const mapping = join(folder, `${name}.json`);
      writeFileSync(
        mapping,
        JSON.stringify({
          timestamp: { column: 'TIMESTAMP', zone: 'UTC' },
          external_subscription_id: name,
          transaction_prefix: name,
          events: [
            { code: 'input_tokens', properties: { tokens: { column: 'ContextTokens' } } },
            { code: 'output_tokens', properties: { tokens: { column: 'GeneratedTokens' } } },
          ],
        }),
      );
      const florinImport = startProcess('src/cli.ts', [
        'events:import',
        file,
        '--mapping',
        mapping,
        '--url',
        florin.url,
        '--key',
        tenant.key,
      ]);
      expect([await florinImport.exit, florinImport.output().stderr]).toEqual([0, '']);
    }
    await advance(tenant.call, '2023-12-11T02:00:00Z');
    for (const { name, csv } of files) {
      const invoices = await invoicesOf(tenant.call, name);
      const billed = new Map(invoices.map((invoice) => [invoice.period_start.slice(0, 10), BigInt(invoice.total_amount_cents)]));
      const expected = expectedWeeks(csv);
      expect(expected.size).toBeGreaterThan(0);
      for (const [monday, week] of expected) expect([name, monday, billed.get(monday)]).toEqual([name, monday, week.cents]);
      const events = await tenant.call('GET', `/api/v1/events?external_subscription_id=${name}&per_page=1`);
      expect(events.body.meta.total_count).toBe((csv.trim().split('\n').length - 1) * 2);
    }
  });
});
