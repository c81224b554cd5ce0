import { type SeenStatement, statementsOf } from '../../../bench/tap.ts';
import { type Florin, startFlorin, type Tenant } from '../../support/florin.ts';
import { make, stockShop, subscribe, use } from '../../support/shop.ts';

/** What one connection sent from the start of a transaction to its end, for every transaction that claimed something and kept it. */
function batchesIn(seen: readonly SeenStatement[]): SeenStatement[][] {
  const open = new Map<object, SeenStatement[]>();
  const batches: SeenStatement[][] = [];
  for (const statement of seen) {
    if (/^start transaction/i.test(statement.text)) open.set(statement.client, []);
    const transaction = open.get(statement.client);
    transaction?.push(statement);
    if (!transaction || !/^commit/i.test(statement.text)) continue;
    open.delete(statement.client);
    if (transaction.some(({ name }) => name === 'invoices.insert_drafts')) batches.push(transaction);
  }
  return batches;
}

describe('the budget of a billing batch', () => {
  let florin: Florin;
  let tenant: Tenant;
  beforeAll(async () => {
    florin = await startFlorin({ FLORIN_BILLING_WORKERS: '1' });
    tenant = await florin.openOrganization();
    await stockShop(tenant.call);
    await make(tenant.call, '/api/v1/taxes', 'tax', { code: 'vat', name: 'VAT', rate: 20, applied_to_organization: true });
  });
  afterAll(() => florin.stop());

  /** Bills `count` new due subscriptions with usage and tax, in one batch. Answers its statements by name or first words. */
  async function batchOf(count: number, address: object = {}): Promise<string[]> {
    const names = Array.from({ length: count }, (_, position) => `${count}-${position}`);
    const at = new Date(Date.now() - 3 * 86_400_000).toISOString();
    for (const name of names) {
      await subscribe(tenant.call, name);
      await make(tenant.call, '/api/v1/customers', 'customer', { external_id: `customer of ${name}`, ...address });
      await use(tenant.call, name, 'tokens', { count: 1234 }, at);
      await use(tenant.call, name, 'storage', { gb: 7 }, at);
    }
    await florin.sql.query(
      `update subscriptions set started_at = now() - interval '1 month', subscription_at = now() - interval '1 month', billing_time = 'anniversary',
         current_period_start = now() - interval '1 month', current_period_end = now() where external_id = any($1)`,
      [names],
    );
    let run = { successful: 0, failed: 0 };
    const seen = await statementsOf(async () => {
      run = (await tenant.call('POST', '/api/v1/billing_runs')).body.billing_run;
    });
    expect(run).toMatchObject({ successful: count, failed: 0 });
    const batches = batchesIn(seen);
    expect(batches).toHaveLength(1);
    return (batches[0] ?? []).map(({ name, text }) => name ?? text);
  }

  it('is 15 statements, BEGIN and COMMIT included, and does not grow with the subscriptions', async () => {
    const one = await batchOf(1);
    const many = await batchOf(60);
    expect(one).toEqual(expect.arrayContaining(['billing.claim', 'fees.insert', 'invoice_taxes.insert', 'outbox.insert']));
    expect(one.length).toBeLessThanOrEqual(15);
    expect(many).toEqual(one);
  });

  it('is 16 when subscriptions end: what they paid in advance is locked before it is counted and credited', async () => {
    await make(tenant.call, '/api/v1/plans', 'plan', {
      code: 'advance',
      name: 'Advance',
      interval: 'monthly',
      amount_cents: 3100,
      amount_currency: 'USD',
      pay_in_advance: true,
    });
    for (const name of ['x', 'y']) await subscribe(tenant.call, name, { plan_code: 'advance', billing_time: 'anniversary' });
    await tenant.call('POST', '/api/v1/billing_runs');
    for (const name of ['x', 'y']) await tenant.call('DELETE', `/api/v1/subscriptions/${name}`);
    const seen = await statementsOf(() => tenant.call('POST', '/api/v1/billing_runs'));
    const [batch] = batchesIn(seen);
    const names = (batch ?? []).map(({ name, text }) => name ?? text);
    expect(names).toEqual(expect.arrayContaining(['credit_notes.lock_paid_beyond', 'credit_notes.insert']));
    expect(names.length).toBeLessThanOrEqual(16);
  });

  it('is the same where addresses decide the tax of each', async () => {
    const assigned = await batchOf(2);
    await tenant.call('PUT', '/api/v1/taxes/vat', { tax: { applied_to_organization: false } });
    await tenant.call('PUT', '/api/v1/billing_entities/default', { billing_entity: { country: 'FR', tax_by_address: true } });
    expect(await batchOf(30, { country: 'DE' })).toEqual(assigned);
    const { rows } = await florin.sql.query(`select count(*)::int from invoice_taxes where address_rule = 'eu_consumer'`);
    expect(rows).toEqual([{ count: 30 }]);
  });
});
