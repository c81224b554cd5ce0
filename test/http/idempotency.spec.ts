import { until } from '../support/processes.ts';
import { type Answer, type Florin, startFlorin, type Tenant } from '../support/florin.ts';

describe('Idempotency-Key', () => {
  let florin: Florin;
  let tenant: Tenant;
  beforeAll(async () => {
    florin = await startFlorin();
  });
  afterAll(() => florin.stop());
  beforeEach(async () => {
    tenant = await florin.openOrganization();
  });

  const tax = (code: string) => ({ tax: { code, name: 'VAT', rate: 19 } });
  const post = (key: string, body: unknown, path = '/api/v1/taxes'): Promise<Answer> =>
    tenant.call('POST', path, body, { 'idempotency-key': key });
  const taxCount = async (): Promise<number> => {
    const { rows } = await florin.sql.query<{ n: number }>('select count(*)::int as n from taxes where organization_id = $1', [
      tenant.id,
    ]);
    return rows[0]?.n ?? -1;
  };
  /** Sets the row of this tenant's only key to what a crash or a long time would have left. */
  const alter = (assignments: string): Promise<unknown> =>
    florin.sql.query(`update idempotency_keys set ${assignments} where organization_id = $1`, [tenant.id]);

  it('answers the same key and body with the stored answer', async () => {
    const first = await post('k1', tax('vat'));
    const again = await post('k1', tax('vat'));
    expect(first.status).toBe(200);
    expect(first.headers['idempotent-replayed']).toBeUndefined();
    expect(again.headers['idempotent-replayed']).toBe('true');
    expect([again.status, again.body]).toEqual([first.status, first.body]);
    expect(again.headers['x-request-id']).not.toBe(first.headers['x-request-id']);
    expect(await taxCount()).toBe(1);
  });

  it('replays answers that their handler printed itself', async () => {
    await tenant.call('POST', '/api/v1/billable_metrics', { code: 'calls', name: 'Calls', aggregation_type: 'count_agg' });
    const event = { event: { transaction_id: 't', external_subscription_id: 's', code: 'calls' } };
    const first = await post('k1', event, '/api/v1/events');
    const again = await post('k1', event, '/api/v1/events');
    expect(first.body.event).toMatchObject({ transaction_id: 't' });
    expect([again.headers['idempotent-replayed'], again.body]).toEqual(['true', first.body]);
  });

  it('lets twenty posts at once with one key have one effect', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => post('k1', tax('vat'))));
    expect(await taxCount()).toBe(1);
    const fresh = answers.filter(({ status, headers }) => status === 200 && headers['idempotent-replayed'] === undefined);
    expect(fresh).toHaveLength(1);
    const others = answers.filter((answer) => answer !== fresh[0]);
    const outcomes = new Set(others.map(({ status, body }) => JSON.stringify(status === 200 ? body : [status, body.code])));
    const expected = [JSON.stringify(fresh[0]?.body), JSON.stringify([409, 'idempotency_key_in_flight'])];
    expect([...outcomes].filter((outcome) => !expected.includes(outcome))).toEqual([]);
  });

  it.each([
    ['another body', () => post('k1', tax('other'))],
    ['another path', () => post('k1', tax('vat'), '/api/v1/billing_entities')],
    ['another method', () => tenant.call('DELETE', '/api/v1/taxes/vat', undefined, { 'idempotency-key': 'k1' })],
  ])('refuses the key with %s', async (_, call) => {
    await post('k1', tax('vat'));
    expect((await call()).body).toMatchObject({ status: 422, code: 'idempotency_key_reused' });
    expect(await taxCount()).toBe(1);
  });

  it('stores refusals too', async () => {
    const first = await post('k1', { tax: { code: 'vat' } });
    expect(first.status).toBe(422);
    const again = await post('k1', { tax: { code: 'vat' } });
    expect(again.headers['idempotent-replayed']).toBe('true');
    expect(again.body).toEqual(first.body);
  });

  it('works for PUT and DELETE', async () => {
    await tenant.call('POST', '/api/v1/taxes', tax('vat'));
    const headers = { 'idempotency-key': 'k1' };
    await tenant.call('PUT', '/api/v1/taxes/vat', { tax: { name: 'MwSt' } }, headers);
    await tenant.call('PUT', '/api/v1/taxes/vat', { tax: { name: 'TVA' } });
    const again = await tenant.call('PUT', '/api/v1/taxes/vat', { tax: { name: 'MwSt' } }, headers);
    expect(again.body.tax.name).toBe('MwSt');
    expect((await tenant.call('GET', '/api/v1/taxes/vat')).body.tax.name).toBe('TVA');
    const first = await tenant.call('DELETE', '/api/v1/taxes/vat', undefined, { 'idempotency-key': 'k2' });
    const second = await tenant.call('DELETE', '/api/v1/taxes/vat', undefined, { 'idempotency-key': 'k2' });
    expect(first.status).toBe(200);
    expect([second.status, second.headers['idempotent-replayed']]).toEqual([200, 'true']);
  });

  it('keeps the keys of two tenants apart', async () => {
    const stranger = await florin.openOrganization('live', 'Stranger');
    await post('k1', tax('vat'));
    const answer = await stranger.call('POST', '/api/v1/taxes', tax('gst'), { 'idempotency-key': 'k1' });
    expect([answer.status, answer.body.tax.code]).toEqual([200, 'gst']);
  });

  it('says that an attempt is in flight, and resumes it once its claim has run out', async () => {
    await post('k1', tax('vat'));
    await florin.sql.query('delete from taxes where organization_id = $1', [tenant.id]);
    await alter(`response_status = null, response_body = null, locked_until = now() + interval '1 minute'`);
    const early = await post('k1', tax('vat'));
    expect([early.status, early.body.code]).toEqual([409, 'idempotency_key_in_flight']);
    await alter(`locked_until = now() - interval '1 second'`);
    const late = await post('k1', tax('vat'));
    expect([late.status, late.headers['idempotent-replayed']]).toEqual([200, undefined]);
    expect(await taxCount()).toBe(1);
  });

  it('resumes at once after a failure on our side', async () => {
    await florin.sql.query('alter table taxes add constraint planted check (false) not valid');
    const failed = await post('k1', tax('vat'));
    await florin.sql.query('alter table taxes drop constraint planted');
    expect(failed.status).toBe(500);
    const again = await post('k1', tax('vat'));
    expect([again.status, again.headers['idempotent-replayed']]).toEqual([200, undefined]);
  });

  it('forgets after 72 hours, and sweeps old keys away', async () => {
    await post('k1', tax('vat'));
    await alter(`created_at = now() - interval '71 hours'`);
    expect((await post('k1', tax('vat'))).headers['idempotent-replayed']).toBe('true');
    await alter(`created_at = now() - interval '73 hours'`);
    expect((await post('k1', tax('gst'))).status).toBe(200);
    await alter(`created_at = now() - interval '73 hours'`);
    await post('k2', tax('hst'));
    const { rows } = await florin.sql.query('select key from idempotency_keys where organization_id = $1', [tenant.id]);
    expect(rows).toEqual([{ key: 'k2' }]);
  });

  it.each(['', 'with blank', 'x'.repeat(256)])('refuses %j as a key', async (key) => {
    const answer = await post(key, tax('vat'));
    expect([answer.status, answer.body.error_details]).toEqual([422, { idempotency_key: ['value_is_invalid'] }]);
  });

  it("works at the operator's door", async () => {
    const open = (name: string) =>
      florin.operator('POST', '/admin/v1/organizations', { organization: { name, mode: 'live' } }, { 'idempotency-key': 'o1' });
    const first = await open('Acme');
    const again = await open('Acme');
    expect([again.status, again.headers['idempotent-replayed'], again.body]).toEqual([200, 'true', first.body]);
    expect((await open('Other')).body.code).toBe('idempotency_key_reused');
  });

  it('keeps no secret in clear, and shows it again only to the key that made it', async () => {
    const customers = { customer: { external_id: 'acme' } };
    await tenant.call('POST', '/api/v1/customers', customers);
    const { body } = await florin.operator('POST', `/admin/v1/organizations/${tenant.id}/api_keys`, {
      api_key: { name: 'second', role: 'owner' },
    });
    const other = florin.as(body.api_key.key);
    const writes = [
      ['/api/v1/provisioners', { provisioner: { resource_type: 'vm', kind: 'none' } }, 'secret'],
      ['/api/v1/provisioners/vm/rotate_secret', undefined, 'secret'],
      ['/api/v1/customers/acme/sessions', { session: { role: 'owner', subject: 'ann' } }, 'token'],
    ] as const;
    for (const [position, [path, input, field]] of writes.entries()) {
      const first = await post(`s${position}`, input, path);
      const secret = (first.body[field] ?? first.body.provisioner[field]) as string;
      expect(secret.length).toBeGreaterThan(30);
      const bare = Buffer.from(secret.replace('whsec_', ''), 'base64').toString('hex');
      const { rows } = await florin.sql.query<{ text: string }>('select idempotency_keys::text as text from idempotency_keys');
      const stored = rows.map(({ text }) => text).join('\n');
      expect(stored).not.toContain(Buffer.from(secret).toString('hex'));
      expect(stored).not.toContain(bare);
      expect((await post(`s${position}`, input, path)).body).toEqual(first.body);
      const asked = await other('POST', path, input, { 'idempotency-key': `s${position}` });
      expect(asked.body.code).toBe('idempotency_key_reused');
    }
  });

  it('lets an attempt that was taken over commit nothing', async () => {
    const gate = await florin.sql.connect();
    await gate.query('begin');
    await gate.query('lock table taxes in share mode');
    const slow = post('k1', tax('vat'));
    try {
      await until('the attempt waits for the table', async () => {
        const { rows } = await florin.sql.query(`select from pg_locks l join pg_class c on c.oid = l.relation
          where c.relname = 'taxes' and not l.granted`);
        return rows.length > 0;
      });
      await alter(`attempt = attempt + 1`);
      await gate.query('commit');
    } finally {
      gate.release();
    }
    expect((await slow).body.code).toBe('idempotency_key_in_flight');
    expect(await taxCount()).toBe(0);
  });

  it('is not asked for on reading', async () => {
    const headers = { 'idempotency-key': 'k1' };
    await tenant.call('GET', '/api/v1/taxes', undefined, headers);
    const again = await tenant.call('GET', '/api/v1/taxes', undefined, headers);
    expect(again.headers['idempotent-replayed']).toBeUndefined();
  });
});
