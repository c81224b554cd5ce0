import { randomUUID } from 'node:crypto';
import { DataSource } from 'typeorm';
import { type Answer, type Caller, type Florin, operatorKey, startFlorin } from '../support/florin.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';
import { startProcess, type Started, until } from '../support/processes.ts';
import { openWire, type Wire } from '../support/wire.ts';

type Write = readonly [Parameters<Caller>[0], string, object?];
/** Sends a write with a key of its own until it is answered for good. */
type Send = (caller: Caller, ...write: Write) => Promise<Answer['body']>;

const issued = { external_customer_id: 'acme', line_items: [{ description: 'Work', quantity: '2', unit_amount: '10.00' }] };

/** Writes at every kind of door, each needing what the ones before it made. */
async function story(send: Send, operator: Caller): Promise<string> {
  const opened = await send(operator, 'POST', '/admin/v1/organizations', { organization: { name: 'Acme', mode: 'test' } });
  const { id, api_key: apiKey } = opened.organization;
  const keyed: Caller = (method, path, body, headers) =>
    operator(method, path, body, { ...headers, authorization: `Bearer ${apiKey.key}` });
  const call = (...write: Write) => send(keyed, ...write);
  await send(operator, 'POST', `/admin/v1/organizations/${id}/api_keys`, { api_key: { name: 'second', role: 'member' } });
  await call('POST', '/api/v1/taxes', { tax: { code: 'vat', name: 'VAT', rate: 20, applied_to_organization: true } });
  await call('PUT', '/api/v1/taxes/vat', { tax: { name: 'MwSt' } });
  await call('POST', '/api/v1/add_ons', { add_on: { code: 'seat', name: 'Seat', amount_cents: 1, amount_currency: 'USD' } });
  const fixedCharges = [{ add_on_code: 'seat', charge_model: 'standard', units: '3', properties: { amount: '5' } }];
  const plan = { name: 'Team', interval: 'monthly', amount_cents: 4900, amount_currency: 'USD', pay_in_advance: true };
  await call('POST', '/api/v1/plans', { plan: { ...plan, code: 'team', fixed_charges: fixedCharges } });
  await call('POST', '/api/v1/plans', { plan: { ...plan, code: 'big', amount_cents: 9900 } });
  await call('POST', '/api/v1/customers', { customer: { external_id: 'acme', name: 'Acme', country: 'US' } });
  await call('POST', '/api/v1/customers/acme/sessions', { session: { role: 'owner', subject: 'ann' } });
  await call('POST', '/api/v1/subscriptions', {
    subscription: { external_customer_id: 'acme', plan_code: 'team', external_id: 's' },
  });
  await call('POST', '/api/v1/subscriptions/s/generate-invoice');
  await call('POST', '/api/v1/subscriptions', {
    subscription: { external_customer_id: 'acme', plan_code: 'big', external_id: 's' },
  });
  await call('POST', '/api/v1/subscriptions/s/pause', {});
  await call('POST', '/api/v1/subscriptions/s/resume');
  await call('POST', '/api/v1/billing_runs', {});
  const { invoice } = await call('POST', '/api/v1/invoices', { invoice: issued });
  const items = [{ fee_id: invoice.fees[0].lago_id, amount_cents: 500 }];
  const note = { credit_note: { invoice_id: invoice.lago_id, items } };
  await call('POST', '/api/v1/credit_notes/estimate', note);
  const { credit_note: created } = await call('POST', '/api/v1/credit_notes', note);
  await call('POST', `/api/v1/credit_notes/${created.lago_id}/metadata`, { credit_note: { metadata: { why: 'late' } } });
  await call('PUT', `/api/v1/credit_notes/${created.lago_id}/void`);
  await send(operator, 'PATCH', `/admin/v1/invoices/${invoice.lago_id}/mark-paid`, {});
  const { operation } = await call('POST', '/api/v1/operations', { operation: { operation_type: 'export' } });
  await call('POST', `/api/v1/operations/${operation.id}/complete`, { operation: { result: { rows: 3 } } });
  await call('POST', '/api/v1/provisioners', { provisioner: { resource_type: 'vm', kind: 'none' } });
  await call('POST', '/api/v1/provisioners/vm/rotate_secret');
  await call('POST', '/api/v1/billing_entities', { billing_entity: { code: 'eu', name: 'EU' } });
  await call('PUT', '/api/v1/billing_entities/eu', { billing_entity: { name: 'Europe' } });
  await call('DELETE', '/api/v1/subscriptions/s');
  const resource = '/api/v1/resources/vm/r1/subscriptions';
  const taken = { external_customer_id: 'acme', plan_code: 'team', external_id: 'r' };
  await call('POST', resource, { subscription: taken });
  await call('PUT', `${resource}/upgrade`, { subscription: { plan_code: 'big' } });
  await call('POST', `${resource}/cancel`, {});
  return id;
}

