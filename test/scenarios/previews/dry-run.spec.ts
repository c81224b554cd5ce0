import { expectHealthy } from '../../support/doctor.ts';
import { type Caller, type Florin, startFlorin, type Tenant } from '../../support/florin.ts';
import { startProcess } from '../../support/processes.ts';
import { make, use } from '../../support/shop.ts';
import { advance, bill, linesOf, meter, openAt, sell, take, tax, wholeInvoices } from '../life/life.ts';

const plan = async (call: Caller, fields: object = {}) => {
  const { status, body } = await call('POST', '/api/v1/billing_runs', { billing_run: { dry_run: true, ...fields } });
  if (status !== 200) throw new Error(`no dry run: ${JSON.stringify(body)}`);
  return body.billing_run;
};
const planned = async (call: Caller, { id }: { id: string }, query = '') =>
  (await call('GET', `/api/v1/billing_runs/${id}/planned_invoices${query}`)).body;
const apply = (call: Caller, { id }: { id: string }) => call('POST', `/api/v1/billing_runs/${id}/apply`);

describe('a dry run', () => {
  let florin: Florin;
  let tenant: Tenant;
  let call: Caller;
  /** Three monthly customers whose January is over in half an hour. */
  beforeAll(async () => {
    florin = await startFlorin();
  });
  beforeEach(async () => {
    tenant = await openAt(florin, '2025-01-01T00:00:00Z');
    ({ call } = tenant);
    await tax(call, 20);
    const metric = await meter(call);
    const charges = [{ billable_metric_id: metric.lago_id, charge_model: 'standard', properties: { amount: '0.5' } }];
    await sell(call, 'plan', 3100, { pay_in_advance: false, charges });
    await sell(call, 'advance', 5000);
    await take(call, 'a', 'plan');
    await take(call, 'b', 'advance', {}, { consolidate_invoices: true });
    await take(call, 'c', 'plan', { external_customer_id: 'customer of b' });
    await bill(call);
    await use(call, 'a', 'units', { count: 10 }, '2025-01-12T00:00:00Z');
    await advance(call, '2025-01-31T23:30:00Z');
  });
  afterAll(async () => {
    await expectHealthy(florin);
    await florin.stop();
  });

  /** Moves the clock and nothing else: as where the schedule is off. */
  const goTo = (instant: string) =>
    florin.sql.query('update organizations set virtual_now = $2 where id = $1', [tenant.id, instant]);
  const countInvoices = async () => (await call('GET', '/api/v1/invoices')).body.meta.total_count as number;

  it('lists what would be invoiced, with the difference to the period before, and makes nothing', async () => {
    const run = await plan(call, { as_of: '2025-02-01T00:00:00Z' });
    expect(run).toMatchObject({
      dry_run: true,
      status: 'completed',
      as_of: '2025-02-01T00:00:00Z',
      planned_invoices_count: 2,
      found: 3,
      processed: 0,
      applied_at: null,
    });
    const { planned_invoices: list, meta } = await planned(call, run);
    expect(meta.total_count).toBe(2);
    expect(list).toMatchObject([
      {
        position: 1,
        invoiced: true,
        external_customer_id: 'customer of a',
        currency: 'EUR',
        subscriptions: [{ external_id: 'a', invoicing_reason: 'subscription_periodic', period_start: '2025-01-01T00:00:00Z' }],
        fees: [
          { type: 'subscription', amount_cents: 3100 },
          { type: 'charge', units: '10', amount_cents: 500 },
        ],
        total_amount_cents: 4320,
        previous_total_amount_cents: null,
        lago_invoice_id: null,
      },
      {
        external_customer_id: 'customer of b',
        fees: expect.arrayContaining([
          expect.objectContaining({ amount_cents: 5000 }),
          expect.objectContaining({ amount_cents: 3100 }),
        ]),
        total_amount_cents: 9720,
        previous_total_amount_cents: 6000,
        difference_amount_cents: 3720,
      },
    ]);
    expect((await planned(call, run, '?per_page=1&page=2')).planned_invoices).toMatchObject([{ position: 2 }]);
    expect(await countInvoices()).toBe(1);
  });

  it('is applied as it was planned: those invoices, to the cent, once', async () => {
    const run = await plan(call, { as_of: '2025-02-01T00:00:00Z' });
    expect((await apply(call, run)).body).toMatchObject({
      status: 405,
      code: 'billing_run_not_applicable',
      error_details: { as_of: ['not_reached'] },
    });
    await goTo('2025-02-01T00:10:00Z');
    const applied = await apply(call, run);
    expect(applied.body.billing_run).toMatchObject({
      dry_run: true,
      status: 'completed',
      processed: 3,
      successful: 3,
      failed: 0,
    });
    const { planned_invoices: list } = await planned(call, run);
    for (const line of list) {
      const { invoice } = (await call('GET', `/api/v1/invoices/${line.lago_invoice_id}`)).body;
      expect([invoice.total_amount_cents, invoice.fees.length, invoice.billing_run_id]).toEqual([
        line.total_amount_cents,
        line.fees.length,
        run.id,
      ]);
      expect(invoice.fees.map((fee: { amount_cents: number }) => fee.amount_cents)).toEqual(
        line.fees.map((fee: { amount_cents: number }) => fee.amount_cents),
      );
    }
    expect(await countInvoices()).toBe(3);
    expect((await apply(call, run)).body).toMatchObject({
      code: 'billing_run_not_applicable',
      error_details: { applied_at: ['already_applied'] },
    });
    await advance(call, '2025-02-01T06:00:00Z');
    expect(await countInvoices()).toBe(3);
  });

  const idOf = async (externalId: string) => (await call('GET', `/api/v1/subscriptions/${externalId}`)).body.subscription.lago_id;

  it.each<[string, string, string, () => Promise<unknown>]>([
    ['usage', 'a', 'changed', () => use(call, 'a', 'units', { count: 1 }, '2025-01-31T23:59:00Z')],
    ['a tax', 'a', 'changed', () => call('PUT', '/api/v1/taxes/vat', { tax: { rate: 19 } })],
    ['a price', 'a', 'changed', () => call('PUT', '/api/v1/plans/plan', { plan: { amount_cents: 3101 } })],
    [
      'the terms',
      'a',
      'changed',
      () => call('PUT', '/api/v1/customers/customer%20of%20a', { customer: { net_payment_term: 7 } }),
    ],
    ['the end of a subscription', 'a', 'changed', () => call('DELETE', '/api/v1/subscriptions/a')],
    ['a new subscription', 'new', 'not_planned', () => take(call, 'new', 'advance')],
    ['a run', 'a', 'no_longer_due', () => bill(call)],
  ])('is refused when %s moved, and nothing is made', async (_, externalId, reason, move) => {
    const run = await plan(call, { as_of: '2025-02-01T00:00:00Z' });
    await goTo('2025-02-01T00:00:00Z');
    if (reason === 'no_longer_due') await move();
    else {
      await goTo('2025-01-31T23:45:00Z');
      await move();
      await goTo('2025-02-01T00:00:00Z');
    }
    const before = await countInvoices();
    const { status, body } = await apply(call, run);
    expect([status, body.code]).toEqual([409, 'billing_run_outdated']);
    expect(body.error_details[await idOf(externalId)]).toEqual([reason]);
    expect(await countInvoices()).toBe(before);
    expect((await call('GET', `/api/v1/billing_runs/${run.id}`)).body.billing_run).toMatchObject({
      applied_at: null,
      successful: 0,
    });
  });

  it('plans periods that were missed, ends, changes and starts, in the order in which they are made', async () => {
    await make(call, '/api/v1/subscriptions', 'subscription', {
      external_customer_id: 'customer of b',
      external_id: 'b',
      plan_code: 'plan',
    });
    await call('PUT', '/api/v1/subscriptions/a', { subscription: { ending_at: '2025-03-10T12:00:00Z' } });
    await take(call, 'd', 'advance', { subscription_at: '2025-02-11T00:00:00Z', ending_at: '2025-03-21T00:00:00Z' });
    const run = await plan(call, { as_of: '2025-04-01T00:00:00Z' });
    const { planned_invoices: list } = await planned(call, run);
    expect(list.filter((line: { external_customer_id: string }) => line.external_customer_id === 'customer of a')).toMatchObject([
      {
        subscriptions: [{ invoicing_reason: 'subscription_periodic' }],
        previous_total_amount_cents: null,
        total_amount_cents: 4320,
      },
      { total_amount_cents: 3720, previous_total_amount_cents: 4320, difference_amount_cents: -600 },
      { subscriptions: [{ invoicing_reason: 'subscription_terminating' }], total_amount_cents: 1200 },
    ]);
    await goTo('2025-04-01T00:00:00Z');
    const { body } = await apply(call, run);
    expect(body.billing_run).toMatchObject({ status: 'completed', failed: 0 });
    expect(await countInvoices()).toBe(1 + list.filter((line: { invoiced: boolean }) => line.invoiced).length);
    expect((await wholeInvoices(call, 'a')).flatMap(linesOf)).toEqual([
      'subscription 3100 2025-01-01/2025-02-01',
      'charge 500 2025-01-01/2025-02-01',
      'subscription 3100 2025-02-01/2025-03-01',
      'charge 0 2025-02-01/2025-03-01',
      'subscription 1000 2025-03-01/2025-03-11',
      'charge 0 2025-03-01/2025-03-10',
    ]);
  });

  it('works in the background, and for those who wait for nothing due', async () => {
    const answer = await call('POST', '/api/v1/billing_runs', { dry_run: true }, { prefer: 'respond-async' });
    expect(answer).toMatchObject({ status: 202, body: { operation: { id: expect.any(String) } } });
    expect(await plan(call)).toMatchObject({ planned_invoices_count: 0, found: 0, status: 'completed' });
  });

  it.each<[string, object, object]>([
    ['in the past', { dry_run: true, as_of: '2025-01-31T23:00:00Z' }, { as_of: ['in_the_past'] }],
    ['without zone', { dry_run: true, as_of: '2025-02-01T00:00:00' }, { as_of: ['invalid_date'] }],
    ['too far ahead', { dry_run: true, as_of: '2045-02-01T00:00:00Z' }, { as_of: ['value_is_out_of_range'] }],
    ['of a real run', { as_of: '2025-02-01T00:00:00Z' }, { as_of: ['not_allowed_without_dry_run'] }],
    ['and no truth', { dry_run: 'yes' }, { dry_run: ['value_is_invalid'] }],
  ])('refuses a time %s', async (_, fields, details) => {
    const { status, body } = await call('POST', '/api/v1/billing_runs', { billing_run: fields });
    expect([status, body.error_details]).toEqual([422, details]);
  });

  it('leaves out whom nobody can bill, and says why', async () => {
    await make(call, '/api/v1/billing_entities', 'billing_entity', {
      code: 'fr',
      name: 'Paris',
      country: 'FR',
      tax_by_address: true,
    });
    await call('PUT', '/api/v1/taxes/vat', { tax: { applied_to_organization: false } });
    await call('PUT', '/api/v1/customers/customer%20of%20a', { customer: { billing_entity_code: 'fr' } });
    const run = await plan(call, { as_of: '2025-02-01T00:00:00Z' });
    expect(run).toMatchObject({
      planned_invoices_count: 1,
      failed: 1,
      errors: [
        { subscription_id: await idOf('a'), external_subscription_id: 'a', code: 'validation_errors', field: 'customer.country' },
      ],
    });
    await goTo('2025-02-01T00:00:00Z');
    expect((await apply(call, run)).body.billing_run).toMatchObject({ processed: 3, successful: 2, failed: 1 });
  });

  it('works by the wall clock, and prints itself at the command line', async () => {
    const live = await florin.openOrganization('live', 'Wall');
    const from = new Date();
    from.setUTCMonth(from.getUTCMonth() - 2, 5);
    await sell(live.call, 'plan', 3000, { pay_in_advance: false });
    await take(live.call, 'old', 'plan', { subscription_at: from.toISOString(), billing_time: 'anniversary' });
    const command = startProcess('src/cli.ts', ['billing:run', '--dry-run'], {
      DATABASE_URL: florin.databaseUrl,
      LOG_LEVEL: 'error',
    });
    expect(await command.exit).toBe(0);
    const [header, ...lines] = command.output().stdout.trim().split('\n');
    expect(header).toMatch(/^Wall \| as_of=.* \| run=[0-9a-f-]{36} \| invoices=[12]$/);
    expect(lines[0]).toMatch(/^ {2}customer of old \| old \| .*\/.* \| 30\.00 EUR \| first/);
    const run = await plan(live.call);
    expect((await apply(live.call, run)).body.billing_run).toMatchObject({ successful: lines.length, failed: 0 });
    for (const wrong of [
      ['--dry-run', '--as-of', '2026-02-01T00:00:00'],
      ['--as-of', '2026-02-01T00:00:00Z'],
    ]) {
      const refused = startProcess('src/cli.ts', ['billing:run', ...wrong], {
        DATABASE_URL: florin.databaseUrl,
        LOG_LEVEL: 'error',
      });
      expect(await refused.exit).toBe(1);
      expect(refused.output().stderr).toMatch(/--as-of/);
    }
  });

  it('refuses to apply what is no dry run', async () => {
    const { body } = await call('POST', '/api/v1/billing_runs');
    expect((await apply(call, body.billing_run)).body).toMatchObject({
      code: 'billing_run_not_applicable',
      error_details: { dry_run: ['not_a_dry_run'] },
    });
    expect((await call('POST', '/api/v1/billing_runs/x/apply')).body.code).toBe('billing_run_not_found');
  });
});
