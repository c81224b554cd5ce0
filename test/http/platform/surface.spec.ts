import { connect } from 'node:net';
import { type Florin, startFlorin } from '../../support/florin.ts';
import { shutOut } from '../../support/test-database.ts';

describe('the surface of the API', () => {
  let florin: Florin;
  beforeAll(async () => {
    florin = await startFlorin();
  });
  afterAll(() => florin.stop());

  const json = { 'content-type': 'application/json' };

  it('reads the JSON of a known caller, and says where it is none', async () => {
    const { call } = await florin.openOrganization();
    expect(await call('POST', '/api/v1/billing_entities', '{')).toMatchObject({ status: 400, body: { code: 'invalid_json' } });
  });

  it.each([
    ['an unknown route', '/api/v1/nothing', {}, 404, 'route_not_found'],
    ['an unknown method of a route', '/health/live', { method: 'POST' }, 404, 'route_not_found'],
    ['no key', '/api/v1/billing_entities', {}, 401, 'unauthorized'],
    ['a path that cannot be read', '/%zz', {}, 400, 'bad_request'],
    [
      'another media type',
      '/api/v1/billing_entities',
      { method: 'POST', headers: { 'content-type': 'text/xml' }, body: '<a/>' },
      415,
      'unsupported_media_type',
    ],
    [
      'a malformed media type',
      '/api/v1/billing_entities',
      { method: 'POST', headers: { 'content-type': '///' }, body: 'x' },
      415,
      'unsupported_media_type',
    ],
    [
      'a body beyond 4 MiB',
      '/api/v1/billing_entities',
      { method: 'POST', headers: json, body: `"${'x'.repeat(4 * 1024 * 1024)}"` },
      413,
      'payload_too_large',
    ],
    [
      'JSON that is none, from a stranger',
      '/api/v1/billing_entities',
      { method: 'POST', headers: json, body: '{' },
      401,
      'unauthorized',
    ],
  ])('answers %s in the error shape, with a request id', async (_, path, init, status, code) => {
    const answer = await fetch(`${florin.url}${path}`, init);
    expect(answer.status).toBe(status);
    const body = (await answer.json()) as Record<string, unknown>;
    expect(body).toMatchObject({ status, code, error: expect.any(String), request_id: answer.headers.get('x-request-id') });
    expect(answer.headers.get('x-request-id')).toMatch(/^[\w-]{36}$/);
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  it('tells everybody on the way to keep nothing of what is private', async () => {
    const tenant = await florin.openOrganization();
    for (const path of ['/api/v1/customers', '/api/v1/invoices', '/api/v1/taxes'])
      expect((await tenant.call('GET', path)).headers).toMatchObject({ 'cache-control': 'no-store' });
    expect((await florin.operator('GET', '/admin/v1/organizations')).headers).toMatchObject({ 'cache-control': 'no-store' });
  });

  it('answers bytes that are no HTTP in the same shape', async () => {
    const { hostname, port } = new URL(florin.url);
    const text = await new Promise<string>((resolve, reject) => {
      let received = '';
      const socket = connect(Number(port), hostname, () => socket.write('NONSENSE\r\n\r\n'));
      socket.on('data', (chunk: Buffer) => {
        received += chunk.toString();
      });
      socket.on('end', () => resolve(received)).on('error', reject);
    });
    expect(text).toMatch(/^HTTP\/1\.1 400 /);
    expect(JSON.parse(text.split('\r\n\r\n')[1] ?? '')).toMatchObject({ status: 400, code: 'bad_request' });
  });

  it('takes the request id it is given, if it is one', async () => {
    const given = await fetch(`${florin.url}/health/live`, { headers: { 'x-request-id': 'order-42.a' } });
    expect(given.headers.get('x-request-id')).toBe('order-42.a');
    const odd = await fetch(`${florin.url}/health/live`, { headers: { 'x-request-id': 'a b' } });
    expect(odd.headers.get('x-request-id')).not.toBe('a b');
  });

  it('is alive and ready without a key', async () => {
    for (const path of ['/health/live', '/health/ready']) {
      const answer = await fetch(`${florin.url}${path}`);
      expect([answer.status, await answer.json()]).toEqual([200, { status: 'ok' }]);
    }
  });

  it('counts requests by route, not by path', async () => {
    await fetch(`${florin.url}/api/v1/billing_entities/some-code`);
    const text = await (await fetch(`${florin.url}/metrics`)).text();
    expect(text).toContain(
      'florin_http_request_duration_seconds_count{method="GET",route="/api/v1/billing_entities/:code",status="401"} 1',
    );
    expect(text).not.toContain('some-code');
    expect(text).toContain('process_resident_memory_bytes');
  });
});

describe('without its database', () => {
  it('is alive but not ready, and says 503 in the error shape', async () => {
    const florin = await startFlorin();
    try {
      await shutOut(florin.databaseUrl);
      expect((await fetch(`${florin.url}/health/live`)).status).toBe(200);
      const answer = await fetch(`${florin.url}/health/ready`);
      expect(answer.status).toBe(503);
      expect(answer.headers.get('retry-after')).toBe('1');
      expect(await answer.json()).toMatchObject({ status: 503, code: 'service_unavailable' });
    } finally {
      await florin.stop();
    }
  });
});
