import { type Florin, startFlorin, type Tenant } from '../support/florin.ts';

/** One clear error each, and nothing stored. */
describe('bad input', () => {
  let florin: Florin;
  let tenant: Tenant;
  beforeAll(async () => {
    florin = await startFlorin();
    tenant = await florin.openOrganization();
  });
  afterAll(() => florin.stop());

  const plan = (fields: string): string =>
    `{"plan": {"name": "P", "code": "p", "interval": "monthly", "amount_currency": "USD", "pay_in_advance": false, ${fields}}}`;

  it.each([
    ['malformed JSON', '{"plan": ', 400, 'invalid_json', undefined],
    ['an empty body', '', 422, 'validation_errors', { plan: ['value_is_mandatory'] }],
    ['JSON that is no object', '[1]', 422, 'validation_errors', { plan: ['value_is_mandatory'] }],
    ['a wrapped nothing', '{"plan": null}', 422, 'validation_errors', { plan: ['value_is_invalid'] }],
    ['deep JSON', `{"plan": ${'['.repeat(100_000)}`, 400, 'json_too_deep', undefined],
    [
      'a key said twice',
      plan('"amount_cents": 1, "amount_cents": 2'),
      400,
      'duplicate_json_key',
      { amount_cents: ['duplicate_key'] },
    ],
    ['NaN', plan('"amount_cents": NaN'), 400, 'invalid_json', undefined],
    ['1e400', plan('"amount_cents": 1e400'), 400, 'number_out_of_range', { '1e400': ['number_out_of_range'] }],
    ['fractional cents', plan('"amount_cents": 10.5'), 422, 'validation_errors', { amount_cents: ['value_is_invalid'] }],
    ['cents as text', plan('"amount_cents": "10"'), 422, 'validation_errors', { amount_cents: ['value_is_invalid'] }],
    [
      'cents beyond 2^53',
      plan('"amount_cents": 9007199254740993'),
      422,
      'validation_errors',
      { amount_cents: ['value_is_invalid'] },
    ],
    ['negative cents', plan('"amount_cents": -1'), 422, 'validation_errors', { amount_cents: ['value_is_invalid'] }],
    ['NUL in text', plan('"amount_cents": 1, "description": "a\\u0000b"'), 400, 'invalid_text', undefined],
    ['a lone surrogate', plan('"amount_cents": 1, "description": "\\ud800"'), 400, 'invalid_text', undefined],
    ['an unknown field', plan('"amount_cents": 1, "colour": "red"'), 422, 'validation_errors', { colour: ['unknown_field'] }],
    ['a field of a prototype', plan('"amount_cents": 1, "__proto__": {"x": 1}'), 400, 'invalid_json', undefined],
    ['a prototype in disguise', plan('"amount_cents": 1, "__prot\\u006f__": {"x": 1}'), 400, 'invalid_json', undefined],
    [
      'a currency that is none',
      plan('"amount_cents": 1').replace('USD', 'ABC'),
      422,
      'validation_errors',
      { amount_currency: ['value_is_invalid'] },
    ],
  ])('%s', async (_, body, status, code, details) => {
    const answer = await tenant.call('POST', '/api/v1/plans', body);
    expect([answer.status, answer.body.code, answer.body.error_details]).toEqual([status, code, details]);
    expect(answer.body).toMatchObject({ status, error: expect.any(String), request_id: answer.headers['x-request-id'] });
    expect((await florin.sql.query('select count(*)::int as n from plans')).rows).toEqual([{ n: 0 }]);
  });

  it.each(['/api/v1/taxes/a%00b', '/api/v1/plans/%00', '/api/v1/customers?external_id=a%00', '/api/v1/taxes?page=%00'])(
    'NUL in the address: %s',
    async (path) => {
      const { status, body } = await tenant.call('GET', path);
      expect([status, body.code]).toEqual([400, 'invalid_text']);
    },
  );

  it('broken UTF-8', async () => {
    const response = await fetch(`${florin.url}/api/v1/plans`, {
      method: 'POST',
      headers: { authorization: `Bearer ${tenant.key}`, 'content-type': 'application/json' },
      body: Buffer.from([0x22, 0xff, 0x22]),
    });
    expect(await response.json()).toMatchObject({ status: 400, code: 'invalid_text' });
  });

  it('a body that is too large', async () => {
    const answer = await tenant.call('POST', '/api/v1/plans', JSON.stringify({ plan: { name: 'x'.repeat(5 * 1024 * 1024) } }));
    expect(answer).toMatchObject({ status: 413, body: { code: 'payload_too_large' } });
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/xml'])('content type %s', async (type) => {
    expect(await tenant.call('POST', '/api/v1/plans', 'plan=1', { 'content-type': type })).toMatchObject({
      status: 415,
      body: { code: 'unsupported_media_type' },
    });
  });

  it.each([
    [
      '/api/v1/subscriptions',
      { external_customer_id: 'c', plan_code: 'p', external_id: 's', subscription_at: '2026-01-01T00:00:00' },
      { subscription_at: ['invalid_date'] },
    ],
    [
      '/api/v1/subscriptions',
      { external_customer_id: 'c', plan_code: 'p', external_id: 's', subscription_at: '2026-02-30T00:00:00Z' },
      { subscription_at: ['invalid_date'] },
    ],
    [
      '/api/v1/subscriptions',
      { external_customer_id: 'c', plan_code: 'p', external_id: 's', ending_at: 'tomorrow' },
      { ending_at: ['invalid_date'] },
    ],
    [
      '/api/v1/subscriptions',
      { external_customer_id: ' c', plan_code: 'p', external_id: 's' },
      { external_customer_id: ['value_is_invalid'] },
    ],
    [
      '/api/v1/subscriptions',
      {},
      { external_customer_id: ['value_is_mandatory'], plan_code: ['value_is_mandatory'], external_id: ['value_is_mandatory'] },
    ],
    ['/api/v1/taxes', { code: 't', name: 'T', rate: 101 }, { rate: ['value_is_out_of_range'] }],
    ['/api/v1/taxes', { code: 't', name: 'T', rate: 'NaN' }, { rate: ['value_is_invalid'] }],
    ['/api/v1/taxes', { code: 't', name: 'T', rate: -1 }, { rate: ['value_is_invalid'] }],
  ])('POST %s %j', async (path, body, details) => {
    const answer = await tenant.call('POST', path, body);
    expect([answer.status, answer.body.error_details]).toEqual([422, details]);
  });

  it.each(['page=0', 'page=x', 'per_page=1001', 'per_page=0', 'colour=red'])('GET /api/v1/plans?%s', async (query) => {
    const answer = await tenant.call('GET', `/api/v1/plans?${query}`);
    expect(answer).toMatchObject({ status: 422, body: { error_details: { [query.split('=')[0] ?? '']: expect.any(Array) } } });
  });

  it.each([
    ['no key', ''],
    ['an unknown key', 'Bearer flr_unknown_key_of_nobody'],
    ['another scheme', 'Basic eDp5'],
  ])('%s is a 401', async (_, authorization) => {
    const response = await fetch(`${florin.url}/api/v1/plans`, authorization ? { headers: { authorization } } : {});
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([401, 'unauthorized']);
  });

  it('keys of a member read and do not write', async () => {
    const { body } = await florin.operator('POST', `/admin/v1/organizations/${tenant.id}/api_keys`, {
      name: 'reader',
      role: 'member',
    });
    const member = florin.as(body.api_key.key);
    expect((await member('GET', '/api/v1/plans')).status).toBe(200);
    expect((await member('POST', '/api/v1/plans', plan('"amount_cents": 1'))).body).toMatchObject({
      status: 403,
      code: 'forbidden',
    });
    await florin.operator('DELETE', `/admin/v1/organizations/${tenant.id}/api_keys/${body.api_key.id}`);
    expect((await member('GET', '/api/v1/plans')).body).toMatchObject({ status: 401, code: 'unauthorized' });
  });
});
