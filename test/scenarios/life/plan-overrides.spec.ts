import { expectHealthy } from '../../support/doctor.ts';
import { type Caller, type Florin, startFlorin } from '../../support/florin.ts';
import { make, use } from '../../support/shop.ts';
import { advance, bill, linesOf, meter, openAt, sell, take, tax, wholeInvoices } from './life.ts';

/** A plan of 100.00 in arrears with two seats at 10.00 and usage at 1.00, and what it says of itself. */
async function stock(call: Caller) {
  await tax(call, 20);
  await make(call, '/api/v1/taxes', 'tax', { code: 'low', name: 'Low', rate: 5 });
  const metric = await meter(call);
  await make(call, '/api/v1/add_ons', 'add_on', { code: 'seat', name: 'Seat', amount_cents: 1000, amount_currency: 'EUR' });
  return sell(call, 'plan', 10_000, {
    pay_in_advance: false,
    trial_period: 0,
    charges: [{ billable_metric_id: metric.lago_id, charge_model: 'standard', properties: { amount: '1' } }],
    fixed_charges: [{ add_on_code: 'seat', units: '2' }],
  });
}

const readPlan = async (call: Caller) => (await call('GET', '/api/v1/plans/plan')).body.plan;
const read = async (call: Caller, id = 'sub') => (await call('GET', `/api/v1/subscriptions/${id}`)).body.subscription;

