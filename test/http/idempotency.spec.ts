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

  it('is not asked for on reading', async () => {
    const headers = { 'idempotency-key': 'k1' };
    await tenant.call('GET', '/api/v1/taxes', undefined, headers);
    const again = await tenant.call('GET', '/api/v1/taxes', undefined, headers);
    expect(again.headers['idempotent-replayed']).toBeUndefined();
  });
});
