import { randomUUID } from 'node:crypto';
import { Client } from 'lago-javascript-client';
import { type Florin, startFlorin, type Tenant } from '../../support/florin.ts';

describe('plans', () => {
  let florin: Florin;
  let tenant: Tenant;
  let calls: string;
  let storage: string;
  let seat: string;
  beforeAll(async () => {
    florin = await startFlorin();
    tenant = await florin.openOrganization();
    await tenant.call('POST', '/api/v1/taxes', { tax: { code: 'vat', name: 'VAT', rate: 19 } });
    calls = await make('billable_metrics', 'billable_metric', { code: 'calls', name: 'Calls', aggregation_type: 'count_agg' });
    storage = await make('billable_metrics', 'billable_metric', {
      code: 'storage',
      name: 'GB',
      aggregation_type: 'sum_agg',
      field_name: 'gb',
    });
    seat = await make('add_ons', 'add_on', { code: 'seat', name: 'Seat', amount_cents: 1250, amount_currency: 'USD' });
    await make('add_ons', 'add_on', { code: 'yen', name: 'Yen', amount_cents: 500, amount_currency: 'JPY' });
  });
  afterAll(() => florin.stop());

  const make = async (resource: string, root: string, input: object): Promise<string> => {
    const { status, body } = await tenant.call('POST', `/api/v1/${resource}`, { [root]: input });
    expect({ status, body }).toMatchObject({ status: 200 });
    return body[root].id;
  };
  const base = { name: 'Pro', interval: 'monthly', amount_cents: 4900, amount_currency: 'USD', pay_in_advance: false };
  const standard = (billable_metric_id: string, amount = '1') => ({
    billable_metric_id,
    charge_model: 'standard',
    properties: { amount },
  });
  const stored = async () =>
    Promise.all(
      ['plans', 'charges', 'fixed_charges', 'plan_taxes', 'charge_taxes', 'outbox_events'].map(
        async (table) => (await florin.sql.query(`select to_jsonb(t) from ${table} t order by 1`)).rows,
      ),
    );
  const charges = async (code: string): Promise<Record<string, unknown>[]> =>
    (await tenant.call('GET', `/api/v1/plans/${code}`)).body.plan.charges;
  const subscribe = async (planId: string, status: string): Promise<string> => {
    const id = randomUUID();
    const customer = await make('customers', 'customer', { external_id: id });
    await florin.sql.query(
      `with stream as (insert into usage_streams (organization_id, external_subscription_id) values ($1, $2::text) returning id)
       insert into subscriptions (organization_id, id, external_id, customer_id, plan_id, stream_id, status, billing_time, billing_timezone,
         payment_provider, subscription_at, created_at, updated_at)
       select $1, $2::uuid, $2::text, $3, $4, stream.id, $5, 'calendar', 'UTC', 'MANUAL', now(), now(), now() from stream`,
      [tenant.id, id, customer, planId, status],
    );
    return id;
  };

  it('creates one with charges, fixed charges and taxes, every amount exact', async () => {
    const answer = await tenant.call(
      'POST',
      '/api/v1/plans',
      `{"plan": {"code": "pro", "name": "Pro", "interval": "monthly", "amount_cents": 9007199254740991, "amount_currency": "USD", "trial_period": 14,
        "description": "For teams", "tax_codes": ["vat"],
        "charges": [
          {"billable_metric_id": "${calls}", "charge_model": "standard", "properties": {"amount": "0.1"}, "tax_codes": ["vat"]},
          {"billable_metric_id": "${calls}", "charge_model": "standard", "properties": {"amount": 12345678901234.123456789012345}},
          {"billable_metric_id": "${storage}", "code": "disk", "invoice_display_name": "Disk", "charge_model": "standard", "properties": {"amount": "3.00"}}],
        "fixed_charges": [
          {"add_on_id": "${seat}", "units": 2.000000000000001},
          {"add_on_code": "seat", "charge_model": "standard", "units": "3", "prorated": false, "properties": {"amount": "0.000000000000001"}},
          {"add_on_code": "yen", "properties": {"amount": "5"}}]}}`,
    );
    expect(answer.status).toBe(200);
    const { plan } = answer.body;
    expect(plan).toMatchObject({
      id: plan.lago_id,
      code: 'pro',
      interval: 'monthly',
      amount_cents: 9007199254740991,
      trial_period: 14,
      description: 'For teams',
      pay_in_advance: false,
      taxes: [{ code: 'vat' }],
      charges: [
        {
          code: 'calls',
          billable_metric_code: 'calls',
          lago_billable_metric_id: calls,
          properties: { amount: '0.1' },
          taxes: [{ code: 'vat' }],
        },
        { code: 'calls_2', properties: { amount: '12345678901234.123456789012345' }, status: 'active', taxes: [] },
        { code: 'disk', billable_metric_code: 'storage', invoice_display_name: 'Disk', properties: { amount: '3' } },
      ],
      fixed_charges: [
        {
          code: 'seat',
          add_on_code: 'seat',
          lago_add_on_id: seat,
          units: 2.000000000000001,
          properties: { amount: '12.5' },
          prorated: true,
        },
        { code: 'seat_2', units: 3, properties: { amount: '0.000000000000001' }, prorated: false, status: 'active' },
        { code: 'yen', units: 0, properties: { amount: '5' } },
      ],
    });
    const { rows } = await florin.sql.query(`select amount_cents::text as cents,
      (select array_agg(properties ->> 'amount' order by id) from charges where plan_id = p.id) as charges,
      (select array_agg(units::text order by id) from fixed_charges where plan_id = p.id) as units from plans p where code = 'pro'`);
    expect(rows).toEqual([
      {
        cents: '9007199254740991',
        charges: ['0.1', '12345678901234.123456789012345', '3'],
        units: ['2.000000000000001', '3.000000000000000', '0.000000000000000'],
      },
    ]);
    expect((await tenant.call('GET', '/api/v1/plans/pro')).body).toEqual(answer.body);
    expect((await tenant.call('GET', `/api/v1/plans/${plan.id}`)).body).toEqual(answer.body);
    const told = await florin.sql.query('select type, payload from outbox_events where object_id = $1', [plan.id]);
    expect(told.rows).toEqual([{ type: 'plan.created', payload: plan }]);
  });

  it.each([
    [{ code: undefined }, { code: ['value_is_mandatory'] }],
    [{ name: undefined }, { name: ['value_is_mandatory'] }],
    [{ interval: undefined }, { interval: ['value_is_mandatory'] }],
    [{ interval: 'daily' }, { interval: ['value_is_invalid'] }],
    [{ amount_cents: undefined }, { amount_cents: ['value_is_mandatory'] }],
    [{ amount_cents: 49.5 }, { amount_cents: ['value_is_invalid'] }],
    [{ amount_cents: '4900' }, { amount_cents: ['value_is_invalid'] }],
    [{ amount_cents: -1 }, { amount_cents: ['value_is_invalid'] }],
    [{ amount_currency: undefined }, { amount_currency: ['value_is_mandatory'] }],
    [{ amount_currency: 'BTC' }, { amount_currency: ['value_is_invalid'] }],
    [{ pay_in_advance: 'yes' }, { pay_in_advance: ['value_is_invalid'] }],
    [{ trial_period: 1.5 }, { trial_period: ['value_is_invalid'] }],
    [{ trial_period: -1 }, { trial_period: ['value_is_out_of_range'] }],
    [{ minimum_commitment: { amount_cents: -1 } }, { 'minimum_commitment.amount_cents': ['value_is_invalid'] }],
    [{ minimum_commitment: { amount_cents: 1, tax_codes: ['nope'] } }, { tax_codes: ['tax_not_found'] }],
    [{ bill_charges_monthly: true }, { bill_charges_monthly: ['value_is_invalid'] }],
    [{ bill_fixed_charges_monthly: true }, { bill_fixed_charges_monthly: ['value_is_invalid'] }],
    [{ usage_thresholds: [{ amount_cents: 1 }] }, { usage_thresholds: ['unsupported_value'] }],
    [{ tax_codes: ['nope'] }, { tax_codes: ['tax_not_found'] }],
    [{ colour: 'red' }, { colour: ['unknown_field'] }],
    [{ code: 'pro' }, { code: ['value_already_exist'] }],
  ])('refuses %j', async (wrong, error_details) => {
    const before = await stored();
    const answer = await tenant.call('POST', '/api/v1/plans', { plan: { ...base, code: 'new', ...wrong } });
    expect(answer.body).toMatchObject({ status: 422, code: 'validation_errors' });
    expect(answer.body.error_details).toEqual(error_details);
    expect(await stored()).toEqual(before);
  });

  it.each([
    ['charges', null, { charges: ['value_is_invalid'], 'charges.0': ['value_is_invalid'] }],
    ['charges', [], { charges: ['value_is_invalid'] }],
    [
      'charges',
      {},
      {
        'charges.0.billable_metric_id': ['value_is_mandatory'],
        'charges.0.charge_model': ['value_is_mandatory'],
        'charges.0.properties': ['value_is_mandatory'],
      },
    ],
    [
      'charges',
      { charge_model: 'graduated', properties: { graduated_ranges: [] } },
      { 'charges.0.properties.graduated_ranges': ['value_is_invalid'] },
    ],
    ['charges', { charge_model: 'custom' }, { 'charges.0.charge_model': ['unsupported_value'] }],
    ['charges', { properties: {} }, { 'charges.0.properties.amount': ['value_is_mandatory'] }],
    ['charges', { properties: [] }, { 'charges.0.properties': ['value_is_invalid'] }],
    ['charges', { properties: { amount: '-1' } }, { 'charges.0.properties.amount': ['value_is_out_of_range'] }],
    ['charges', { properties: { amount: '1000000000000000' } }, { 'charges.0.properties.amount': ['value_is_invalid'] }],
    ['charges', { properties: { amount: 'NaN' } }, { 'charges.0.properties.amount': ['value_is_invalid'] }],
    ['charges', { properties: { amount: '0.0000000000000001' } }, { 'charges.0.properties.amount': ['value_is_invalid'] }],
    ['charges', { properties: { amount: '1', rate: '2' } }, { 'charges.0.properties.rate': ['unknown_field'] }],
    [
      'charges',
      { properties: { amount: '1', pricing_group_keys: 'a' } },
      { 'charges.0.properties.pricing_group_keys': ['value_is_invalid'] },
    ],
    ['charges', { invoiceable: false }, { 'charges.0.invoiceable': ['not_compatible_with_pay_in_arrears'] }],
    ['charges', { prorated: true }, { 'charges.0.prorated': ['invalid_billable_metric_or_charge_model'] }],
    ['charges', { min_amount_cents: 1.5 }, { 'charges.0.min_amount_cents': ['value_is_invalid'] }],
    ['charges', { filters: [{ values: {} }] }, { 'charges.0.filters.0.properties': ['value_is_mandatory'] }],
    [
      'charges',
      { filters: [{ values: { region: ['eu'] }, properties: { amount: 'free' } }] },
      { 'charges.0.filters.0.values': ['value_is_invalid'], 'charges.0.filters.0.properties.amount': ['value_is_invalid'] },
    ],
    [
      'charges',
      { pay_in_advance: true, min_amount_cents: 5 },
      { 'charges.0.min_amount_cents': ['not_compatible_with_pay_in_advance'] },
    ],
    ['charges', { charge_model: 'dynamic', properties: {} }, { 'charges.0.charge_model': ['invalid_aggregation_type'] }],
    ['charges', { billable_metric_id: 'calls' }, { 'charges.0.billable_metric_id': ['value_is_invalid'] }],
    ['charges', { tax_codes: ['nope'] }, { tax_codes: ['tax_not_found'] }],
    ['fixed_charges', null, { fixed_charges: ['value_is_invalid'], 'fixed_charges.0': ['value_is_invalid'] }],
    ['fixed_charges', { add_on_id: undefined }, { 'fixed_charges.0.add_on_id': ['value_is_mandatory'] }],
    [
      'fixed_charges',
      { charge_model: 'volume', properties: { volume_ranges: [] } },
      { 'fixed_charges.0.properties.volume_ranges': ['value_is_invalid'] },
    ],
    ['fixed_charges', { units: '-1' }, { 'fixed_charges.0.units': ['value_is_invalid'] }],
    [
      'fixed_charges',
      { units: '999999999999999', properties: { amount: '1000' } },
      { 'fixed_charges.0.units': ['value_is_out_of_range'] },
    ],
    ['fixed_charges', { units: null }, { 'fixed_charges.0.units': ['value_is_invalid'] }],
    ['fixed_charges', { pay_in_advance: 1 }, { 'fixed_charges.0.pay_in_advance': ['value_is_invalid'] }],
    ['fixed_charges', { apply_units_immediately: 1 }, { 'fixed_charges.0.apply_units_immediately': ['value_is_invalid'] }],
    [
      'fixed_charges',
      { add_on_id: undefined, add_on_code: 'yen' },
      { 'fixed_charges.0.add_on_code': ['currencies_does_not_match'] },
    ],
  ])('refuses among %s %j', async (list, wrong, error_details) => {
    const good = list === 'charges' ? standard(calls) : { add_on_id: seat, units: '1' };
    const item = wrong === null || Object.keys(wrong).length === 0 ? wrong : { ...good, ...wrong };
    const before = await stored();
    const answer = await tenant.call('POST', '/api/v1/plans', { plan: { ...base, code: 'new', [list]: [item] } });
    expect(answer.body).toMatchObject({ status: 422, code: 'validation_errors' });
    expect(answer.body.error_details).toEqual(error_details);
    expect(await stored()).toEqual(before);
  });

  it('refuses unknown metrics and add-ons, and one code twice', async () => {
    const before = await stored();
    const metric = await tenant.call('POST', '/api/v1/plans', { ...base, code: 'new', charges: [standard(randomUUID())] });
    expect(metric.body).toMatchObject({ status: 404, code: 'billable_metric_not_found' });
    const addOn = await tenant.call('POST', '/api/v1/plans', { ...base, code: 'new', fixed_charges: [{ add_on_code: 'nope' }] });
    expect(addOn.body).toMatchObject({ status: 404, code: 'add_on_not_found' });
    const twice = [standard(calls), standard(storage)].map((charge) => ({ ...charge, code: 'one' }));
    const answer = await tenant.call('POST', '/api/v1/plans', { ...base, code: 'new', charges: twice });
    expect(answer.body.error_details).toEqual({ 'charges.1.code': ['value_already_exist'] });
    expect(await stored()).toEqual(before);
  });

  it('replaces its charges by id, code and default code; what is not listed is deleted, and its code is free', async () => {
    const { body } = await tenant.call('POST', '/api/v1/plans', {
      plan: {
        ...base,
        code: 'list',
        charges: [standard(calls), { ...standard(storage), code: 'disk' }, { ...standard(calls), code: 'gone' }],
      },
    });
    const [first, disk, gone] = body.plan.charges;
    const put = await tenant.call('PUT', '/api/v1/plans/list', {
      plan: {
        charges: [
          { id: first.id, code: 'renamed', properties: { amount: '2' }, tax_codes: ['vat'] },
          { ...standard(storage, '0.5'), code: 'disk' },
          standard(storage, '7'),
        ],
      },
    });
    expect(put.status).toBe(200);
    expect(put.body.plan).toMatchObject({ name: 'Pro', amount_cents: 4900 });
    const after = put.body.plan.charges;
    expect(after).toMatchObject([
      { id: first.id, code: 'renamed', properties: { amount: '2' }, status: 'active', taxes: [{ code: 'vat' }] },
      { id: disk.id, code: 'disk', properties: { amount: '0.5' }, status: 'active' },
      { code: 'storage', properties: { amount: '7' }, status: 'active' },
    ]);
    const again = await tenant.call('PUT', '/api/v1/plans/list', {
      charges: [{ id: first.id }, { code: 'disk' }, standard(storage, '7')],
    });
    expect(again.body.plan.charges).toEqual(after.map((charge: object) => ({ ...charge, updated_at: expect.any(String) })));
    const before = await stored();
    for (const [item, details] of [
      [{ id: gone.id }, { 'charges.0.id': ['value_is_invalid'] }],
      [{ id: randomUUID() }, { 'charges.0.id': ['value_is_invalid'] }],
      [{ id: disk.id, code: 'renamed' }, { 'charges.0.code': ['value_already_exist'] }],
      [{ ...standard(calls), code: 'disk' }, { 'charges.0.billable_metric_id': ['value_is_invalid'] }],
      [{ code: 'new' }, { 'charges.0.billable_metric_id': ['value_is_mandatory'] }],
      [{ code: 'new', billable_metric_id: calls }, { 'charges.0.properties': ['value_is_mandatory'] }],
    ] as const) {
      const answer = await tenant.call('PUT', '/api/v1/plans/list', { name: 'Changed', charges: [item] });
      expect(answer.body).toMatchObject({ status: 422 });
      expect(answer.body.error_details).toEqual(details);
    }
    expect(await stored()).toEqual(before);
    const reused = await tenant.call('POST', '/api/v1/plans/list/charges', { charge: { ...standard(calls), code: 'gone' } });
    expect(reused.body.charge).toMatchObject({ code: 'gone', status: 'active' });
    expect(reused.body.charge.id).not.toBe(gone.id);
  });

  it('adds, changes and deletes one charge at a time', async () => {
    await make('plans', 'plan', { ...base, code: 'single', charges: [standard(calls)] });
    const added = await tenant.call('POST', '/api/v1/plans/single/charges', { charge: standard(calls, '9') });
    expect(added.body.charge).toMatchObject({ code: 'calls_2', properties: { amount: '9' }, status: 'active' });
    const taken = await tenant.call('POST', '/api/v1/plans/single/charges', { charge: { ...standard(calls), code: 'calls' } });
    expect(taken.body.error_details).toEqual({ code: ['value_already_exist'] });
    const changed = await tenant.call('PATCH', '/api/v1/plans/single/charges/calls_2', {
      charge: { invoice_display_name: 'Calls', tax_codes: ['vat'] },
    });
    expect(changed.body.charge).toMatchObject({
      invoice_display_name: 'Calls',
      properties: { amount: '9' },
      taxes: [{ code: 'vat' }],
    });
    const other = await tenant.call('PUT', '/api/v1/plans/single/charges/calls_2', { billable_metric_id: storage });
    expect(other.body.error_details).toEqual({ billable_metric_id: ['value_is_invalid'] });
    const removed = await tenant.call('DELETE', `/api/v1/plans/single/charges/${added.body.charge.id}`);
    expect(removed.body.charge).toMatchObject({ code: 'calls_2', status: 'inactive' });
    for (const [method, named] of [
      ['GET', 'calls_2'],
      ['PATCH', 'calls_2'],
      ['DELETE', added.body.charge.id],
    ] as const)
      expect(
        (await tenant.call(method, `/api/v1/plans/single/charges/${named}`, method === 'PATCH' ? { code: 'back' } : undefined))
          .body,
      ).toMatchObject({
        status: 404,
        code: 'charge_not_found',
      });
    const list = await tenant.call('GET', '/api/v1/plans/single/charges');
    expect(list.body.meta.total_count).toBe(1);
    expect((await charges('single')).map((charge) => charge['code'])).toEqual(['calls']);
    expect((await tenant.call('POST', '/api/v1/plans/single/charges', { charge: standard(calls) })).body.charge.code).toBe(
      'calls_2',
    );
    expect((await tenant.call('GET', '/api/v1/plans/single/charges/nope')).status).toBe(404);
    expect((await tenant.call('POST', '/api/v1/plans/nope/charges', { charge: standard(calls) })).body.code).toBe(
      'plan_not_found',
    );
  });

  it('adds, changes and deletes one fixed charge at a time', async () => {
    await make('plans', 'plan', { ...base, code: 'fixed' });
    const path = '/api/v1/plans/fixed/fixed_charges';
    expect((await tenant.call('POST', path, { add_on_code: 'seat', units: '1.5' })).body.fixed_charge).toMatchObject({
      code: 'seat',
      units: 1.5,
    });
    expect((await tenant.call('PATCH', `${path}/seat`, { units: 4 })).body.fixed_charge).toMatchObject({
      units: 4,
      properties: { amount: '12.5' },
    });
    expect((await tenant.call('PUT', `${path}/seat`, { add_on_code: 'yen' })).body.error_details).toEqual({
      add_on_code: ['value_is_invalid'],
    });
    expect((await tenant.call('DELETE', `${path}/seat`)).body.fixed_charge.status).toBe('inactive');
    expect((await tenant.call('DELETE', '/api/v1/add_ons/seat')).body).toMatchObject({
      status: 409,
      error_details: { add_on: ['in_use'] },
    });
  });

  it('keeps the two charges that arrive at once apart', async () => {
    await make('plans', 'plan', { ...base, code: 'race' });
    const answers = await Promise.all(
      [1, 2, 3].map(() => tenant.call('POST', '/api/v1/plans/race/charges', { charge: standard(calls) })),
    );
    expect(answers.map((answer) => answer.body.charge?.code).toSorted()).toEqual(['calls', 'calls_2', 'calls_3']);
  });

  it('keeps interval and currency while a subscription is live, and stays as long as it has one', async () => {
    const id = await make('plans', 'plan', {
      ...base,
      code: 'live',
      charges: [{ ...standard(calls), tax_codes: ['vat'] }],
      tax_codes: ['vat'],
    });
    const subscription = await subscribe(id, 'PENDING');
    const before = await stored();
    const change = await tenant.call('PATCH', '/api/v1/plans/live', {
      interval: 'yearly',
      amount_currency: 'EUR',
      name: 'Other',
    });
    expect(change.body).toMatchObject({
      status: 422,
      error_details: { interval: ['plan_in_use'], amount_currency: ['plan_in_use'] },
    });
    const inUse = { status: 409, code: 'conflict', error_details: { plan: ['in_use'] } };
    expect((await tenant.call('DELETE', '/api/v1/plans/live')).body).toMatchObject(inUse);
    expect(await stored()).toEqual(before);
    const price = await tenant.call('PATCH', '/api/v1/plans/live', { amount_cents: 1, interval: 'monthly', trial_period: null });
    expect(price.body.plan).toMatchObject({ amount_cents: 1, name: 'Pro', trial_period: 0 });
    await florin.sql.query(`update subscriptions set status = 'TERMINATED', terminated_at = now() where id = $1`, [subscription]);
    expect((await tenant.call('PATCH', '/api/v1/plans/live', { interval: 'yearly' })).body.plan.interval).toBe('yearly');
    expect((await tenant.call('DELETE', '/api/v1/plans/live')).body).toMatchObject(inUse);
  });

  it('goes with all that hangs on it when nobody took it', async () => {
    const id = await make('plans', 'plan', {
      ...base,
      code: 'bye',
      tax_codes: ['vat'],
      charges: [{ ...standard(calls), tax_codes: ['vat'] }],
      fixed_charges: [{ add_on_code: 'seat', units: 1 }],
    });
    const { body } = await tenant.call('DELETE', '/api/v1/plans/bye');
    expect(body.plan).toMatchObject({ id, charges: [{ code: 'calls' }], fixed_charges: [{ code: 'seat' }] });
    expect((await tenant.call('GET', '/api/v1/plans/bye')).body).toMatchObject({ status: 404, code: 'plan_not_found' });
    const { rows } = await florin.sql.query('select type from outbox_events where object_id = $1 order by id', [id]);
    expect(rows.map((row) => row.type)).toEqual(['plan.created', 'plan.deleted']);
  });

  it("answers 404 for another tenant's plan, metric and add-on", async () => {
    const stranger = await florin.openOrganization('live', 'Stranger');
    const { id } = (await tenant.call('GET', '/api/v1/plans/pro')).body.plan;
    const before = await stored();
    for (const [method, path, body] of [
      ['GET', id, undefined],
      ['GET', 'pro', undefined],
      ['PATCH', id, { name: 'Mine' }],
      ['DELETE', id, undefined],
      ['GET', `${id}/charges`, undefined],
      ['POST', `${id}/charges`, standard(calls)],
      ['DELETE', `${id}/charges/calls`, undefined],
    ] as const)
      expect((await stranger.call(method, `/api/v1/plans/${path}`, body)).body).toMatchObject({
        status: 404,
        code: 'plan_not_found',
      });
    const theirs = { ...base, code: 'theirs' };
    expect((await stranger.call('POST', '/api/v1/plans', { ...theirs, charges: [standard(calls)] })).body.code).toBe(
      'billable_metric_not_found',
    );
    expect((await stranger.call('POST', '/api/v1/plans', { ...theirs, fixed_charges: [{ add_on_id: seat }] })).body.code).toBe(
      'add_on_not_found',
    );
    expect((await stranger.call('POST', '/api/v1/plans', { ...theirs, tax_codes: ['vat'] })).body.error_details).toEqual({
      tax_codes: ['tax_not_found'],
    });
    expect(await stored()).toEqual(before);
  });

  it('serves the official client', async () => {
    const client = Client(tenant.key, { baseUrl: `${florin.url}/api/v1` });
    const { data } = await client.plans.createPlan({
      plan: {
        code: 'lago',
        name: 'Lago',
        interval: 'quarterly',
        amount_cents: 10000,
        amount_currency: 'USD',
        pay_in_advance: false,
        bill_charges_monthly: null,
        trial_period: 0,
        usage_thresholds: [],
        tax_codes: ['vat'],
        charges: [
          {
            billable_metric_id: calls,
            charge_model: 'standard',
            pay_in_advance: false,
            invoiceable: true,
            prorated: false,
            min_amount_cents: 0,
            properties: { amount: '0.22' },
            filters: [],
          },
        ],
        fixed_charges: [{ add_on_id: seat, units: 5, charge_model: 'standard', properties: { amount: '10' } }],
      },
    });
    expect(data.plan).toMatchObject({
      code: 'lago',
      charges: [{ properties: { amount: '0.22' } }],
      fixed_charges: [{ units: 5 }],
    });
    const updated = await client.plans.updatePlan('lago', {
      plan: {
        name: 'Lago 2',
        cascade_updates: true,
        charges: [
          {
            id: data.plan.charges?.[0]?.lago_id ?? '',
            billable_metric_id: calls,
            charge_model: 'standard',
            properties: { amount: '0.3' },
          },
        ],
      },
    });
    expect(updated.data.plan).toMatchObject({
      name: 'Lago 2',
      charges: [{ properties: { amount: '0.3' } }],
      fixed_charges: [{ code: 'seat' }],
    });
    const charge = { billable_metric_id: storage, charge_model: 'standard' as const, properties: { amount: '1' } };
    expect((await client.plans.createPlanCharge('lago', { charge })).data.charge.code).toBe('storage');
    expect((await client.plans.findAllPlanCharges('lago')).data.charges).toHaveLength(2);
    const price = { charge: { properties: { amount: '2' }, cascade_updates: false } };
    expect((await client.plans.updatePlanCharge('lago', 'storage', price)).data.charge.properties).toEqual({ amount: '2' });
    await client.plans.destroyPlanCharge('lago', 'storage', { charge: { cascade_updates: false } });
    expect((await client.plans.findPlan('lago')).data.plan.code).toBe('lago');
    expect((await client.plans.findAllPlans({ per_page: 1 })).data.plans).toHaveLength(1);
    expect((await client.plans.destroyPlan('lago')).data.plan.lago_id).toBe(data.plan.lago_id);
    await expect(client.plans.findPlan('lago')).rejects.toMatchObject({ status: 404, error: { code: 'plan_not_found' } });
  });
});