describe('prices of one subscription', () => {
  let florin: Florin;
  beforeAll(async () => {
    florin = await startFlorin();
  });
  afterAll(async () => {
    await expectHealthy(florin);
    await florin.stop();
  });

  it('price its invoices, previews and explanations, and leave no trace on the plan', async () => {
    const { call } = await openAt(florin, '2024-03-01T00:00:00Z');
    const plan = await stock(call);
    const overrides = {
      amount_cents: 8000,
      name: 'Ours',
      invoice_display_name: 'Our plan',
      tax_codes: ['low'],
      minimum_commitment: { amount_cents: 20_000, invoice_display_name: 'Least' },
      charges: [{ id: plan.charges[0].lago_id, properties: { amount: '0.5' }, invoice_display_name: 'Our units' }],
      fixed_charges: [{ id: plan.fixed_charges[0].lago_id, units: 3 }],
    };
    const taken = await take(call, 'sub', 'plan', { plan_overrides: overrides });
    expect(taken).toMatchObject({ plan_code: 'plan', plan_amount_cents: 8000 });
    await take(call, 'other', 'plan');
    await use(call, 'sub', 'units', { count: 10 }, '2024-03-10T00:00:00Z');
    expect((await read(call)).plan).toMatchObject({
      code: 'plan',
      name: 'Ours',
      amount_cents: 8000,
      charges: [{ code: 'units', properties: { amount: '0.5' } }],
      fixed_charges: [{ code: 'seat', units: 3 }],
      minimum_commitment: { amount_cents: 20_000 },
      taxes: [{ code: 'low' }],
    });
    expect(await readPlan(call)).toEqual(plan);
    expect((await call('GET', '/api/v1/plans')).body.plans).toEqual([plan]);
    expect((await call('GET', `/api/v1/plans/${(await read(call)).plan.lago_id}`)).body.code).toBe('plan_not_found');
    const listed = (await call('GET', '/api/v1/subscriptions?plan_code=plan')).body.subscriptions;
    expect(listed.map((one: { external_id: string }) => one.external_id).toSorted()).toEqual(['other', 'sub']);

    const preview = (await call('POST', '/api/v1/subscriptions/sub/preview-invoice')).body.invoice;
    await advance(call, '2024-04-01T02:30:00Z');
    const [invoice] = await wholeInvoices(call, 'sub');
    expect(linesOf(invoice)).toEqual([
      'subscription 8000 2024-03-01/2024-04-01',
      'fixed_charge 3000 2024-03-01/2024-04-01',
      'charge 500 2024-03-01/2024-04-01',
      'commitment 8500 2024-03-01/2024-04-01',
    ]);
    expect(invoice.fees.map((fee: { item: { name: string } }) => fee.item.name)).toEqual([
      'Our plan',
      'Seat',
      'Our units',
      'Least',
    ]);
    expect(invoice).toMatchObject({ taxes_amount_cents: 1000, total_amount_cents: 21_000 });
    expect(preview.total_amount_cents).toBe(21_000);
    const explained = await call('GET', `/api/v1/fees/${invoice.fees[0].lago_id}/explain`);
    expect(explained).toMatchObject({ status: 200 });
    expect((await wholeInvoices(call, 'other')).map((one) => one.fees_amount_cents)).toEqual([12_000]);
  });

  it('can be changed while it runs, for what is not billed yet', async () => {
    const { call } = await openAt(florin, '2024-03-01T00:00:00Z');
    const plan = await stock(call);
    await take(call, 'sub', 'plan');
    await advance(call, '2024-04-10T00:00:00Z');
    const put = (fields: object) => call('PUT', '/api/v1/subscriptions/sub', { subscription: fields });
    expect((await put({ plan_overrides: { amount_cents: 5000 } })).body.subscription).toMatchObject({ plan_amount_cents: 5000 });
    const own = (await read(call)).plan.lago_id;
    await put({ plan_overrides: { charges: [{ code: 'units', properties: { amount: '2' } }] } });
    expect((await read(call)).plan).toMatchObject({
      lago_id: own,
      amount_cents: 5000,
      charges: [{ properties: { amount: '2' } }],
    });
    await use(call, 'sub', 'units', { count: 1 }, '2024-04-11T00:00:00Z');
    await advance(call, '2024-05-01T02:30:00Z');
    expect((await wholeInvoices(call, 'sub')).map((one) => one.fees_amount_cents)).toEqual([12_000, 7200]);
    expect(await readPlan(call)).toEqual(plan);
    expect((await put({ plan_overrides: { amount_currency: 'USD' } })).body.error_details).toEqual({
      'plan_overrides.amount_currency': ['plan_in_use'],
    });
    expect(
      (await put({ plan_overrides: { charges: [{ code: 'nothing', properties: { amount: '2' } }] } })).body.error_details,
    ).toEqual({
      'plan_overrides.charges.0.code': ['value_is_invalid'],
    });
    const wrong = { code: 'units', charge_model: 'package', properties: { amount: '2', package_size: 3 } };
    expect((await put({ plan_overrides: { charges: [wrong] } })).body.error_details).toEqual({
      'plan_overrides.charges.0.charge_model': ['not_editable'],
    });
    expect(
      (await put({ plan_overrides: { charges: [{ code: 'units', properties: { amount: 'x' } }] } })).body.error_details,
    ).toEqual({
      'plan_overrides.charges.0.properties.amount': ['value_is_invalid'],
    });
  });

  it('asked for twice are asked for once; dearer ones are an upgrade, cheaper ones wait, the plan alone changes nothing', async () => {
    const { call } = await openAt(florin, '2024-03-01T00:00:00Z');
    await stock(call);
    const ask = (amount_cents?: number) =>
      take(call, 'sub', 'plan', amount_cents === undefined ? {} : { plan_overrides: { amount_cents } });
    const first = await ask(8000);
    expect(await ask(8000)).toMatchObject({ lago_id: first.lago_id, next_plan_code: null });
    expect(await ask()).toMatchObject({ lago_id: first.lago_id, plan_amount_cents: 8000 });
    await advance(call, '2024-03-11T00:00:00Z');
    const dearer = await ask(9000);
    expect(dearer.lago_id).not.toBe(first.lago_id);
    const cheaper = await ask(7000);
    expect(cheaper).toMatchObject({ lago_id: dearer.lago_id, next_plan_code: 'plan', downgrade_plan_date: '2024-04-01' });
    await ask(7000);
    await advance(call, '2024-05-01T02:30:00Z');
    const plans = (await wholeInvoices(call, 'sub')).map((invoice) => linesOf(invoice)[0]);
    expect(plans).toEqual([
      'subscription 2581 2024-03-01/2024-03-11',
      'subscription 6097 2024-03-11/2024-04-01',
      'subscription 7000 2024-04-01/2024-05-01',
    ]);
    const copies = await florin.sql.query("select count(*)::int as n from plans where code = 'plan' and parent_id is not null");
    expect(copies.rows[0].n).toBeGreaterThan(0);
    expect((await call('DELETE', '/api/v1/plans/plan')).body).toMatchObject({ status: 409, error_details: { plan: ['in_use'] } });
  });

  it('follow the plan where they had what it had, if that is asked for', async () => {
    const { call } = await openAt(florin, '2024-03-01T00:00:00Z');
    const plan = await stock(call);
    const other = await make(call, '/api/v1/billable_metrics', 'billable_metric', {
      code: 'calls',
      name: 'Calls',
      aggregation_type: 'count_agg',
    });
    await take(call, 'sub', 'plan', { plan_overrides: { fixed_charges: [{ code: 'seat', units: '5' }] } });
    const put = (fields: object) => call('PUT', '/api/v1/plans/plan', { plan: fields });
    expect((await put({ amount_cents: 11_000, code: 'renamed' })).status).toBe(200);
    expect(await read(call)).toMatchObject({ plan_code: 'renamed', plan_amount_cents: 10_000 });
    expect((await call('PUT', '/api/v1/plans/renamed', { plan: { amount_cents: 10_000, code: 'plan' } })).status).toBe(200);
    const [units] = plan.charges;
    const prices = {
      amount_cents: 12_000,
      name: 'New',
      minimum_commitment: { amount_cents: 1000 },
      charges: [
        { id: units.lago_id, properties: { amount: '3' } },
        { billable_metric_id: other.lago_id, charge_model: 'standard', properties: { amount: '4' } },
      ],
      fixed_charges: [{ code: 'seat', units: '7', properties: { amount: '9' } }],
      cascade_updates: true,
    };
    expect((await put(prices)).status).toBe(200);
    expect((await read(call)).plan).toMatchObject({
      amount_cents: 12_000,
      name: 'New',
      minimum_commitment: { amount_cents: 1000 },
      charges: [{ properties: { amount: '3' } }, { code: 'calls', properties: { amount: '4' } }],
      fixed_charges: [{ units: 5, properties: { amount: '9' } }],
    });
    const filtered = { properties: { amount: '6' }, cascade_updates: true };
    await call('PUT', '/api/v1/plans/plan/charges/calls', { charge: filtered });
    expect((await read(call)).plan.charges[1]).toMatchObject({ properties: { amount: '6' } });
    await put({ charges: [{ code: 'calls' }], fixed_charges: [], cascade_updates: true });
    expect((await read(call)).plan).toMatchObject({ charges: [{ code: 'calls' }], fixed_charges: [] });
  });

  it('lose what is deleted from the plan, if that is asked for, and else keep it', async () => {
    const { call } = await openAt(florin, '2024-03-01T00:00:00Z');
    const metric = await make(call, '/api/v1/billable_metrics', 'billable_metric', {
      code: 'calls',
      name: 'Calls',
      aggregation_type: 'count_agg',
      filters: [{ key: 'region', values: ['eu', 'us'] }],
    });
    await make(call, '/api/v1/add_ons', 'add_on', { code: 'seat', name: 'Seat', amount_cents: 1000, amount_currency: 'EUR' });
    const properties = { amount: '1' };
    const charge = { billable_metric_id: metric.lago_id, charge_model: 'standard', properties };
    await sell(call, 'plan', 10_000, {
      pay_in_advance: false,
      charges: [
        { ...charge, code: 'kept' },
        { ...charge, code: 'gone' },
        { ...charge, code: 'sorted', filters: ['eu', 'us'].map((region) => ({ values: { region: [region] }, properties })) },
      ],
      fixed_charges: ['kept', 'gone'].map((code) => ({ add_on_code: 'seat', code, units: '1' })),
    });
    await take(call, 'sub', 'plan', { plan_overrides: { charges: [{ code: 'gone', properties: { amount: '2' } }] } });
    await use(call, 'sub', 'calls', { region: 'eu' }, '2024-03-02T00:00:00Z');
    const cascading = { cascade_updates: true };
    const { body: listed } = await call('GET', '/api/v1/plans/plan/charges/sorted/filters');
    const filterOf = (region: string) =>
      listed.filters.find((filter: { values: { region: string[] } }) => filter.values.region[0] === region).lago_id;
    for (const [path, body] of [
      ['charges/kept', undefined],
      ['charges/gone', { charge: cascading }],
      ['fixed_charges/kept', { fixed_charge: { cascade_updates: false } }],
      ['fixed_charges/gone', { fixed_charge: cascading }],
      [`charges/sorted/filters/${filterOf('eu')}`, { filter: cascading }],
      [`charges/sorted/filters/${filterOf('us')}`, undefined],
    ] as const)
      expect((await call('DELETE', `/api/v1/plans/plan/${path}`, body)).status).toBe(200);
    const codesOf = (prices: { code: string }[]) => prices.map(({ code }) => code);
    const { plan: own } = await read(call);
    expect(codesOf(own.charges)).toEqual(['kept', 'sorted']);
    expect(codesOf(own.fixed_charges)).toEqual(['kept']);
    const sorted = own.charges.find(({ code }: { code: string }) => code === 'sorted');
    expect(sorted.filters.map((filter: { values: object }) => filter.values)).toEqual([{ region: ['us'] }]);
    expect(codesOf((await readPlan(call)).charges)).toEqual(['sorted']);
    await advance(call, '2024-04-01T02:30:00Z');
    const [invoice] = await wholeInvoices(call, 'sub');
    expect(
      invoice.fees.map((fee: { item: { code: string } }) => fee.item.code).filter((code: string) => code === 'gone'),
    ).toEqual([]);
    expect(invoice.fees_amount_cents).toBe(10_000 + 1000 + 100 + 100);
    const unclear = await call('DELETE', '/api/v1/plans/plan/charges/sorted', { charge: { cascade_updates: 'yes' } });
    expect(unclear.body.error_details).toEqual({ cascade_updates: ['value_is_invalid'] });
    expect(codesOf((await readPlan(call)).charges)).toContain('sorted');
  });

  it('hold for a trial of its own, and in a currency of its own', async () => {
    const { call } = await openAt(florin, '2024-03-01T00:00:00Z');
    await stock(call);
    expect(await take(call, 'sub', 'plan', { plan_overrides: { trial_period: 7, amount_currency: 'USD' } })).toMatchObject({
      status: 'trial',
      trial_ends_at: '2024-03-08T00:00:00Z',
      plan_amount_currency: 'USD',
    });
  });

  it('count what was paid at once under the plan before', async () => {
    const { call } = await openAt(florin, '2024-03-01T00:00:00Z');
    const metric = await make(call, '/api/v1/billable_metrics', 'billable_metric', {
      code: 'units',
      name: 'Units',
      aggregation_type: 'sum_agg',
      field_name: 'count',
    });
    const tiers = [
      { from_value: 0, to_value: 10, per_unit_amount: '1', flat_amount: '5' },
      { from_value: 11, to_value: null, per_unit_amount: '1', flat_amount: '0' },
    ];
    const charge = {
      billable_metric_id: metric.lago_id,
      charge_model: 'graduated',
      pay_in_advance: true,
      properties: { graduated_ranges: tiers },
    };
    await sell(call, 'plan', 0, { pay_in_advance: false, charges: [charge] });
    await take(call, 'sub', 'plan');
    await use(call, 'sub', 'units', { count: 2 }, '2024-03-01T10:00:00Z');
    await advance(call, '2024-03-02T00:00:00Z');
    await call('PUT', '/api/v1/subscriptions/sub', { subscription: { plan_overrides: { amount_cents: 1 } } });
    await use(call, 'sub', 'units', { count: 1 }, '2024-03-02T10:00:00Z');
    await advance(call, '2024-03-03T00:00:00Z');
    await bill(call);
    // The flat amount of the tier was paid with the first event.
    expect((await wholeInvoices(call, 'sub')).map((invoice) => invoice.fees_amount_cents).toSorted()).toEqual([100, 700]);
  });
});
