import { expectHealthy } from '../../support/doctor.ts';
import { type Caller, type Florin, startFlorin, type Tenant } from '../../support/florin.ts';
import { make } from '../../support/shop.ts';
import { bill, openAt, sell, take, wholeInvoices } from '../../scenarios/life/life.ts';

describe('metadata of credit notes', () => {
  let florin: Florin;
  let tenant: Tenant;
  let call: Caller;
  let fee: { invoice: string; id: string };
  beforeAll(async () => {
    florin = await startFlorin();
    tenant = await openAt(florin, '2025-01-01T00:00:00Z');
    call = tenant.call;
    await sell(call, 'plan', 100_000);
    await take(call, 'sub', 'plan');
    await bill(call);
    const [{ lago_id: invoice, fees }] = await wholeInvoices(call, 'sub');
    await call('PUT', `/api/v1/invoices/${invoice}/finalize`);
    fee = { invoice, id: fees[0].lago_id };
  });
  afterAll(async () => {
    await expectHealthy(florin);
    await florin.stop();
  });

  const fields = (more: object = {}) => ({ invoice_id: fee.invoice, items: [{ fee_id: fee.id, amount_cents: 100 }], ...more });
  const note = (more: object = {}) => make(call, '/api/v1/credit_notes', 'credit_note', fields(more));
  const read = async (id: string) => (await call('GET', `/api/v1/credit_notes/${id}`)).body.credit_note.metadata;

  it('is given when the note is made, and none is null', async () => {
    expect((await note()).metadata).toBeNull();
    expect((await note({ metadata: {} })).metadata).toBeNull();
    const { lago_id: id, metadata } = await note({ metadata: { erp: 'NS-1', source: null } });
    expect(metadata).toEqual({ erp: 'NS-1', source: null });
    expect(await read(id)).toEqual(metadata);
    const { body } = await call('GET', '/api/v1/credit_notes');
    expect(body.credit_notes[0].metadata).toEqual(metadata);
  });

  it('is added to by PUT and PATCH, replaced, merged, and taken away key by key', async () => {
    const { lago_id: id, total_amount_cents: total } = await note({ metadata: { a: '1' } });
    const path = `/api/v1/credit_notes/${id}`;
    expect((await call('PUT', path, { credit_note: { metadata: { b: '2' } } })).body.credit_note.metadata).toEqual({
      a: '1',
      b: '2',
    });
    expect((await call('PATCH', path, { metadata: { a: null } })).body.credit_note.metadata).toEqual({ a: null, b: '2' });
    expect((await call('PATCH', `${path}/metadata`, { metadata: { c: 'ü' } })).body).toEqual({
      metadata: { a: null, b: '2', c: 'ü' },
    });
    expect((await call('DELETE', `${path}/metadata/b`)).body).toEqual({ metadata: { a: null, c: 'ü' } });
    expect((await call('DELETE', `${path}/metadata/b`)).body).toEqual({ metadata: { a: null, c: 'ü' } });
    expect((await call('POST', `${path}/metadata`, { metadata: { d: '4' } })).body).toEqual({ metadata: { d: '4' } });
    expect((await call('DELETE', `${path}/metadata/d`)).body).toEqual({ metadata: null });
    await call('POST', `${path}/metadata`, { metadata: { e: '5' } });
    expect((await call('DELETE', `${path}/metadata`)).body).toEqual({ metadata: null });
    expect((await call('GET', path)).body.credit_note).toMatchObject({ metadata: null, total_amount_cents: total });
    const { rows } = await florin.sql.query(
      `select count(*)::int as n from outbox_events where organization_id = $1 and object_id = $2 and type = 'credit_note.updated'`,
      [tenant.id, id],
    );
    expect(rows).toEqual([{ n: 8 }]);
  });

  it('stands beside the state of a refund, which alone needs a refund', async () => {
    await call('POST', `/api/v1/invoices/${fee.invoice}/pay`);
    const refunded = await note({ refund_amount_cents: 100 });
    const both = { refund_status: 'succeeded', metadata: { bank: 'x' } };
    const { body } = await call('PUT', `/api/v1/credit_notes/${refunded.lago_id}`, { credit_note: both });
    expect(body.credit_note).toMatchObject(both);
    const { lago_id: id } = await note();
    expect((await call('PUT', `/api/v1/credit_notes/${id}`, { credit_note: both })).body.code).toBe('not_editable');
    expect(await read(id)).toBeNull();
    expect((await call('PUT', `/api/v1/credit_notes/${id}`, { credit_note: {} })).body.error_details).toEqual({
      refund_status: ['value_is_mandatory'],
    });
  });

  const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, 'v']));

  it.each<[string, unknown, object]>([
    ['no object', 'x', { metadata: ['value_is_invalid'] }],
    ['a list', ['x'], { metadata: ['value_is_invalid'] }],
    ['a number', { a: 1 }, { 'metadata.a': ['value_is_invalid'] }],
    ['an object in it', { a: { b: '1' } }, { 'metadata.a': ['value_is_invalid'] }],
    ['a long value', { a: 'x'.repeat(256) }, { 'metadata.a': ['value_is_too_long'] }],
    ['a long key', { ['k'.repeat(101)]: 'x' }, { [`metadata.${'k'.repeat(100)}`]: ['key_is_too_long'] }],
    ['a blank key', { ' ': 'x' }, { 'metadata. ': ['key_is_invalid'] }],
    ['too many', many(51), { metadata: ['exceeded_limit'] }],
  ])('is refused with %s, and nothing is stored', async (_, metadata, error_details) => {
    const count = async () => (await call('GET', '/api/v1/credit_notes')).body.meta.total_count;
    const before = await count();
    const refused = { status: 422, code: 'validation_errors', error_details };
    expect((await call('POST', '/api/v1/credit_notes', { credit_note: fields({ metadata }) })).body).toMatchObject(refused);
    expect(await count()).toBe(before);
    const { lago_id: id } = await note({ metadata: { kept: 'x' } });
    for (const [method, path] of [
      ['PUT', id],
      ['POST', `${id}/metadata`],
      ['PATCH', `${id}/metadata`],
    ] as const)
      expect((await call(method, `/api/v1/credit_notes/${path}`, { metadata })).body).toMatchObject(refused);
    expect(await read(id)).toEqual({ kept: 'x' });
  });

  it('takes its limits whole, and no more by and by', async () => {
    const { lago_id: id } = await note({ metadata: { ...many(49), ['ü'.repeat(100)]: '😀'.repeat(255) } });
    const { body } = await call('PATCH', `/api/v1/credit_notes/${id}/metadata`, { metadata: { more: 'x' } });
    expect(body.error_details).toEqual({ metadata: ['exceeded_limit'] });
    expect((await call('PATCH', `/api/v1/credit_notes/${id}/metadata`, { metadata: { k0: 'w' } })).body.metadata.k0).toBe('w');
  });

  it.each([
    ['no object', '[]'],
    ['nothing in it', '{}'],
    ['a number', '{"a": 1}'],
    ['an object', '{"a": {}}'],
    ['an empty key', '{"": "x"}'],
    ['a long key', JSON.stringify({ [`\n${'k'.repeat(100)}`]: 'x' })],
    ['a long value', JSON.stringify({ a: `x\n${'y'.repeat(254)}` })],
    ['too many', JSON.stringify(many(51))],
  ])('is refused by the database with %s', async (_, metadata) => {
    const { lago_id: id } = await note();
    await expect(florin.sql.query('update credit_notes set metadata = $2 where id = $1', [id, metadata])).rejects.toMatchObject({
      constraint: 'ck_credit_notes_metadata',
    });
  });

  it('is told of a note that does not exist', async () => {
    const { body } = await call('PATCH', '/api/v1/credit_notes/nope/metadata', { metadata: { a: '1' } });
    expect(body).toMatchObject({ status: 404, code: 'credit_note_not_found' });
  });
});
