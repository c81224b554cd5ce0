import { expectHealthy } from '../../support/doctor.ts';
import { setFlags } from '../../support/flags.ts';
import { type Florin, startFlorin, type Tenant } from '../../support/florin.ts';
import { advance, invoicesOf, make, stockShop, subscribe } from '../../support/shop.ts';

describe('what becomes of a billing entity', () => {
  let florin: Florin;
  let tenant: Tenant;
  beforeAll(async () => {
    florin = await startFlorin();
  });
  beforeEach(async () => {
    tenant = await florin.openOrganization('test');
    await florin.sql.query(`update organizations set virtual_now = '2026-01-01T00:00:00Z' where id = $1`, [tenant.id]);
    await setFlags(florin, tenant, ['multi_entity_billing']);
    await stockShop(tenant.call);
    await make(tenant.call, '/api/v1/billing_entities', 'billing_entity', {
      code: 'eu',
      name: 'EU',
      legal_name: 'EU GmbH',
      tax_identification_number: 'DE123456789',
      country: 'DE',
      city: 'Berlin',
      document_number_prefix: 'EU',
      billing_configuration: { invoice_footer: 'HRB 1', document_locale: 'de' },
    });
  });
  afterAll(async () => {
    await expectHealthy(florin);
    await florin.stop();
  });

  const archive = (code: string) => tenant.call('POST', `/api/v1/billing_entities/${code}/archive`);
  const read = async (id: string) => (await tenant.call('GET', `/api/v1/invoices/${id}`)).body.invoice;

  it('its issued invoices keep who it was; drafts say who it is, and its next number has its new prefix', async () => {
    await subscribe(tenant.call, 'sub', { billing_entity_code: 'eu' });
    await advance(tenant.call, '2026-02-01T02:00:00Z');
    const [january] = await invoicesOf(tenant.call, 'sub');
    const identity = {
      code: 'eu',
      name: 'EU',
      legal_name: 'EU GmbH',
      tax_identification_number: 'DE123456789',
      city: 'Berlin',
      document_locale: 'de',
      invoice_footer: 'HRB 1',
    };
    expect(january).toMatchObject({ status: 'finalized', seller: identity });
    await tenant.call('PATCH', '/api/v1/billing_entities/eu', {
      legal_name: 'EU SE',
      city: 'Hamburg',
      document_number_prefix: 'SE',
      billing_configuration: { document_locale: 'en', invoice_footer: null },
    });
    expect((await read(january.lago_id)).seller).toMatchObject(identity);
    await advance(tenant.call, '2026-03-01T00:10:00Z');
    const [february] = await invoicesOf(tenant.call, 'sub');
    const renamed = { legal_name: 'EU SE', city: 'Hamburg', document_locale: 'en', invoice_footer: null };
    expect(february).toMatchObject({ number: 'SE-2026-0002', status: 'draft', seller: renamed });
    await tenant.call('PATCH', '/api/v1/billing_entities/eu', { city: 'Bremen' });
    expect((await read(february.lago_id)).seller.city).toBe('Bremen');
    expect((await read(january.lago_id)).number).toBe('EU-2026-0001');
  });

  it("speaks its customer's language where the customer has one", async () => {
    await subscribe(tenant.call, 'sub', { billing_entity_code: 'eu' });
    await tenant.call('PUT', '/api/v1/customers/customer of sub', { billing_configuration: { document_locale: 'fr' } });
    await advance(tenant.call, '2026-02-01T02:00:00Z');
    expect((await invoicesOf(tenant.call, 'sub'))[0].seller.document_locale).toBe('fr');
  });

  it('archived, it takes nothing new and goes on with what it has', async () => {
    await subscribe(tenant.call, 'old', { billing_entity_code: 'eu' });
    const { body } = await archive('eu');
    expect(body.billing_entity).toMatchObject({ code: 'eu', archived_at: '2026-01-01T00:00:00Z' });
    expect((await archive(body.billing_entity.lago_id)).body.billing_entity).toEqual(body.billing_entity);
    const { body: list } = await tenant.call('GET', '/api/v1/billing_entities');
    expect(list.billing_entities.map((entity: { code: string }) => entity.code)).toEqual(['default']);

    const notFound = { status: 404, code: 'billing_entity_not_found' };
    const id = body.billing_entity.lago_id;
    for (const named of [{ billing_entity_code: 'eu' }, { billing_entity_id: id }]) {
      const customer = { external_id: 'customer of old', ...named };
      const subscription = { external_customer_id: 'customer of old', plan_code: 'team', external_id: 'new', ...named };
      expect((await tenant.call('POST', '/api/v1/customers', { customer })).body).toMatchObject(notFound);
      expect((await tenant.call('POST', '/api/v1/subscriptions', { subscription })).body).toMatchObject(notFound);
      expect((await tenant.call('PATCH', '/api/v1/subscriptions/old', named)).body).toMatchObject(notFound);
    }
    await advance(tenant.call, '2026-02-01T02:00:00Z');
    expect((await invoicesOf(tenant.call, 'old'))[0]).toMatchObject({ number: 'EU-2026-0001', billing_entity_code: 'eu' });
  });

  it('archived, it takes nothing new by inheritance either', async () => {
    await make(tenant.call, '/api/v1/customers', 'customer', { external_id: 'acme', billing_entity_code: 'eu' });
    const start = (fields: object) =>
      tenant.call('POST', '/api/v1/subscriptions', {
        subscription: { external_customer_id: 'acme', plan_code: 'team', external_id: 'sub', ...fields },
      });
    await start({ external_id: 'kept', billing_entity_code: 'default' });
    await archive('eu');
    const refusal = { status: 422, error_details: { billing_entity: ['billing_entity_archived'] } };
    expect((await start({})).body).toMatchObject(refusal);
    expect((await tenant.call('PATCH', '/api/v1/subscriptions/kept', { billing_entity_code: null })).body).toMatchObject(refusal);
    expect((await start({ billing_entity_code: 'default' })).status).toBe(200);
  });

  it('archived, its code is free, and a new one has it', async () => {
    const { body: archived } = await archive('eu');
    const again = await make(tenant.call, '/api/v1/billing_entities', 'billing_entity', { code: 'eu', name: 'Second' });
    expect((await tenant.call('GET', '/api/v1/billing_entities/eu')).body.billing_entity.lago_id).toBe(again.lago_id);
    const { body } = await tenant.call('GET', `/api/v1/billing_entities/${archived.billing_entity.lago_id}`);
    expect(body.billing_entity.name).toBe('EU');
  });

  it('the default one cannot be archived, and nobody can without the flag', async () => {
    expect((await archive('default')).body).toMatchObject({ status: 409, error_details: { billing_entity: ['is_default'] } });
    await setFlags(florin, tenant, []);
    expect((await archive('eu')).body).toMatchObject({
      status: 403,
      code: 'feature_unavailable',
      error_details: { feature: ['multi_entity_billing'] },
    });
  });
});
