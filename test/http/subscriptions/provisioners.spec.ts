import { type Florin, startFlorin, type Tenant } from '../../support/florin.ts';

describe('provisioners', () => {
  let florin: Florin;
  let tenant: Tenant;
  beforeAll(async () => {
    florin = await startFlorin();
    tenant = await florin.openOrganization();
  });
  afterAll(() => florin.stop());

  const create = (fields: object) => tenant.call('POST', '/api/v1/provisioners', { provisioner: fields });
  const http = { resource_type: 'graph', kind: 'http', url: 'https://make.example.com/graphs' };

  it('show their secret once, and never again', async () => {
    const { body } = await create(http);
    expect(body.provisioner).toMatchObject({ ...http, deadline_seconds: 900, refund_on_failure: false });
    expect(body.provisioner.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const { secret } = body.provisioner;
    const read = await tenant.call('GET', '/api/v1/provisioners/graph');
    const list = await tenant.call('GET', '/api/v1/provisioners');
    const changed = await tenant.call('PUT', '/api/v1/provisioners/graph', { deadline_seconds: 60, refund_on_failure: true });
    expect(changed.body.provisioner).toMatchObject({ ...http, deadline_seconds: 60, refund_on_failure: true });
    const rotated = await tenant.call('POST', '/api/v1/provisioners/graph/rotate_secret');
    expect(rotated.body.provisioner.secret).not.toBe(secret);
    const logs = await tenant.call('GET', '/api/v1/activity_logs');
    expect(logs.body.activity_logs.map((log: { activity_type: string }) => log.activity_type).slice(0, 3)).toEqual([
      'provisioner.secret_rotated',
      'provisioner.updated',
      'provisioner.created',
    ]);
    for (const { body: shown } of [read, list, changed, logs]) expect(JSON.stringify(shown)).not.toMatch(/whsec_|secret":/);
    const none = await tenant.call('PATCH', '/api/v1/provisioners/graph', { kind: 'none' });
    expect(none.body.provisioner).toMatchObject({ kind: 'none', url: null });
    expect((await tenant.call('DELETE', '/api/v1/provisioners/graph')).status).toBe(200);
    expect((await tenant.call('GET', '/api/v1/provisioners/graph')).body.code).toBe('provisioner_not_found');
  });

  it.each([
    ['an address without a scheme', { url: 'make.example.com' }, { url: ['url_is_invalid'] }],
    ['http', { url: 'http://make.example.com' }, { url: ['url_is_invalid'] }],
    ['a password', { url: 'https://a:b@make.example.com' }, { url: ['url_is_invalid'] }],
    ['our own host', { url: 'https://127.0.0.1/x' }, { url: ['url_is_private'] }],
    ['our own host by name', { url: 'https://localhost/x' }, { url: ['url_is_private'] }],
    ['our own host in IPv6', { url: 'https://[::1]/x' }, { url: ['url_is_private'] }],
    ['IPv4 inside IPv6', { url: 'https://[::ffff:10.0.0.1]/x' }, { url: ['url_is_private'] }],
    ['a private network', { url: 'https://10.1.2.3/x' }, { url: ['url_is_private'] }],
    ['a private network, written as a number', { url: 'https://167838211/x' }, { url: ['url_is_private'] }],
    ['the metadata of a cloud', { url: 'https://169.254.169.254/x' }, { url: ['url_is_private'] }],
    ['no address', { url: null }, { url: ['value_is_mandatory'] }],
    ['an address for nobody', { kind: 'none' }, { url: ['value_must_be_blank'] }],
    ['a type that is no word', { resource_type: 'A graph' }, { resource_type: ['value_is_invalid'] }],
    ['no kind', { kind: undefined }, { kind: ['value_is_mandatory'] }],
    ['a deadline of nothing', { deadline_seconds: 0 }, { deadline_seconds: ['value_is_out_of_range'] }],
    ['a secret of their own', { secret: 'whsec_x' }, { secret: ['unknown_field'] }],
  ])('with %s are refused, and nothing is stored', async (_, fields, details) => {
    const { status, body } = await create({ ...http, ...fields });
    expect([status, body.code, body.error_details]).toEqual([422, 'validation_errors', details]);
    expect((await tenant.call('GET', '/api/v1/provisioners')).body.meta.total_count).toBe(0);
  });

  it('are one a type', async () => {
    await create(http);
    expect((await create(http)).body.error_details).toEqual({ resource_type: ['value_already_exist'] });
    await tenant.call('DELETE', '/api/v1/provisioners/graph');
  });
});
