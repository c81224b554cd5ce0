import { type Florin, startFlorin, type Tenant } from '../../support/florin.ts';
import { stockShop, subscribe } from '../../support/shop.ts';
import { until } from '../../support/processes.ts';

describe('rate limits', () => {
  const running: Florin[] = [];
  const start = async (environment: Record<string, string> = {}): Promise<Florin> => {
    const florin = await startFlorin(environment);
    running.push(florin);
    return florin;
  };
  afterEach(async () => {
    for (const florin of running.splice(0)) await florin.stop();
  });

  const page = '/api/v1/billing/subscriptions';
  const sessionOf = async (tenant: Tenant, subject: string): Promise<string> =>
    (await tenant.call('POST', '/api/v1/customers/customer%20of%20sub/sessions', { session: { role: 'owner', subject } })).body
      .token as string;
  /** So that a minute does not turn in the middle of what a test counts. */
  const earlyInTheMinute = () => until('the minute to be young', () => Date.now() % 60_000 < 35_000);

  it('61 calls: the billing pages answer 60 a minute for each person, and nothing else is touched', async () => {
    const florin = await start();
    const tenant = await florin.openOrganization();
    await stockShop(tenant.call);
    await subscribe(tenant.call, 'sub');
    const ann = florin.as(await sessionOf(tenant, 'ann'));
    const ben = florin.as(await sessionOf(tenant, 'ben'));
    await earlyInTheMinute();
    const answers = await Promise.all(Array.from({ length: 61 }, () => ann('GET', page)));
    const refused = answers.filter(({ status }) => status === 429);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(60);
    expect(refused).toHaveLength(1);
    expect(refused[0]).toMatchObject({
      body: { status: 429, code: 'too_many_requests' },
      headers: { 'x-ratelimit-limit': '60', 'x-ratelimit-remaining': '0', 'x-ratelimit-type': 'billing' },
    });
    const wait = Number(refused[0]?.headers['retry-after']);
    expect(wait).toBeGreaterThanOrEqual(1);
    expect(wait).toBeLessThanOrEqual(60);
    expect((await ben('GET', page)).status).toBe(200);
    expect((await tenant.call('GET', '/api/v1/taxes')).status).toBe(200);
    const metrics = await (await fetch(`${florin.url}/metrics`)).text();
    expect(metrics).toContain('florin_rate_limited_total{category="billing"} 1');
  });

  it('every answer of a route says where its caller stands', async () => {
    const florin = await start({ FLORIN_RATE_LIMITS: 'read=5000, write=0' });
    const tenant = await florin.openOrganization();
    await earlyInTheMinute();
    const { headers } = await tenant.call('GET', '/api/v1/taxes');
    expect(headers).toMatchObject({ 'x-ratelimit-limit': '5000', 'x-ratelimit-remaining': '4999', 'x-ratelimit-type': 'read' });
    expect(headers['ratelimit']).toMatch(/^"read";r=4999;t=\d+$/);
    expect(headers['ratelimit-policy']).toBe('"read";q=5000;w=60');
    expect((await tenant.call('GET', '/api/v1/taxes/none')).headers['x-ratelimit-remaining']).toBe('4998');
    expect((await tenant.call('POST', '/api/v1/taxes', {})).headers).not.toHaveProperty('x-ratelimit-limit');
    expect((await fetch(`${florin.url}/health/live`)).headers.get('x-ratelimit-type')).toBe('public');
    expect((await tenant.call('POST', '/api/v1/events', {})).headers['x-ratelimit-type']).toBe('ingestion');
  });

  it('a path that does not exist counts by address, and runs out like any other', async () => {
    const florin = await start({ FLORIN_RATE_LIMITS: 'public=2' });
    await earlyInTheMinute();
    const answers = [];
    for (let i = 0; i < 3; i += 1) answers.push(await florin.as('nobody')('GET', '/api/v1/nothing'));
    expect(answers.map(({ status, headers }) => [status, headers['x-ratelimit-type'], headers['x-ratelimit-remaining']])).toEqual(
      [
        [404, 'public', '1'],
        [404, 'public', '0'],
        [429, 'public', '0'],
      ],
    );
    expect(answers[2]).toMatchObject({ body: { code: 'too_many_requests' }, headers: { 'retry-after': expect.any(String) } });
  });

  it('two processes count together, exactly where the limit is small', async () => {
    const first = await start({ FLORIN_RATE_LIMITS: 'read=30' });
    const tenant = await first.openOrganization();
    const second = await startFlorin({ FLORIN_RATE_LIMITS: 'read=30' }, first.databaseUrl);
    running.push(second);
    await earlyInTheMinute();
    const statuses = await Promise.all(
      Array.from(
        { length: 40 },
        async (_, position) => (await (position % 2 ? first : second).as(tenant.key)('GET', '/api/v1/taxes')).status,
      ),
    );
    expect(statuses.filter((status) => status === 200)).toHaveLength(30);
    expect(statuses.filter((status) => status === 429)).toHaveLength(10);
  });

  it('forty requests at once on one server take one share of a large limit, and leave the others theirs', async () => {
    const first = await start({ FLORIN_RATE_LIMITS: 'read=2000' });
    const tenant = await first.openOrganization();
    const second = await startFlorin({ FLORIN_RATE_LIMITS: 'read=2000' }, first.databaseUrl);
    running.push(second);
    await earlyInTheMinute();
    const read = (florin: Florin) => florin.as(tenant.key)('GET', '/api/v1/taxes');
    const answers = await Promise.all(Array.from({ length: 40 }, () => read(first)));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    const { rows } = await first.sql.query(`select taken::int from rate_limit_windows where bucket like 'read %'`);
    expect(rows).toEqual([{ taken: 100 }]);
    expect(await read(second)).toMatchObject({ status: 200, headers: { 'x-ratelimit-remaining': '1899' } });
  });

  it('an address that was refused too often is not listened to, whatever it says', async () => {
    const florin = await start({ FLORIN_RATE_LIMITS: 'auth=2' });
    const tenant = await florin.openOrganization();
    await earlyInTheMinute();
    const statuses: number[] = [];
    for (let call = 0; call < 3; call += 1) statuses.push((await florin.as('wrong')('GET', '/api/v1/taxes')).status);
    expect(statuses).toEqual([401, 401, 429]);
    const answer = await tenant.call('GET', '/api/v1/taxes');
    expect(answer).toMatchObject({ status: 429, headers: { 'x-ratelimit-type': 'auth', 'retry-after': expect.any(String) } });
    expect((await fetch(`${florin.url}/health/live`)).status).toBe(200);
  });

  it('refused keys are counted by address, as the trusted proxy says it', async () => {
    const florin = await start({ FLORIN_RATE_LIMITS: 'auth=3', FLORIN_TRUSTED_PROXIES: '127.0.0.0/8' });
    await earlyInTheMinute();
    const from = async (address: string) =>
      (await florin.as('wrong')('GET', '/api/v1/taxes', undefined, { 'x-forwarded-for': address })).status;
    const statuses: number[] = [];
    for (let call = 0; call < 4; call += 1) statuses.push(await from('203.0.113.7'));
    expect(statuses).toEqual([401, 401, 401, 429]);
    expect(await from('203.0.113.8')).toBe(401);
  });
});
