import { DataSource } from 'typeorm';
import { type Florin, startFlorin } from '../support/florin.ts';
import { stockShop, subscribe } from '../support/shop.ts';

describe('many test clocks', () => {
  let florin: Florin;
  beforeEach(async () => {
    florin = await startFlorin();
  });
  afterEach(() => florin.stop());

  const clocks = async (count: number) => {
    const tenants = await Promise.all(Array.from({ length: count }, (_, i) => florin.openOrganization('test', `Company ${i}`)));
    for (const { call } of tenants) {
      await stockShop(call);
      await subscribe(call, 's');
    }
    return tenants;
  };
  const inAMonth = { test_clock: { to: new Date(Date.now() + 40 * 86_400_000).toISOString() } };

  it('move at once, more of them than there are connections, while others are answered', async () => {
    const tenants = await clocks(20);
    const moves = tenants.map(({ call }) => call('POST', '/api/v1/test_clock/advance', inAMonth));
    const other = await tenants[0]!.call('GET', '/api/v1/plans');
    expect(other.status).toBe(200);
    expect((await Promise.all(moves)).map(({ status }) => status)).toEqual(tenants.map(() => 200));
    const { rows } = await florin.sql.query('select count(distinct organization_id)::int as n from invoices');
    expect(rows).toEqual([{ n: 20 }]);
  });

  it('need one connection at a time each', async () => {
    const [tenant] = await clocks(1);
    const { master } = florin.app.get(DataSource).driver as unknown as { master: { options: { max: number } } };
    master.options.max = 1;
    const answer = await tenant!.call('POST', '/api/v1/test_clock/advance', inAMonth);
    expect([answer.status, answer.body]).toEqual([200, { test_clock: { now: expect.any(String) } }]);
  });

  it('move one at a time in one organization', async () => {
    const [tenant] = await clocks(1);
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => tenant!.call('POST', '/api/v1/test_clock/advance', inAMonth)),
    );
    const statuses = answers.map(({ status }) => status).toSorted((a, b) => a - b);
    expect(statuses[0]).toBe(200);
    expect(statuses.filter((status) => status !== 200 && status !== 409)).toEqual([]);
  });
});
