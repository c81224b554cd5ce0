import { differencesFrom } from '../support/client-types.ts';
import { expectHealthy } from '../support/doctor.ts';
import { type Florin, startFlorin, type Tenant } from '../support/florin.ts';
import { advance, invoicesOf, make, stockShop, subscribe, use } from '../support/shop.ts';

/** What Lago answers with null as well, though its client declares text. */
const nullAsLago = /\.(regroup_paid_fees|invoice_display_name|on_termination_credit_note): null is not /;

/** A company with all that Florin keeps, and each of its objects held against the type that the official client declares for it. */
describe('answers have the shapes that the official client declares', () => {
  let florin: Florin;
  let tenant: Tenant;
  beforeAll(async () => {
    florin = await startFlorin();
    tenant = await florin.openOrganization('test');
    await florin.sql.query(`update organizations set virtual_now = '2026-01-01T00:00:00Z'`);
    const { call } = tenant;
    await make(call, '/api/v1/taxes', 'tax', { code: 'vat', name: 'VAT', rate: 20, applied_to_organization: true });
    await stockShop(call);
    await make(call, '/api/v1/plans', 'plan', {
      code: 'advance',
      name: 'Advance',
      interval: 'monthly',
      amount_cents: 3000,
      amount_currency: 'USD',
      pay_in_advance: true,
      minimum_commitment: { amount_cents: 10_000 },
    });
    await subscribe(call, 'arrears');
    await subscribe(call, 'advance', { plan_code: 'advance' });
    await subscribe(call, 'again', { plan_code: 'advance', external_customer_id: 'customer of advance' });
    await use(call, 'arrears', 'tokens', { count: 5 }, '2026-01-05T00:00:00Z');
    await advance(call, '2026-02-10T02:00:00Z');
    await call('DELETE', '/api/v1/subscriptions/advance');
    await use(call, 'arrears', 'tokens', { count: 5 }, '2026-02-05T00:00:00Z');
    await make(call, '/api/v1/invoices', 'invoice', {
      external_customer_id: 'customer of arrears',
      currency: 'USD',
      fees: [{ add_on_code: 'seat', units: '2' }],
    });
    await advance(call, '2026-03-10T02:00:00Z');
  });
  afterAll(async () => {
    await expectHealthy(florin);
    await florin.stop();
  });

  const differences = async (path: string, type: string): Promise<string[]> => {
    const { status, body } = await tenant.call('GET', `/api/v1/${path}`);
    expect(status).toBe(200);
    return differencesFrom(type, body).filter((difference) => !nullAsLago.test(difference));
  };
  const usage = (kind: string) => `customers/customer%20of%20arrears/${kind}_usage?external_subscription_id=arrears`;

  it.each([
    ['invoices', 'InvoicesPaginated'],
    ['fees', 'FeesPaginated'],
    ['credit_notes', 'CreditNotesPaginated'],
    ['subscriptions', 'SubscriptionsPaginated'],
    ['subscriptions/arrears', 'SubscriptionExtended'],
    ['subscriptions/again', 'SubscriptionExtended'],
    ['customers', 'CustomersPaginated'],
    ['customers/customer%20of%20arrears', 'Customer'],
    ['plans', 'PlansPaginated'],
    ['plans/team', 'Plan'],
    ['plans/advance', 'Plan'],
    ['plans/team/charges', 'ChargesPaginated'],
    ['plans/team/fixed_charges', 'FixedChargesPaginated'],
    ['subscriptions/arrears/charges', 'ChargesPaginated'],
    ['subscriptions/arrears/fixed_charges', 'FixedChargesPaginated'],
    ['billable_metrics', 'BillableMetricsPaginated'],
    ['taxes', 'TaxesPaginated'],
    ['add_ons', 'AddOnsPaginated'],
    ['events', 'EventsPaginated'],
    ['activity_logs', 'ActivityLogsPaginated'],
    [usage('current'), 'CustomerUsage'],
    [usage('projected'), 'CustomerProjectedUsage'],
    [usage('past'), 'CustomerPastUsage'],
  ])('%s is %s', async (path, type) => {
    expect(await differences(path, type)).toEqual([]);
  });

  it('every invoice is Invoice, with fees, taxes, credits and whole subscriptions', async () => {
    const invoices = [
      ...(await invoicesOf(tenant.call, 'arrears')),
      ...(await invoicesOf(tenant.call, 'advance')),
      ...(await invoicesOf(tenant.call, 'again')),
    ];
    const seen = new Set<string>();
    for (const { lago_id: id } of invoices) {
      expect(await differences(`invoices/${id}`, 'Invoice')).toEqual([]);
      const { invoice } = (await tenant.call('GET', `/api/v1/invoices/${id}`)).body;
      for (const part of ['fees', 'applied_taxes', 'credits', 'subscriptions']) if (invoice[part].length > 0) seen.add(part);
    }
    expect([...seen].toSorted()).toEqual(['applied_taxes', 'credits', 'fees', 'subscriptions']);
  });

  it('decimals have no idle zeros', async () => {
    for (const path of ['invoices', 'fees', 'subscriptions/arrears', 'plans/team', usage('current'), usage('past')]) {
      const { body } = await tenant.call('GET', `/api/v1/${path}`);
      expect(JSON.stringify(body).match(/"-?\d+\.\d*000"/g) ?? []).toEqual([]);
    }
  });
});
