import { randomUUID } from 'node:crypto';
import { Client } from 'lago-javascript-client';
import { type Florin, startFlorin, type Tenant } from '../../support/florin.ts';

describe('customers', () => {
  let florin: Florin;
  let tenant: Tenant;
  beforeAll(async () => {
    florin = await startFlorin();
    tenant = await florin.openOrganization();
    await tenant.call('POST', '/api/v1/billing_entities', {
      billing_entity: { code: 'eu', name: 'Acme GmbH', timezone: 'Europe/Berlin', document_number_prefix: 'EU' },
    });
    await tenant.call('POST', '/api/v1/taxes', { tax: { code: 'vat', name: 'VAT', rate: 19 } });
  });
  afterAll(() => florin.stop());

  const stored = async () =>
    (
      await florin.sql.query(
        'select c.*, o.last_customer_number from organizations o left join customers c on c.organization_id = o.id order by o.id, c.id',
      )
    ).rows;

  it('creates one with everything it can say', async () => {
    const input = {
      external_id: 'acme',
      name: 'Acme Corp',
      firstname: 'Ada',
      lastname: 'Lovelace',
      email: 'ada@acme.test',
      phone: '+49 30 1',
      url: 'https://acme.test',
      legal_name: 'Acme Corporation',
      legal_number: 'HRB 1',
      tax_identification_number: 'DE1',
      address_line1: 'Street 1',
      address_line2: '2nd floor',
      city: 'Berlin',
      state: 'BE',
      zipcode: '10115',
      country: 'DE',
      currency: 'EUR',
      timezone: 'America/New_York',
      net_payment_term: 30,
    };
    const answer = await tenant.call('POST', '/api/v1/customers', {
      customer: {
        ...input,
        billing_entity_code: 'eu',
        billing_configuration: { invoice_grace_period: 3 },
        tax_codes: ['vat'],
        metadata: [{ key: 'crm', value: '42', display_in_invoice: true }],
      },
    });
    expect(answer.status).toBe(200);
    const { customer } = answer.body;
    expect(customer).toMatchObject({
      ...input,
      id: customer.lago_id,
      sequential_id: 1,
      slug: 'EU-001',
      billing_entity_code: 'eu',
      applicable_timezone: 'America/New_York',
      billing_configuration: { invoice_grace_period: 3 },
      taxes: [{ code: 'vat', rate: 19 }],
      metadata: [{ key: 'crm', value: '42', display_in_invoice: true, lago_id: expect.any(String) }],
    });
    expect((await tenant.call('GET', '/api/v1/customers/acme')).body).toEqual(answer.body);
    expect((await tenant.call('GET', `/api/v1/customers/${customer.id}`)).body).toEqual(answer.body);
    const { rows } = await florin.sql.query('select type, payload from outbox_events where object_id = $1', [customer.id]);
    expect(rows).toEqual([{ type: 'customer.created', payload: customer }]);
  });

  it('changes the one with this external id: absent fields stay, null clears', async () => {
    const before = (await tenant.call('GET', '/api/v1/customers/acme')).body.customer;
    const { body } = await tenant.call('POST', '/api/v1/customers', {
      external_id: 'acme',
      city: null,
      timezone: null,
      metadata: [
        { key: 'erp', value: '7' },
        { key: 'crm', value: '43' },
      ],
    });
    expect(body.customer).toMatchObject({
      id: before.id,
      sequential_id: 1,
      name: 'Acme Corp',
      city: null,
      timezone: null,
      applicable_timezone: 'Europe/Berlin',
      billing_entity_code: 'eu',
      taxes: [{ code: 'vat' }],
      created_at: before.created_at,
    });
    expect(body.customer.metadata[1]).toEqual({ ...before.metadata[0], value: '43' });
    const cleared = await tenant.call('PATCH', '/api/v1/customers/acme', {
      customer: {
        tax_codes: null,
        metadata: [],
        billing_configuration: { invoice_grace_period: null },
        billing_entity_code: null,
      },
    });
    expect(cleared.body.customer).toMatchObject({
      taxes: [],
      metadata: [],
      billing_configuration: { invoice_grace_period: null },
      billing_entity_code: 'default',
      slug: 'INV-001',
      name: 'Acme Corp',
    });
    const { rows } = await florin.sql.query('select type from outbox_events where object_id = $1 order by id', [before.id]);
    expect(rows.map((row) => row.type)).toEqual(['customer.created', 'customer.updated', 'customer.updated']);
  });

  it('gives numbers without gaps, also to simultaneous first requests for one external id', async () => {
    const answers = await Promise.all(
      [1, 1, 1, 2, 2, 3, 4, 5].map((n) => tenant.call('POST', '/api/v1/customers', { external_id: `race-${n}`, name: 'R' })),
    );
    expect(answers.map((answer) => answer.status)).toEqual(Array(8).fill(200));
    const { rows } = await florin.sql.query(
      'select sequential_id::int as n from customers where organization_id = $1 order by sequential_id',
      [tenant.id],
    );
    expect(rows.map((row) => row.n)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('renames the external id unless it is taken', async () => {
    await tenant.call('POST', '/api/v1/customers', { external_id: 'old-name' });
    expect((await tenant.call('PUT', '/api/v1/customers/old-name', { external_id: 'new-name' })).body.customer).toMatchObject({
      external_id: 'new-name',
    });
    const taken = await tenant.call('PUT', '/api/v1/customers/new-name', { external_id: 'acme' });
    expect(taken.status).toBe(422);
    expect(taken.body.error_details).toEqual({ external_id: ['value_already_exist'] });
    expect((await tenant.call('GET', '/api/v1/customers/old-name')).body).toMatchObject({
      status: 404,
      code: 'customer_not_found',
    });
  });

  it('takes the billing entity by id before the one by code', async () => {
    const entity = (await tenant.call('GET', '/api/v1/billing_entities/eu')).body.billing_entity;
    const { body } = await tenant.call('POST', '/api/v1/customers', {
      external_id: 'by-id',
      billing_entity_id: entity.id,
      billing_entity_code: 'default',
    });
    expect(body.customer).toMatchObject({ billing_entity_code: 'eu', billing_entity_id: entity.id });
  });

  it.each([
    [{}, { external_id: ['value_is_mandatory'] }],
    [{ external_id: ' x ' }, { external_id: ['value_is_invalid'] }],
    [{ external_id: 7 }, { external_id: expect.arrayContaining(['value_is_invalid']) }],
    [{ external_id: 'x', colour: 'red' }, { colour: ['unknown_field'] }],
    [{ external_id: 'x', name: ' ' }, { name: ['value_is_invalid'] }],
    [{ external_id: 'x', name: 'x'.repeat(256) }, { name: ['value_is_too_long'] }],
    [{ external_id: 'x', email: 'nobody' }, { email: ['value_is_invalid'] }],
    [{ external_id: 'x', country: 'Germany' }, { country: ['value_is_invalid'] }],
    [{ external_id: 'x', country: 'de' }, { country: ['value_is_invalid'] }],
    [{ external_id: 'x', country: 'ZZ' }, { country: ['value_is_invalid'] }],
    [{ external_id: 'x', country: 'UK' }, { country: ['country_code_is_gb'] }],
    [{ external_id: 'x', country: 'EL' }, { country: ['country_code_is_gr'] }],
    [{ external_id: 'x', currency: 'XXX' }, { currency: ['value_is_invalid'] }],
    [{ external_id: 'x', timezone: '+02:00' }, { timezone: ['value_is_invalid'] }],
    [{ external_id: 'x', net_payment_term: -1 }, { net_payment_term: ['value_is_out_of_range'] }],
    [{ external_id: 'x', net_payment_term: 1.5 }, { net_payment_term: ['value_is_invalid'] }],
    [
      { external_id: 'x', billing_configuration: { invoice_grace_period: 366 } },
      { 'billing_configuration.invoice_grace_period': ['value_is_out_of_range'] },
    ],
    [
      { external_id: 'x', billing_configuration: { payment_provider: 'crossmint' } },
      { 'billing_configuration.payment_provider': ['value_is_invalid'] },
    ],
    [{ external_id: 'x', billing_configuration: [] }, { billing_configuration: ['value_is_invalid'] }],
    [{ external_id: 'x', tax_codes: ['nope'] }, { tax_codes: ['tax_not_found'] }],
    [{ external_id: 'x', tax_codes: 'vat' }, { tax_codes: ['value_is_invalid'] }],
    [
      { external_id: 'x', metadata: [null] },
      { metadata: ['value_is_invalid'], 'metadata.0': ['value_is_invalid'] },
    ],
    [{ external_id: 'x', metadata: [{ key: 'k' }] }, { 'metadata.0.value': ['value_is_mandatory'] }],
    [
      { external_id: 'x', metadata: Array.from({ length: 6 }, (_, i) => ({ key: `k${i}`, value: 'v' })) },
      { metadata: ['exceeded_limit'] },
    ],
    [
      {
        external_id: 'x',
        metadata: [
          { key: 'k', value: 'a' },
          { key: 'k', value: 'b' },
        ],
      },
      { metadata: ['value_is_invalid'] },
    ],
    [{ external_id: 'x', account_type: 'partner' }, { account_type: ['unsupported_value'] }],
    [{ external_id: 'x', shipping_address: { country: 'UK' } }, { 'shipping_address.country': ['country_code_is_gb'] }],
    [{ external_id: 'x', customer_type: 'club' }, { customer_type: ['value_is_invalid'] }],
  ])('refuses %j', async (customer, error_details) => {
    const before = await stored();
    const answer = await tenant.call('POST', '/api/v1/customers', { customer });
    expect(answer.status).toBe(422);
    expect(answer.body).toMatchObject({ status: 422, error: 'Unprocessable Entity', code: 'validation_errors' });
    expect(answer.body.error_details).toEqual(error_details);
    expect(await stored()).toEqual(before);
  });

  it.each([{ billing_entity_code: 'nope' }, { billing_entity_id: randomUUID() }, { billing_entity_id: 'eu' }])(
    'answers 404 and saves nothing for %j',
    async (choice) => {
      const before = await stored();
      for (const external_id of ['x', 'acme']) {
        const answer = await tenant.call('POST', '/api/v1/customers', { external_id, name: 'Other', ...choice });
        expect(answer.body).toMatchObject({ status: 404, code: 'billing_entity_not_found' });
      }
      expect(await stored()).toEqual(before);
    },
  );

  it('keeps what Lago knows and Florin only shows again: absent stays, null removes', async () => {
    const kept = {
      logo_url: 'https://acme.test/logo.png',
      external_salesforce_id: 'sf-1',
      customer_type: 'company',
      shipping_address: { address_line1: 'Quai 1', city: 'Paris', zipcode: '75001', country: 'FR' },
      integration_customers: [{ integration_type: 'hubspot', integration_code: 'crm', external_customer_id: '7' }],
      skip_invoice_custom_sections: true,
      invoice_custom_section_codes: ['terms'],
    };
    const configuration = {
      provider_customer_id: 'cus_1',
      payment_provider_code: 'main',
      sync: true,
      sync_with_provider: false,
      provider_payment_methods: ['card'],
    };
    const customer = { external_id: 'kept', ...kept, billing_configuration: configuration };
    const made = await tenant.call('POST', '/api/v1/customers', { customer });
    expect(made.body.customer).toMatchObject({ ...kept, billing_configuration: configuration });
    const { body } = await tenant.call('PUT', '/api/v1/customers/kept', { customer: { logo_url: null, city: 'Lyon' } });
    expect(body.customer).toMatchObject({ ...kept, logo_url: null, city: 'Lyon', billing_configuration: configuration });
    expect((await tenant.call('GET', '/api/v1/customers/kept')).body).toEqual(body);
  });

  it('lists those that filters mean, and refuses a filter that is none', async () => {
    const { call } = await florin.openOrganization('live', 'Filtered');
    await call('POST', '/api/v1/customers', { external_id: 'fr', name: 'Café 100%', country: 'FR', zipcode: '75001', state: 'IDF', currency: 'EUR',
      tax_identification_number: 'FR1', customer_type: 'company', metadata: [{ key: 'crm', value: '42' }] }); // prettier-ignore
    await call('POST', '/api/v1/customers', { external_id: 'us', name: 'Diner', country: 'US', email: 'joe@diner.test' });
    const listed = async (query: string): Promise<string[]> =>
      (await call('GET', `/api/v1/customers?${query}`)).body.customers.map(({ external_id: id }: { external_id: string }) => id);
    for (const query of [
      'countries[]=FR',
      'zipcodes[]=75001',
      'states[]=IDF',
      'currencies[]=EUR',
      'has_tax_identification_number=true',
      'customer_type=company',
      'has_customer_type=true',
      'metadata[crm]=42',
      'search_term=100%25',
      'search_term=caf',
      'external_id=fr',
    ])
      // prettier-ignore
      expect([query, await listed(query)]).toEqual([query, ['fr']]);
    for (const query of [
      'has_tax_identification_number=false',
      'has_customer_type=false',
      'search_term=joe@',
      'countries[]=US&countries[]=DE',
    ])
      expect([query, await listed(query)]).toEqual([query, ['us']]);
    expect(await listed('account_type[]=partner')).toEqual([]);
    expect(await listed('search_term=_')).toEqual([]);
    expect(await listed('account_type[]=customer&billing_entity_codes[]=default')).toEqual(['us', 'fr']);
    for (const query of [
      'countries[]=UK',
      'currencies[]=XXX',
      'customer_type=club',
      'has_customer_type=perhaps',
      'account_type[]=other',
      'colour=red',
    ])
      expect([query, (await call('GET', `/api/v1/customers?${query}`)).status]).toEqual([query, 422]);
    expect((await call('GET', '/api/v1/customers?billing_entity_codes[]=nope')).body.code).toBe('billing_entity_not_found');
  });

  it('keeps the currency once there is a subscription', async () => {
    const { body } = await tenant.call('POST', '/api/v1/customers', { external_id: 'fixed', currency: 'USD' });
    expect((await tenant.call('PATCH', '/api/v1/customers/fixed', { currency: 'EUR' })).body.customer.currency).toBe('EUR');
    const plan = await tenant.call('POST', '/api/v1/plans', {
      plan: { code: 'p', name: 'P', interval: 'monthly', amount_cents: 0, amount_currency: 'EUR', pay_in_advance: false },
    });
    await florin.sql.query(
      `with stream as (insert into usage_streams (organization_id, external_subscription_id) values ($1, 's') returning id)
       insert into subscriptions (organization_id, id, external_id, customer_id, plan_id, stream_id, status, billing_time, billing_timezone,
         payment_provider, subscription_at, created_at, updated_at)
       select $1, $2, 's', $3, $4, stream.id, 'PENDING', 'calendar', 'UTC', 'MANUAL', now(), now(), now() from stream`,
      [tenant.id, randomUUID(), body.customer.id, plan.body.plan.id],
    );
    for (const currency of ['USD', null]) {
      const answer = await tenant.call('POST', '/api/v1/customers', { external_id: 'fixed', currency, name: 'Changed' });
      expect(answer.status).toBe(422);
      expect(answer.body.error_details).toEqual({ currency: ['currencies_does_not_match'] });
    }
    const same = await tenant.call('PATCH', '/api/v1/customers/fixed', { currency: 'EUR', city: 'Paris' });
    expect(same.body.customer).toMatchObject({ currency: 'EUR', city: 'Paris', name: null });
  });

  it("neither shows nor touches another tenant's customer", async () => {
    const stranger = await florin.openOrganization('live', 'Stranger');
    const { id } = (await tenant.call('GET', '/api/v1/customers/acme')).body.customer;
    for (const key of ['acme', id]) {
      expect((await stranger.call('GET', `/api/v1/customers/${key}`)).body).toMatchObject({
        status: 404,
        code: 'customer_not_found',
      });
      expect((await stranger.call('PATCH', `/api/v1/customers/${key}`, { name: 'Mine' })).status).toBe(404);
    }
    expect((await stranger.call('POST', '/api/v1/customers', { external_id: 'acme' })).body.customer).toMatchObject({
      sequential_id: 1,
      name: null,
    });
    expect((await stranger.call('GET', '/api/v1/customers')).body.meta.total_count).toBe(1);
    const foreign = (await tenant.call('GET', '/api/v1/billing_entities/eu')).body.billing_entity.id;
    expect((await stranger.call('PATCH', '/api/v1/customers/acme', { billing_entity_id: foreign })).body.code).toBe(
      'billing_entity_not_found',
    );
    expect((await tenant.call('GET', '/api/v1/customers/acme')).body.customer.name).toBe('Acme Corp');
  });

  it('serves the official client', async () => {
    const client = Client(tenant.key, { baseUrl: `${florin.url}/api/v1` });
    const { data } = await client.customers.createCustomer({
      customer: {
        external_id: 'lago',
        name: 'Lago Client',
        billing_entity_code: 'eu',
        currency: 'USD',
        net_payment_term: null,
        account_type: 'customer',
        finalize_zero_amount_invoice: 'inherit',
        integration_customers: [],
        skip_invoice_custom_sections: false,
        metadata: [{ key: 'tier', value: 'gold', display_in_invoice: false }],
      },
    });
    expect(data.customer).toMatchObject({ external_id: 'lago', currency: 'USD', applicable_timezone: 'Europe/Berlin' });
    expect((await client.customers.findCustomer('lago')).data.customer.lago_id).toBe(data.customer.lago_id);
    const page = await client.customers.findAllCustomers({ 'billing_entity_codes[]': ['eu'], page: 1, per_page: 1 });
    expect(page.data.customers).toHaveLength(1);
    expect(page.data.meta).toEqual({ current_page: 1, next_page: 2, prev_page: null, total_pages: 2, total_count: 2 });
    const both = await client.customers.findAllCustomers({ 'billing_entity_codes[]': ['eu', 'default'] });
    expect(both.data.meta.total_count).toBeGreaterThan(2);
    expect((await client.customers.findAllCustomers({ external_id: 'lago' })).data.customers).toHaveLength(1);
    await expect(client.customers.findAllCustomers({ 'billing_entity_codes[]': ['nope'] })).rejects.toMatchObject({
      status: 404,
    });
    await expect(client.customers.findCustomer('nobody')).rejects.toMatchObject({
      status: 404,
      error: { code: 'customer_not_found' },
    });
  });
});
