import { expectHealthy } from '../../support/doctor.ts';
import { type Caller, type Florin, startFlorin, type Tenant } from '../../support/florin.ts';
import { make } from '../../support/shop.ts';
import { advance, bill, linesOf, meter, openAt, sell, take, tax, wholeInvoices } from '../life/life.ts';

const customer = { external_id: 'customer of sub' };

/** What an invoice and its preview have to agree on; a copied price has another id each time it is copied. */
// oxlint-disable-next-line typescript/no-explicit-any
const said = (invoice: any) => ({
  lines: linesOf(invoice),
  names: invoice.fees.map((fee: { item: { name: string; code: string } }) => [fee.item.name, fee.item.code]),
  derivations: invoice.fees.map((fee: { derivation: object }) => fee.derivation),
  totals: [invoice.fees_amount_cents, invoice.taxes_amount_cents, invoice.total_amount_cents],
  period: [invoice.period_start, invoice.period_end, invoice.invoicing_reason],
});

/** `plan_overrides` of a preview: as when subscribing, and nothing is stored. */
describe('a preview at prices of its own', () => {
  let florin: Florin;
  beforeAll(async () => {
    florin = await startFlorin();
  });
  afterAll(async () => {
    await expectHealthy(florin);
    await florin.stop();
  });

  const stock = async (call: Caller) => {
    await tax(call, 20);
    await make(call, '/api/v1/taxes', 'tax', { code: 'low', name: 'Low', rate: 5 });
    const metric = await meter(call);
    await make(call, '/api/v1/add_ons', 'add_on', { code: 'seat', name: 'Seat', amount_cents: 1000, amount_currency: 'EUR' });
    const prices = {
      charges: [
        { billable_metric_id: metric.lago_id, charge_model: 'standard', properties: { amount: '1' }, min_amount_cents: 0 },
      ],
      fixed_charges: [{ add_on_code: 'seat', units: '2' }],
    };
    await sell(call, 'small', 1000, prices);
    return sell(call, 'plan', 10_000, prices);
  };

  const ask = (call: Caller, input: object) => call('POST', '/api/v1/invoices/preview', input);
  const asked = async (call: Caller, input: object) => {
    const { status, body } = await ask(call, input);
    if (status !== 200) throw new Error(`no preview: ${JSON.stringify(body)}`);
    return body.invoice;
  };

  /** All that a preview could leave behind. */
  const stored = async ({ id }: Tenant) => {
    const tables = ['plans', 'charges', 'charge_filters', 'fixed_charges', 'minimum_commitments', 'plan_taxes', 'charge_taxes'];
    const counts = [...tables, 'subscriptions', 'customers', 'outbox_events'].map(
      (table) => `(select count(*)::int from ${table} where organization_id = $1) as ${table}`,
    );
    return (await florin.sql.query(`select ${counts.join(', ')}`, [id])).rows[0];
  };

  const overrides = {
    amount_cents: 8000,
    invoice_display_name: 'Our plan',
    tax_codes: ['low'],
    minimum_commitment: { amount_cents: 20_000, invoice_display_name: 'Least' },
    charges: [{ code: 'units', properties: { amount: '0.5' }, min_amount_cents: 700, invoice_display_name: 'Our units' }],
    fixed_charges: [{ code: 'seat', units: 3 }],
  };

  it.each([true, false])('of a plan that a customer would take (in advance: %s) is its first invoice', async (inAdvance) => {
    const tenant = await openAt(florin, '2025-01-10T09:00:00Z');
    const { call } = tenant;
    const plan = await stock(call);
    await call('PUT', '/api/v1/plans/plan', { plan: { pay_in_advance: inAdvance } });
    await make(call, '/api/v1/customers', 'customer', customer);
    const before = await stored(tenant);
    const preview = await asked(call, { customer, plan_code: 'plan', plan_overrides: overrides });
    const plain = await asked(call, { customer, plan_code: 'plan' });
    expect(await stored(tenant)).toEqual(before);
    expect((await call('GET', '/api/v1/plans/plan')).body.plan).toMatchObject({ amount_cents: plan.amount_cents });
    await take(call, 'sub', 'plan', { plan_overrides: overrides });
    await bill(call);
    if (!inAdvance) await advance(call, '2025-02-01T02:00:00Z');
    const [invoice] = await wholeInvoices(call, 'sub');
    expect(said(preview)).toEqual(said(invoice));
    expect(preview.fees[0].item.name).toBe('Our plan');
    expect(said(plain).totals).not.toEqual(said(preview).totals);
  });

  it('of a customer that does not exist stores nobody', async () => {
    const tenant = await openAt(florin, '2025-01-01T00:00:00Z');
    await stock(tenant.call);
    const before = await stored(tenant);
    const input = { customer: { name: 'Nobody', currency: 'EUR' }, plan_code: 'plan', plan_overrides: { amount_cents: 777 } };
    expect(linesOf(await asked(tenant.call, input))).toEqual(['subscription 777 2025-01-01/2025-02-01']);
    expect(await stored(tenant)).toEqual(before);
  });

  it.each([
    ['dearer: at once', 'plan', { amount_cents: 20_000 }, '2025-02-12T07:00:00Z'],
    ['cheaper: at the end of the period', 'plan', { amount_cents: 500, charges: overrides.charges }, '2025-03-01T02:00:00Z'],
    ['another plan, cheaper still', 'small', { amount_cents: 100 }, '2025-03-01T02:00:00Z'],
  ])('of a change to other prices is the invoice of the change (%s)', async (_, planCode, prices, until) => {
    const tenant = await openAt(florin, '2025-01-08T00:00:00Z');
    const { call } = tenant;
    await stock(call);
    await take(call, 'sub', 'plan');
    await advance(call, '2025-02-12T06:00:00Z');
    const had = (await wholeInvoices(call, 'sub')).length;
    const before = await stored(tenant);
    const subscriptions = { external_ids: ['sub'], plan_code: planCode };
    const preview = await asked(call, { customer, subscriptions, plan_overrides: prices });
    expect(await stored(tenant)).toEqual(before);
    await take(call, 'sub', planCode, { plan_overrides: prices });
    await bill(call);
    await advance(call, until);
    expect(said(preview)).toEqual(said((await wholeInvoices(call, 'sub'))[had]));
  });

  it('refuses what subscribing refuses, in the same words', async () => {
    const tenant = await openAt(florin, '2025-01-01T00:00:00Z');
    const { call } = tenant;
    await stock(call);
    await make(call, '/api/v1/customers', 'customer', customer);
    const before = await stored(tenant);
    for (const plan_overrides of [
      { amount_cents: -1 },
      { colour: 'red' },
      { tax_codes: ['nope'] },
      { charges: [{ code: 'nope', properties: { amount: '1' } }] },
      { charges: [{ code: 'units', properties: { amount: 'x' } }] },
      { charges: [{ code: 'units', charge_model: 'volume' }] },
      { fixed_charges: [{ code: 'seat', units: '-3' }] },
    ]) {
      const fields = { external_customer_id: 'customer of sub', external_id: 'sub', plan_code: 'plan', plan_overrides };
      const refused = await call('POST', '/api/v1/subscriptions', { subscription: fields });
      const answer = await ask(call, { customer, plan_code: 'plan', plan_overrides });
      expect([refused.status, refused.body.error_details]).toEqual([422, expect.any(Object)]);
      expect([answer.status, answer.body.error_details]).toEqual([422, refused.body.error_details]);
    }
    expect(await stored(tenant)).toEqual(before);
    await take(call, 'sub', 'plan');
    const unnamed = await ask(call, { customer, subscriptions: { external_ids: ['sub'] }, plan_overrides: { amount_cents: 1 } });
    expect(unnamed.body.error_details).toEqual({ 'subscriptions.plan_code': ['value_is_mandatory'] });
  });
});