/** How many rows of each table an organization has; what each try writes for itself does not count. */
async function rowsOf({ sql }: Florin, organizationId: string): Promise<Record<string, number>> {
  const { rows: tables } = await sql.query<{ name: string }>(
    `select table_name as name from information_schema.columns where table_schema = 'public' and column_name = 'organization_id'
     and table_name <> 'idempotency_keys' order by 1`,
  );
  const counts: Record<string, number> = {};
  for (const { name } of tables) {
    const { rows } = await sql.query(`select count(*)::int as n from ${name} where organization_id = $1`, [organizationId]);
    counts[name] = rows[0].n;
  }
  return counts;
}

describe('a write with an Idempotency-Key', () => {
  let database: TestDatabase;
  let florin: Florin;
  const servers: Started[] = [];
  beforeAll(async () => {
    database = await createTestDatabase();
    florin = await startFlorin({}, database.url);
  });
  afterAll(async () => {
    for (const { child } of servers) child.kill('SIGKILL');
    await florin.stop();
    await database.drop();
  });

  describe('whose COMMIT arrives and whose answer is lost', () => {
    let wire: Wire;
    let behindWire: Florin;
    beforeAll(async () => {
      wire = await openWire(database.url);
      behindWire = await startFlorin({}, wire.url);
    });
    afterAll(async () => {
      await behindWire.stop();
      await wire.close();
    });

    it('is done once, whichever of its transactions it is', async () => {
      let lost = 0;
      const replays: (readonly [Answer, Answer])[] = [];
      const losing: Send = async (caller, ...[method, path, body]) => {
        const headers = { 'idempotency-key': randomUUID() };
        for (let tries = 1; ; tries++) {
          // Only looking ahead commits as well, and has nothing to take up again.
          wire.loseCommits(tries < 6 ? 1 : 0);
          const answer = await caller(method, path, body, headers);
          if (answer.status === 503) lost++;
          else if (answer.status < 300) {
            wire.loseCommits(0);
            replays.push([answer, await caller(method, path, body, headers)]);
            return answer.body;
          } else throw new Error(`${method} ${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
        }
      };
      const calm: Send = async (caller, ...write) => (await caller(...write)).body;
      const [counted, expected] = [await story(losing, behindWire.operator), await story(calm, florin.operator)];
      expect(lost).toBeGreaterThan(25);
      for (const [answer, again] of replays)
        expect([again.headers['idempotent-replayed'], again.body]).toEqual(['true', answer.body]);
      expect(await rowsOf(florin, counted)).toEqual(await rowsOf(florin, expected));
    });
  });

  it('needs one connection at a time, like any other write', async () => {
    const narrow = await startFlorin({}, database.url);
    const { master } = narrow.app.get(DataSource).driver as unknown as { master: { options: { max: number } } };
    master.options.max = 1;
    try {
      const keyed: Send = async (caller, ...[method, path, body]) => {
        const answer = await caller(method, path, body, { 'idempotency-key': randomUUID() });
        expect([path, answer.status < 300]).toEqual([path, true]);
        return answer.body;
      };
      expect(await story(keyed, narrow.operator)).toBeDefined();
    } finally {
      await narrow.stop();
    }
  });

  it('is done once when the server is killed with -9 while forty of them are under way', async () => {
    const tenant = await florin.openOrganization();
    await tenant.call('POST', '/api/v1/customers', { customer: { external_id: 'acme', country: 'US' } });
    const wanted = 40;
    for (let round = 1; round <= 2; round++) {
      const { body } = await tenant.call('POST', '/api/v1/invoices', { invoice: issued });
      const credit = {
        credit_note: { invoice_id: body.invoice.lago_id, items: [{ fee_id: body.invoice.fees[0].lago_id, amount_cents: 10 }] },
      };
      const writes: (readonly [string, Write])[] = Array.from({ length: wanted }, (_, i) => {
        const write: Write =
          i % 4 === 0
            ? ['POST', '/api/v1/invoices', { invoice: issued }]
            : i % 4 === 1
              ? ['POST', '/api/v1/credit_notes', credit]
              : i % 4 === 2
                ? ['POST', '/api/v1/operations', { operation: { operation_type: 'export' } }]
                : ['POST', `/admin/v1/organizations/${tenant.id}/api_keys`, { api_key: { name: 'k', role: 'member' } }];
        return [randomUUID(), write];
      });
      const before = await rowsOf(florin, tenant.id);
      const server = startServer();
      const url = /http:\/\/[\d.:]+/.exec(await server.line(/Florin listens on/))?.[0] ?? '';
      servers.push(server);
      const first = writes.map(([key, write]) => attempt(url, tenant.key, key, write));
      await until('some are done and others are not', async () => {
        const { rows } = await florin.sql.query<{ n: number }>(
          `select count(*)::int as n from idempotency_keys where key = any($1) and (response_status is not null or outcomes <> '{}')`,
          [writes.map(([key]) => key)],
        );
        return (rows[0]?.n ?? 0) >= 5;
      });
      server.child.kill('SIGKILL');
      await server.exit;
      await Promise.all(first);
      await florin.sql.query(`update idempotency_keys set locked_until = null where response_status is null`);
      for (const [key, write] of writes)
        await until('it is answered', async () => (await attempt(florin.url, tenant.key, key, write)) === 200);
      const after = await rowsOf(florin, tenant.id);
      const made = Object.fromEntries(
        ['invoices', 'credit_notes', 'operations', 'api_keys'].map((table) => [
          table,
          (after[table] ?? 0) - (before[table] ?? 0),
        ]),
      );
      expect(made).toEqual({ invoices: 10, credit_notes: 10, operations: 10, api_keys: 10 });
    }
  });

  const startServer = (): Started =>
    startProcess('src/main.ts', [], {
      DATABASE_URL: database.url,
      FLORIN_ADMIN_API_KEY: operatorKey,
      FLORIN_LOG_DIR: florin.logDir,
      PORT: '0',
      LOG_LEVEL: 'info',
      STRIPE_SECRET_KEY: 'sk_test_nobody_at_all',
      STRIPE_WEBHOOK_SECRET: 'whsec_nobody_at_all',
    });
});

/** The status; undefined when nobody answered. */
async function attempt(
  url: string,
  key: string,
  idempotencyKey: string,
  [method, path, body]: Write,
): Promise<number | undefined> {
  const authorization = `Bearer ${path.startsWith('/admin') ? operatorKey : key}`;
  const headers = { authorization, 'content-type': 'application/json', 'idempotency-key': idempotencyKey };
  const answer = await fetch(`${url}${path}`, { method, headers, body: JSON.stringify(body) }).catch(() => undefined);
  return answer?.status;
}
