import { expectHealthy } from '../support/doctor.ts';
import { setFlags } from '../support/flags.ts';
import { type Florin, startFlorin, type Tenant } from '../support/florin.ts';
import { advance, invoicesOf, make, stockShop } from '../support/shop.ts';

/** Issue 4's plan: an organization with two sellers, told over HTTP and virtual time. */
describe('a subscription moves to another billing entity', () => {
  let florin: Florin;
  let tenant: Tenant;
  let entities: Record<'us' | 'eu', string>;
  beforeAll(async () => {
    florin = await startFlorin();
  });
  afterAll(async () => {
    await expectHealthy(florin);
    await florin.stop();
  });
  beforeEach(async () => {
    tenant = await florin.openOrganization('test');
    await florin.sql.query(`update organizations set virtual_now = '2026-01-01T00:00:00Z' where id = $1`, [tenant.id]);
    await setFlags(florin, tenant, ['multi_entity_billing']);
    await stockShop(tenant.call);
    const us = await tenant.call('PATCH', '/api/v1/billing_entities/default', {
      name: 'US Inc',
      country: 'US',
      net_payment_term: 90,
    });
    const eu = await make(tenant.call, '/api/v1/billing_entities', 'billing_entity', {
      code: 'eu',
      name: 'EU GmbH',
      country: 'DE',
      document_number_prefix: 'EU',
    });
    entities = { us: us.body.billing_entity.lago_id, eu: eu.lago_id };
    await make(tenant.call, '/api/v1/customers', 'customer', { external_id: 'acme', name: 'Acme' });
    await start('first');
  });

  const start = (externalId: string, fields: object = {}) =>
    make(tenant.call, '/api/v1/subscriptions', 'subscription', {
      external_customer_id: 'acme',
      plan_code: 'team',
      external_id: externalId,
      ...fields,
    });
  const move = (externalId: string, fields: object) =>
    tenant.call('PATCH', `/api/v1/subscriptions/${externalId}`, { subscription: fields });
  const rowsOf = async (table: string) =>
    (await florin.sql.query(`select * from ${table} where organization_id = $1 order by id`, [tenant.id])).rows;
  const ownEntity = async (externalId: string) =>
    (await rowsOf('subscriptions')).find((row) => row.external_id === externalId)?.billing_entity_id as string | null;

  it('is billed by the new one from the next invoice on, and nothing of the past changes', async () => {
    // (1) one cycle
    await advance(tenant.call, '2026-02-01T03:00:00Z');
    const [january] = await invoicesOf(tenant.call, 'first');
    expect(january).toMatchObject({ number: 'INV-2026-0001', billing_entity_code: 'default', status: 'finalized' });

    // (2) the move
    const customers = await rowsOf('customers');
    const moved = await move('first', { billing_entity_code: 'eu' });
    expect([moved.status, moved.body.subscription.billing_entity_code]).toEqual([200, 'eu']);
    expect(await ownEntity('first')).toBe(entities.eu);
    expect(await rowsOf('customers')).toEqual(customers);

    // (3) the next cycle
    await advance(tenant.call, '2026-03-01T00:30:00Z');
    const [february, before] = await invoicesOf(tenant.call, 'first');
    expect(february).toMatchObject({ number: 'EU-2026-0001', sequential_id: 1, billing_entity_code: 'eu', status: 'draft' });
    const { body: whole } = await tenant.call('GET', `/api/v1/invoices/${february.lago_id}`);
    expect(whole.invoice.fees.map((fee: { lago_billing_entity_id: string }) => fee.lago_billing_entity_id)).toEqual(
      whole.invoice.fees.map(() => entities.eu),
    );
    expect(before).toEqual(january);

    // (4) without the flag nothing moves
    await setFlags(florin, tenant, []);
    const ignored = await move('first', { billing_entity_code: 'default' });
    expect([ignored.status, ignored.body.subscription.billing_entity_code]).toEqual([200, 'eu']);
    expect(ignored.body.warnings).toEqual([
      { field: 'billing_entity_code', code: 'parameter_ignored', feature: 'multi_entity_billing' },
    ]);
    expect(await ownEntity('first')).toBe(entities.eu);

    // (5) what is not there, or not ours
    await setFlags(florin, tenant, ['multi_entity_billing']);
    const stranger = await florin.openOrganization('live', 'Stranger');
    const { body: foreign } = await stranger.call('GET', '/api/v1/billing_entities');
    for (const id of ['01a1feb0-0000-7000-8000-000000000000', foreign.billing_entities[0].lago_id])
      expect((await move('first', { billing_entity_id: id, name: 'never' })).body).toMatchObject({
        status: 404,
        error: 'Not Found',
        code: 'billing_entity_not_found',
      });
    expect((await tenant.call('GET', '/api/v1/subscriptions/first')).body.subscription.name).toBeNull();
  });

  it('leaves a draft that was made to the entity that made it, also when it is finalized (I16)', async () => {
    await advance(tenant.call, '2026-02-01T00:10:00Z');
    await move('first', { billing_entity_code: 'eu' });
    await advance(tenant.call, '2026-02-01T02:00:00Z');
    expect((await invoicesOf(tenant.call, 'first'))[0]).toMatchObject({
      number: 'INV-2026-0001',
      billing_entity_code: 'default',
      status: 'finalized',
    });
  });

  it('leaves no gap behind: both series count on (I15)', async () => {
    await start('second');
    await advance(tenant.call, '2026-02-01T03:00:00Z');
    await move('first', { billing_entity_code: 'eu' });
    await advance(tenant.call, '2026-03-01T03:00:00Z');
    await move('first', { billing_entity_code: null });
    await advance(tenant.call, '2026-04-01T03:00:00Z');
    const { rows } = await florin.sql.query(
      'select invoice_number from invoices where organization_id = $1 order by invoice_number',
      [tenant.id],
    );
    expect(rows.map((row) => row.invoice_number)).toEqual([
      'EU-2026-0001',
      'INV-2026-0001',
      'INV-2026-0002',
      'INV-2026-0003',
      'INV-2026-0004',
      'INV-2026-0005',
    ]);
  });
});
