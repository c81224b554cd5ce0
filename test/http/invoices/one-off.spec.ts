import { Client } from 'lago-javascript-client';
import { expectHealthy } from '../../support/doctor.ts';
import { type Caller, type Florin, startFlorin, type Tenant } from '../../support/florin.ts';
import { advance, make } from '../../support/shop.ts';

describe('one-off invoices', () => {
  let florin: Florin;
  let tenant: Tenant;
  let call: Caller;
  beforeEach(async () => {
    florin = await startFlorin();
    tenant = await florin.openOrganization('test');
    await florin.sql.query(`update organizations set virtual_now = '2026-03-01T03:00:00Z'`);
    ({ call } = tenant);
    await make(call, '/api/v1/add_ons', 'add_on', { code: 'setup', name: 'Setup', amount_cents: 50000, amount_currency: 'USD' });
    await make(call, '/api/v1/taxes', 'tax', { code: 'vat', name: 'VAT', rate: 18, applied_to_organization: true });
    await make(call, '/api/v1/taxes', 'tax', { code: 'city', name: 'City', rate: '0.5' });
    await make(call, '/api/v1/customers', 'customer', {
      external_id: 'acme',
      name: 'Acme',
      country: 'US',
      timezone: 'America/New_York',
      net_payment_term: 30,
    });
    await make(call, '/api/v1/customers', 'customer', { external_id: 'nowhere' });
  });
  afterEach(async () => {
    await expectHealthy(florin);
    await florin.stop();
  });

  const refusal = async (invoice: object) => {
    const before = await florin.sql.query('select count(*)::int as n from invoices');
    const { status, body } = await call('POST', '/api/v1/invoices', { invoice });
    expect((await florin.sql.query('select count(*)::int as n from invoices')).rows).toEqual(before.rows);
    return [status, body.code, body.error_details];
  };

  it('are made from add-ons by the official client: issued at once, numbered, taxed by the nearest taxes', async () => {
    const lago = Client(tenant.key, { baseUrl: `${florin.url}/api/v1` });
    const { data } = await lago.invoices.createInvoice({
      invoice: {
        external_customer_id: 'acme',
        currency: 'USD',
        fees: [
          { add_on_code: 'setup' },
          {
            add_on_code: 'setup',
            invoice_display_name: 'Training',
            description: 'Two half days',
            units: '2.5',
            unit_amount_cents: 12001,
            tax_codes: ['vat', 'city'],
            from_datetime: '2026-02-01T00:00:00Z',
            to_datetime: '2026-02-03T00:00:00Z',
          },
        ],
      },
    });
    expect(data.invoice).toMatchObject({
      invoice_type: 'one_off',
      status: 'finalized',
      payment_status: 'pending',
      number: 'INV-2026-0001',
      issuing_date: '2026-02-28',
      payment_due_date: '2026-03-30',
      fees_amount_cents: 50000 + 30003,
      taxes_amount_cents: 9000 + 5551,
      subscriptions: [],
    });
    expect(data.invoice.fees).toMatchObject([
      { item: { type: 'add_on', code: 'setup', name: 'Setup' }, units: '1', amount_cents: 50000, taxes_amount_cents: 9000 },
      {
        item: { code: 'setup', name: 'Training' },
        description: 'Two half days',
        units: '2.5',
        precise_unit_amount: '120.01',
        amount_cents: 30003,
        from_date: '2026-02-01T00:00:00Z',
        to_date: '2026-02-03T00:00:00Z',
      },
    ]);
    expect((await call('GET', '/api/v1/customers/acme')).body.customer.currency).toBe('USD');
    const { rows } = await florin.sql.query(`select type from outbox_events where object_id = $1 order by id`, [
      data.invoice.lago_id,
    ]);
    expect(rows.map(({ type }) => type)).toEqual(['invoice.created', 'invoice.finalized']);
    expect((await call('POST', `/api/v1/invoices/${data.invoice.lago_id}/void`)).body.invoice.status).toBe('voided');
  });

  it('are made from lines in free words: 500 + 8 × 150 and 18 % (H7)', async () => {
    const invoice = await make(call, '/api/v1/invoices', 'invoice', {
      customer_id: 'acme',
      currency: 'USD',
      due_date: '2026-04-15',
      line_items: [
        { description: 'Setup', unit_amount: '500' },
        { description: 'Consulting', quantity: 8, unit_amount: 150 },
      ],
    });
    expect(invoice).toMatchObject({
      fees_amount_cents: 170000,
      taxes_amount_cents: 30600,
      total_amount_cents: 200600,
      payment_due_date: '2026-04-15',
      source: 'manual',
    });
  });

  it.each([
    [
      'no customer',
      { fees: [{ add_on_code: 'setup' }] },
      [422, 'validation_errors', { external_customer_id: ['value_is_mandatory'] }],
    ],
    [
      'an unknown customer',
      { external_customer_id: 'x', fees: [{ add_on_code: 'setup' }] },
      [404, 'customer_not_found', undefined],
    ],
    ['nothing to bill', { external_customer_id: 'acme' }, [422, 'validation_errors', { fees: ['value_is_mandatory'] }]],
    ['no line', { external_customer_id: 'acme', fees: [] }, [422, 'validation_errors', { fees: ['value_is_mandatory'] }]],
    ['an unknown add-on', { external_customer_id: 'acme', fees: [{ add_on_code: 'x' }] }, [404, 'add_on_not_found', undefined]],
    [
      'an unknown tax',
      { external_customer_id: 'acme', fees: [{ add_on_code: 'setup', tax_codes: ['x'] }] },
      [422, 'validation_errors', { tax_codes: ['tax_not_found'] }],
    ],
    [
      'a fractional amount',
      { external_customer_id: 'acme', fees: [{ add_on_code: 'setup', unit_amount_cents: 1.5 }] },
      [422, 'validation_errors', { 'fees.0.unit_amount_cents': ['value_is_invalid'] }],
    ],
    [
      'an add-on of another currency',
      { external_customer_id: 'acme', currency: 'EUR', fees: [{ add_on_code: 'setup' }] },
      [422, 'validation_errors', { 'fees.0.add_on_code': ['currencies_does_not_match'] }],
    ],
    [
      'a sum beyond all numbers',
      { external_customer_id: 'acme', fees: [{ add_on_code: 'setup', units: '999999999999999' }] },
      [422, 'amount_out_of_range', { fees: ['Setup'] }],
    ],
    [
      'units beyond all numbers',
      { external_customer_id: 'acme', fees: [{ add_on_code: 'setup', units: '1000000000000000' }] },
      [422, 'validation_errors', { 'fees.0.units': ['value_is_invalid'] }],
    ],
    [
      'a due day before the issue',
      { external_customer_id: 'acme', due_date: '2026-02-27', fees: [{ add_on_code: 'setup' }] },
      [422, 'validation_errors', { due_date: ['value_is_out_of_range'] }],
    ],
    [
      'a day that is none',
      { external_customer_id: 'acme', due_date: '2026-02-30', fees: [{ add_on_code: 'setup' }] },
      [422, 'validation_errors', { due_date: ['invalid_date'] }],
    ],
    [
      'free words for a customer without a country',
      { customer_id: 'nowhere', line_items: [{ description: 'x', unit_amount: '1' }] },
      [422, 'validation_errors', { 'customer.country': ['value_is_mandatory'] }],
    ],
    [
      'both kinds of lines',
      { customer_id: 'acme', fees: [{ add_on_code: 'setup' }], line_items: [{ description: 'x', unit_amount: '1' }] },
      [422, 'validation_errors', { line_items: ['value_is_invalid'] }],
    ],
    [
      'an unknown seller',
      { external_customer_id: 'acme', billing_entity_code: 'x', fees: [{ add_on_code: 'setup' }] },
      [404, 'billing_entity_not_found', undefined],
    ],
  ])('refuse %s, and store nothing', async (_, invoice, expected) => {
    expect(await refusal(invoice)).toEqual(expected);
  });

  it('are found by the filters of the list', async () => {
    await make(call, '/api/v1/billing_entities', 'billing_entity', { code: 'eu', name: 'EU', default_currency: 'EUR' });
    await make(call, '/api/v1/customers', 'customer', {
      external_id: 'berta',
      name: 'Berta',
      email: 'berta@example.org',
      country: 'DE',
    });
    const small = await make(call, '/api/v1/invoices', 'invoice', {
      external_customer_id: 'acme',
      fees: [{ add_on_code: 'setup', unit_amount_cents: 1000 }],
    });
    const large = await make(call, '/api/v1/invoices', 'invoice', {
      external_customer_id: 'berta',
      billing_entity_code: 'eu',
      currency: 'EUR',
      fees: [{ add_on_code: 'setup', unit_amount_cents: 90000 }],
    });
    await advance(call, '2026-03-10T00:00:00Z');
    await call('POST', `/api/v1/invoices/${small.lago_id}/pay`);
    const found = async (query: string) => {
      const { status, body } = await call('GET', `/api/v1/invoices?${query}`);
      expect([query, status, JSON.stringify(body.error_details)]).toEqual([query, 200, undefined]);
      return (body.invoices as { lago_id: string }[]).map(({ lago_id }) => (lago_id === small.lago_id ? 'small' : 'large'));
    };
    const expected: [string, string[]][] = [
      ['', ['large', 'small']],
      ['external_customer_id=acme', ['small']],
      ['statuses[]=finalized&statuses[]=voided', ['large', 'small']],
      ['status[]=draft', []],
      ['status=finalized', ['large', 'small']],
      ['payment_statuses[]=succeeded', ['small']],
      ['payment_status=pending', ['large']],
      ['payment_overdue=true', ['large']],
      ['payment_overdue=false', ['small']],
      ['partially_paid=true', []],
      ['amount_from=1181', ['large']],
      ['amount_from=1180&amount_to=1180', ['small']],
      ['currency=EUR', ['large']],
      ['billing_entity_codes[]=eu', ['large']],
      ['issuing_date_from=2026-03-01', ['large']],
      ['issuing_date_to=2026-02-28', ['small']],
      ['invoice_type=subscription', []],
      ['search_term=example.org', ['large']],
      [`search_term=${small.lago_id}`, ['small']],
      ['search_term=%25', []],
      [`search_term=${small.number}&external_customer_id=acme`, ['small']],
    ];
    for (const [query, names] of expected) expect([query, await found(query)]).toEqual([query, names]);
    for (const query of [
      'issuing_date_from=2026-02-30',
      'amount_from=1.5',
      'payment_overdue=maybe',
      'status=nope',
      'self_billed=true',
    ])
      expect([query, (await call('GET', `/api/v1/invoices?${query}`)).status]).toEqual([query, 422]);
    expect((await call('GET', `/api/v1/invoices/${large.lago_id}`)).body.invoice.payment_overdue).toBe(true);
  });
});
