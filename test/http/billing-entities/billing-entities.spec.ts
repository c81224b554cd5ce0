import { type Florin, startFlorin, type Tenant } from '../../support/florin.ts';

describe('billing entities', () => {
  let florin: Florin;
  let tenant: Tenant;
  beforeAll(async () => {
    florin = await startFlorin();
    tenant = await florin.openOrganization();
  });
  afterAll(() => florin.stop());

  it('opens an organization with one default entity that numbers INV', async () => {
    const { status, body } = await tenant.call('GET', '/api/v1/billing_entities');
    expect(status).toBe(200);
    expect(body.billing_entities).toEqual([
      expect.objectContaining({
        code: 'default',
        is_default: true,
        document_number_prefix: 'INV',
        document_number_template: '{prefix}-{year}-{seq:4}',
      }),
    ]);
  });

  it('creates, reads and updates one; absent fields stay and null clears', async () => {
    await tenant.call('POST', '/api/v1/taxes', { tax: { code: 'vat', name: 'VAT', rate: 19 } });
    const created = await tenant.call('POST', '/api/v1/billing_entities', {
      billing_entity: {
        code: 'eu',
        name: 'Acme GmbH',
        city: 'Berlin',
        country: 'DE',
        default_currency: 'EUR',
        timezone: 'Europe/Berlin',
        document_number_prefix: 'eu',
        net_payment_term: 30,
        day_count: 'thirty_day_months',
        tax_codes: ['vat'],
      },
    });
    expect(created.status).toBe(200);
    expect(created.body.billing_entity).toMatchObject({
      code: 'eu',
      document_number_prefix: 'EU',
      is_default: false,
      day_count: 'thirty_day_months',
      taxes: [{ code: 'vat', rate: 19 }],
    });
    const updated = await tenant.call('PATCH', '/api/v1/billing_entities/eu', {
      city: null,
      timezone: 'Europe/Paris',
      day_count: null,
    });
    expect(updated.body.billing_entity).toMatchObject({
      city: null,
      country: 'DE',
      timezone: 'Europe/Paris',
      day_count: 'thirty_day_months',
    });
    const read = await tenant.call('GET', `/api/v1/billing_entities/${created.body.billing_entity.id}`);
    expect(read.body).toEqual(updated.body);
  });

  it.each([
    [{ code: 'x' }, { name: ['value_is_mandatory'] }],
    [{ code: 'x', name: 'X', colour: 'red' }, { colour: ['unknown_field'] }],
    [{ code: 'x', name: 'X', timezone: 'Mars/Olympus' }, { timezone: ['value_is_invalid'] }],
    [{ code: 'x', name: 'X', country: 'UK' }, { country: ['country_code_is_gb'] }],
    [{ code: 'x', name: 'X', country: 'XX' }, { country: ['value_is_invalid'] }],
    [{ code: 'x', name: 'X', default_currency: 'XXX' }, { default_currency: ['value_is_invalid'] }],
    [{ code: 'x', name: 'X', document_number_template: '{year}' }, { document_number_template: ['invalid_number_template'] }],
    [{ code: 'x', name: 'X', day_count: 'bankers' }, { day_count: ['value_is_invalid'] }],
    [{ code: 'x', name: 'X', tax_codes: ['nope'] }, { tax_codes: ['tax_not_found'] }],
    [{ code: 'default', name: 'X' }, { code: ['value_already_exist'] }],
  ])('refuses %j', async (billing_entity, error_details) => {
    const before = await florin.sql.query('select count(*) from billing_entities');
    const answer = await tenant.call('POST', '/api/v1/billing_entities', { billing_entity });
    expect(answer.status).toBe(422);
    expect(answer.body).toMatchObject({ status: 422, error: 'Unprocessable Entity', code: 'validation_errors', error_details });
    expect((await florin.sql.query('select count(*) from billing_entities')).rows).toEqual(before.rows);
  });

  it("answers 404 for another tenant's entity", async () => {
    const stranger = await florin.openOrganization('live', 'Stranger');
    expect((await stranger.call('GET', '/api/v1/billing_entities/eu')).body).toMatchObject({
      status: 404,
      code: 'billing_entity_not_found',
    });
  });
});
