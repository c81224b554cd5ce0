import { type Florin, startFlorin, type Tenant } from '../../support/florin.ts';
import { createTestDatabase, type TestDatabase } from '../../support/test-database.ts';
import { openWire, type Wire } from '../../support/wire.ts';

describe('connections to the database that are swallowed without a word', () => {
  let database: TestDatabase;
  let wire: Wire;
  let florin: Florin;
  let tenant: Tenant;
  beforeAll(async () => {
    database = await createTestDatabase();
    wire = await openWire(database.url);
    florin = await startFlorin({}, wire.url);
    tenant = await florin.openOrganization();
  });
  afterAll(async () => {
    await florin.stop();
    await wire.close();
    await database.drop();
  });

  const reads = (count: number) => Promise.all(Array.from({ length: count }, () => tenant.call('GET', '/api/v1/taxes')));

  it('are dropped within seconds: every request is answered, and soon all of them well', async () => {
    expect((await reads(40)).every(({ status }) => status === 200)).toBe(true);
    wire.swallow();
    const from = Date.now();
    const first = await reads(40);
    expect(first.every(({ status }) => status === 200 || status === 503)).toBe(true);
    const statuses: number[] = [];
    while (statuses.at(-1) !== 200) statuses.push((await tenant.call('GET', '/api/v1/taxes')).status);
    expect((await reads(40)).every(({ status }) => status === 200)).toBe(true);
    expect(Date.now() - from).toBeLessThan(20_000);
  });

  it('are told from statements that take long', async () => {
    const gate = await florin.sql.connect();
    await gate.query('begin');
    await gate.query('lock table taxes');
    const slow = tenant.call('POST', '/api/v1/taxes', { tax: { code: 'slow', name: 'S', rate: 1 } });
    await gate.query('select pg_sleep(6)');
    await gate.query('commit');
    gate.release();
    expect((await slow).status).toBe(200);
  });
});
