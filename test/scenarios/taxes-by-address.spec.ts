import { ChargeEvents } from '../../src/modules/billing/instant-charges/charge-events.ts';
import { expectHealthy } from '../support/doctor.ts';
import { setFlags } from '../support/flags.ts';
import { type Florin, startFlorin, type Tenant } from '../support/florin.ts';
import { until } from '../support/processes.ts';
import { advance, invoicesOf, make, stockShop } from '../support/shop.ts';

/** G10 and I24: sellers in France, Germany and the US; customers everywhere. Fees are 49.00 + 3 × 10.00 a month. */
describe('taxes by address', () => {
  let florin: Florin;
  let tenant: Tenant;
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
    await tenant.call('PATCH', '/api/v1/billing_entities/default', { country: 'FR', tax_by_address: true });
  });

  const entity = (code: string, country: string | null, fields: object = {}) =>
    make(tenant.call, '/api/v1/billing_entities', 'billing_entity', {
      code,
      name: code,
      country,
      tax_by_address: true,
      ...fields,
    });

  const customer = (externalId: string, fields: object) =>
    make(tenant.call, '/api/v1/customers', 'customer', { external_id: externalId, name: externalId, ...fields });

  const subscription = async (externalId: string, address: object, fields: object = {}) => {
    await customer(externalId, address);
    await make(tenant.call, '/api/v1/subscriptions', 'subscription', {
      external_customer_id: externalId,
      plan_code: 'team',
      external_id: externalId,
      ...fields,
    });
  };

  const previewOf = (externalId: string) => tenant.call('POST', `/api/v1/subscriptions/${externalId}/preview-invoice`);
  const usageOf = (externalId: string) =>
    tenant.call('GET', `/api/v1/customers/${externalId}/current_usage?external_subscription_id=${externalId}`);
  const lastInvoiceOf = async (externalId: string) => {
    const [last] = await invoicesOf(tenant.call, externalId);
    return (await tenant.call('GET', `/api/v1/invoices/${last.lago_id}`)).body.invoice;
  };
  // oxlint-disable-next-line typescript/no-explicit-any
  const taxesOf = ({ applied_taxes: taxes }: any) =>
    // oxlint-disable-next-line typescript/no-explicit-any
    taxes.map((tax: any) => [tax.address_rule, tax.tax_code, tax.tax_rate, tax.amount_cents]);

  it('follow the two addresses, and the preview says what the invoice says', async () => {
    await entity('us', 'US');
    await subscription('home', { country: 'FR' });
    await subscription('home-business', { country: 'FR', tax_identification_number: 'FR50833085806' });
    await subscription('business', { country: 'DE', tax_identification_number: 'DE 136695976' });
    await subscription('rogue', { country: 'DE', tax_identification_number: 'DE136695977' });
    await subscription('consumer', { country: 'DE' });
    await subscription('swiss', { country: 'CH' });
    await subscription('californian', { country: 'US', state: 'ca' }, { billing_entity_code: 'us' });
    await subscription('oregonian', { country: 'US', state: 'OR' }, { billing_entity_code: 'us' });
    const expected = {
      home: [['domestic', 'address:FR', 20, 1580]],
      'home-business': [['domestic', 'address:FR', 20, 1580]],
      business: [['eu_reverse_charge', 'address:eu_reverse_charge', 0, 0]],
      rogue: [['eu_consumer', 'address:DE', 19, 1501]],
      consumer: [['eu_consumer', 'address:DE', 19, 1501]],
      swiss: [['export', 'address:export', 0, 0]],
      californian: [['us_state', 'address:US-CA', 8.25, 652]],
      oregonian: [['us_state', 'address:US-OR', 0, 0]],
    };
    const names = Object.keys(expected);
    const previews = await Promise.all(names.map(async (name) => (await previewOf(name)).body.invoice));
    expect(Object.fromEntries(previews.map((preview, i) => [names[i], taxesOf(preview)]))).toEqual(expected);

    await advance(tenant.call, '2026-02-01T03:00:00Z');
    const invoices = await Promise.all(names.map(lastInvoiceOf));
    expect(Object.fromEntries(invoices.map((invoice, i) => [names[i], taxesOf(invoice)]))).toEqual(expected);
    expect(invoices.map((invoice) => invoice.total_amount_cents)).toEqual(previews.map((preview) => preview.total_amount_cents));
  });

  it('say on the invoice that the recipient accounts for them, and explain themselves', async () => {
    await subscription('business', { country: 'DE', tax_identification_number: 'DE136695976' });
    await advance(tenant.call, '2026-02-01T03:00:00Z');
    const invoice = await lastInvoiceOf('business');
    expect(invoice.applied_taxes).toEqual([
      expect.objectContaining({
        lago_tax_id: null,
        tax_name: 'Reverse charge',
        tax_description: expect.stringContaining('Article 196'),
        fees_amount_cents: 7900,
      }),
    ]);
    expect(invoice.fees[0].derivation.taxes).toEqual([
      expect.objectContaining({
        rate: '0',
        address: expect.objectContaining({
          rule: 'eu_reverse_charge',
          seller: 'FR',
          buyer: 'DE',
          tax_id_valid: true,
          on: '2026-02-01',
        }),
      }),
    ]);
    const { body } = await tenant.call('GET', `/api/v1/fees/${invoice.fees[0].lago_id}/explain`);
    expect(JSON.stringify(body)).toContain('FR to DE on 2026-02-01 is a sale to a business elsewhere in the EU');
  });

  it('change with the seller: from the next invoice on (I24)', async () => {
    await entity('german', 'DE', { document_number_prefix: 'DE' });
    await subscription('mover', { country: 'FR' });
    await advance(tenant.call, '2026-02-01T03:00:00Z');
    await tenant.call('PATCH', '/api/v1/subscriptions/mover', { subscription: { billing_entity_code: 'german' } });
    await customer('mover', { country: 'DE' });
    await advance(tenant.call, '2026-03-01T03:00:00Z');
    const taxes = [];
    for (const { lago_id: id } of (await invoicesOf(tenant.call, 'mover')).toReversed())
      taxes.push(...taxesOf((await tenant.call('GET', `/api/v1/invoices/${id}`)).body.invoice));
    expect(taxes).toEqual([
      ['domestic', 'address:FR', 20, 1580],
      ['domestic', 'address:DE', 19, 1501],
    ]);
    await customer('mover', { country: 'FR' });
    expect(taxesOf((await previewOf('mover')).body.invoice)).toEqual([['eu_consumer', 'address:FR', 20, 1580]]);
  });

  it('give way to every tax that is assigned', async () => {
    await make(tenant.call, '/api/v1/taxes', 'tax', { code: 'own', name: 'Own', rate: 7 });
    await subscription('assigned', { country: 'FR', tax_codes: ['own'] });
    await subscription('decided', { country: 'FR' });
    expect(taxesOf((await previewOf('assigned')).body.invoice)).toEqual([[null, 'own', 7, 553]]);
    await tenant.call('PUT', '/api/v1/taxes/own', { tax: { applied_to_organization: true } });
    expect(taxesOf((await previewOf('decided')).body.invoice)).toEqual([[null, 'own', 7, 553]]);
  });

  it('are on current usage and on one-off invoices too', async () => {
    await subscription('consumer', { country: 'DE' });
    await make(tenant.call, '/api/v1/events', 'event', {
      transaction_id: 'one',
      external_subscription_id: 'consumer',
      code: 'tokens',
      properties: { count: 5000 },
      timestamp: '2026-01-01T00:00:00Z',
    });
    expect((await usageOf('consumer')).body.customer_usage).toMatchObject({ amount_cents: 10_000, taxes_amount_cents: 1900 });
    const oneOff = await make(tenant.call, '/api/v1/invoices', 'invoice', {
      external_customer_id: 'consumer',
      currency: 'USD',
      fees: [{ add_on_code: 'seat', units: '2' }],
    });
    expect(taxesOf(oneOff)).toEqual([['eu_consumer', 'address:DE', 19, 380]]);
  });

  it('are refused where an address is missing, and charged once it is there', async () => {
    await subscription('nowhere', {});
    await subscription('home', { country: 'FR' });
    expect(await previewOf('nowhere')).toMatchObject({
      status: 422,
      body: { error_details: { 'customer.country': ['value_is_mandatory'] } },
    });
    await advance(tenant.call, '2026-02-01T03:00:00Z');
    expect(taxesOf(await lastInvoiceOf('home'))).toEqual([['domestic', 'address:FR', 20, 1580]]);
    expect(await invoicesOf(tenant.call, 'nowhere')).toEqual([]);
    await customer('nowhere', { country: 'FR' });
    await advance(tenant.call, '2026-02-01T05:00:00Z');
    expect(taxesOf(await lastInvoiceOf('nowhere'))).toEqual([['domestic', 'address:FR', 20, 1580]]);
  });

  it('keep an event that cannot be taxed waiting, and no other one', async () => {
    const calls = await make(tenant.call, '/api/v1/billable_metrics', 'billable_metric', {
      code: 'calls',
      name: 'Calls',
      aggregation_type: 'count_agg',
    });
    await make(tenant.call, '/api/v1/plans', 'plan', {
      code: 'metered',
      name: 'Metered',
      interval: 'monthly',
      amount_cents: 0,
      amount_currency: 'USD',
      pay_in_advance: false,
      charges: [
        { billable_metric_id: calls.lago_id, charge_model: 'standard', pay_in_advance: true, properties: { amount: '5' } },
      ],
    });
    await subscription('nowhere', {}, { plan_code: 'metered' });
    await subscription('home', { country: 'FR' }, { plan_code: 'metered' });
    const call = (externalId: string) =>
      make(tenant.call, '/api/v1/events', 'event', {
        transaction_id: externalId,
        external_subscription_id: externalId,
        code: 'calls',
        timestamp: '2026-01-01T00:00:00Z',
      });
    await call('nowhere');
    await call('home');
    const invoiced = (externalId: string) => async () => {
      await florin.app.get(ChargeEvents).execute(tenant.id);
      return (await invoicesOf(tenant.call, externalId)).length === 1;
    };
    await until('the invoice of home', invoiced('home'));
    expect(taxesOf(await lastInvoiceOf('home'))).toEqual([['domestic', 'address:FR', 20, 100]]);
    expect(await invoicesOf(tenant.call, 'nowhere')).toEqual([]);
    await customer('nowhere', { country: 'FR' });
    await advance(tenant.call, '2026-01-01T00:10:00Z');
    expect(taxesOf(await lastInvoiceOf('nowhere'))).toEqual([['domestic', 'address:FR', 20, 100]]);
  });

  it('need a country of the seller', async () => {
    const refused = { status: 422, body: { error_details: { country: ['value_is_mandatory'] } } };
    const created = { code: 'nowhere', name: 'Nowhere', tax_by_address: true };
    expect(await tenant.call('POST', '/api/v1/billing_entities', { billing_entity: created })).toMatchObject(refused);
    expect(await tenant.call('PATCH', '/api/v1/billing_entities/default', { country: null })).toMatchObject(refused);
    expect((await tenant.call('GET', '/api/v1/billing_entities/default')).body.billing_entity).toMatchObject({
      country: 'FR',
      tax_by_address: true,
    });
  });

  it('keep their basis: the database refuses a tax with none, and one where none is due', async () => {
    await subscription('swiss', { country: 'CH' });
    await advance(tenant.call, '2026-02-01T03:00:00Z');
    // Without triggers, which let no tax of an issued invoice change at all.
    const change = (set: string) =>
      florin.sql
        .query(`begin; set local session_replication_role = replica; update invoice_taxes set ${set}; commit`)
        .catch((error) => error.constraint);
    expect(await change('address_rule = null')).toBe('ck_invoice_taxes_basis');
    expect(await change('amount_cents = 1')).toBe('ck_invoice_taxes_untaxed');
    expect(await change(`address_rule = 'guess'`)).toBe('ck_invoice_taxes_address_rule');
  });
});
