import { type Florin, startFlorin, type Tenant } from '../../support/florin.ts';
import { make, stockShop } from '../../support/shop.ts';

describe('lists of credit notes', () => {
  let florin: Florin;
  let tenant: Tenant;
  let invoice: { lago_id: string; number: string };
  let numbers: { credit: string; offset: string };
  beforeAll(async () => {
    florin = await startFlorin();
    tenant = await florin.openOrganization();
    const { call } = tenant;
    await stockShop(call);
    await make(call, '/api/v1/customers', 'customer', { external_id: 'acme', name: 'Acme', currency: 'USD' });
    const issued = await make(call, '/api/v1/invoices', 'invoice', {
      external_customer_id: 'acme',
      currency: 'USD',
      fees: [{ add_on_code: 'seat', units: '5' }],
    });
    invoice = issued;
    const note = async (fields: object): Promise<string> =>
      (
        await make(call, '/api/v1/credit_notes', 'credit_note', {
          invoice_id: issued.lago_id,
          items: [{ fee_id: issued.fees[0].lago_id, amount_cents: 1000 }],
          ...fields,
        })
      ).number;
    numbers = {
      offset: await note({ reason: 'other', credit_amount_cents: 0, offset_amount_cents: 1000 }),
      credit: '',
    };
    await call('POST', `/api/v1/invoices/${issued.lago_id}/pay`);
    numbers.credit = await note({ reason: 'duplicated_charge', credit_amount_cents: 1000 });
  });
  afterAll(() => florin.stop());

  const listed = async (query: string): Promise<string[]> => {
    const { body } = await tenant.call('GET', `/api/v1/credit_notes?${query}`);
    const own = await tenant.call('GET', `/api/v1/customers/acme/credit_notes?${query}`);
    expect(own.body).toEqual(body);
    return body.credit_notes.map((note: { number: string }) => note.number);
  };

  it('show those that filters mean', async () => {
    for (const query of [
      'reason=duplicated_charge',
      'credit_status=available',
      'types[]=credit',
      `search_term=${numbers.credit}`,
    ])
      expect([query, await listed(query)]).toEqual([query, [numbers.credit]]);
    for (const query of ['reason=other', 'types[]=offset'])
      expect([query, await listed(query)]).toEqual([query, [numbers.offset]]);
    for (const query of [
      'currency=EUR',
      'refund_status=pending',
      'credit_status=voided',
      'credit_status=consumed',
      'types[]=refund',
      'amount_from=1001',
      'issuing_date_to=2020-01-01',
      'invoice_number=X',
      'search_term=%25x',
    ])
      // prettier-ignore
      expect([query, await listed(query)]).toEqual([query, []]);
    const both = [numbers.credit, numbers.offset];
    for (const query of [
      'types[]=credit&types[]=offset',
      'amount_from=1000&amount_to=1000',
      'currency=USD',
      `invoice_number=${invoice.number}`,
      'search_term=acme',
      'billing_entity_codes[]=default',
      'issuing_date_from=2020-01-01',
      'self_billed=false',
    ])
      // prettier-ignore
      expect([query, await listed(query)]).toEqual([query, both]);
  });

  it.each(['types[]=gift', 'credit_status=none', 'amount_from=1.5', 'issuing_date_from=today', 'self_billed=true', 'colour=red'])(
    'are refused for a filter that is none: %s',
    async (query) => {
      expect((await tenant.call('GET', `/api/v1/credit_notes?${query}`)).status).toBe(422);
    },
  );

  it('of invoices know what settled them, and their metadata', async () => {
    const invoices = async (query: string) =>
      (await tenant.call('GET', `/api/v1/invoices?${query}`)).body.invoices.map(({ number }: { number: string }) => number);
    await tenant.call('PUT', `/api/v1/invoices/${invoice.lago_id}`, { invoice: { metadata: [{ key: 'region', value: 'eu' }] } });
    for (const query of ['settlements[]=payment', 'settlements[]=credit_note', 'metadata[region]=eu'])
      expect([query, await invoices(query)]).toEqual([query, [invoice.number]]);
    expect(await invoices('metadata[region]=us')).toEqual([]);
    expect((await tenant.call('GET', '/api/v1/invoices?settlements[]=gift')).status).toBe(422);
  });
});
