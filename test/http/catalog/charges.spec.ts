import { type Florin, startFlorin, type Tenant } from '../../support/florin.ts';
import { meter, price, take } from '../../support/price-list.ts';

describe('the charges of a plan', () => {
  let florin: Florin;
  let tenant: Tenant;
  const metric = '/api/v1/billable_metrics/use';
  const filters = '/api/v1/plans/plan/charges/use/filters';
  beforeAll(async () => {
    florin = await startFlorin();
    tenant = await florin.openOrganization('test');
    await meter(tenant.call, 'use', 'sum', {
      filters: [
        { key: 'region', values: ['eu', 'us'] },
        { key: 'tier', values: ['gold', 'lead'] },
      ],
    });
    await price(tenant.call, [{ metric: 'use', charge_model: 'standard', properties: { amount: '1', grouped_by: ['team'] } }]);
  });
  afterAll(() => florin.stop());

  const charge = async () => (await tenant.call('GET', '/api/v1/plans/plan/charges/use')).body.charge;

  it('knows the older word for grouping keys', async () => {
    expect((await charge()).properties).toEqual({ amount: '1', pricing_group_keys: ['team'] });
  });

  it('adds, changes and removes one filter at a time, and keeps its id', async () => {
    const added = await tenant.call('POST', filters, {
      filter: { values: { region: ['us', 'eu', 'eu'] }, properties: { amount: '2' }, invoice_display_name: 'West' },
    });
    expect(added.body.filter).toMatchObject({
      charge_code: 'use',
      invoice_display_name: 'West',
      values: { region: ['eu', 'us'] },
      properties: { amount: '2' },
    });
    const { lago_id: id } = added.body.filter;
    const changed = await tenant.call('PUT', `${filters}/${id}`, { values: { tier: ['gold'] }, properties: { amount: '3' } });
    expect(changed.body.filter).toEqual({ ...added.body.filter, values: { tier: ['gold'] }, properties: { amount: '3' } });
    expect((await tenant.call('GET', `${filters}/${id}`)).body).toEqual(changed.body);
    expect((await charge()).filters).toMatchObject([{ lago_id: id, values: { tier: ['gold'] } }]);
    expect((await tenant.call('GET', filters)).body.meta.total_count).toBe(1);
    expect((await tenant.call('DELETE', `${filters}/${id}`)).body.filter).toEqual(changed.body.filter);
    expect((await charge()).filters).toEqual([]);
    for (const method of ['GET', 'DELETE'] as const)
      expect((await tenant.call(method, `${filters}/${id}`)).body).toMatchObject({
        status: 404,
        code: 'charge_filter_not_found',
      });
    expect((await tenant.call('PUT', `${filters}/${id}`, { properties: { amount: '1' } })).status).toBe(404);
  });

  it.each([
    [{ values: {}, properties: { amount: '1' } }, { 'filters.0.values': ['value_is_invalid'] }],
    [{ values: { region: ['mars'] }, properties: { amount: '1' } }, { 'filters.0.values': ['value_is_invalid'] }],
    [{ values: { region: ['eu'] }, properties: { amount: '-1' } }, { 'filters.0.properties.amount': ['value_is_out_of_range'] }],
    [{ values: { region: ['eu'] } }, { properties: ['value_is_mandatory'] }],
  ])('refuses the filter %j and stores nothing', async (filter, details) => {
    expect((await tenant.call('POST', filters, { filter })).body).toMatchObject({ status: 422, error_details: details });
    expect((await charge()).filters).toEqual([]);
  });

  it.each([
    [[], 'value_is_invalid', 'graduated_ranges'],
    [[[1, null]], 'first_tier_must_start_at_zero', 'graduated_ranges.0.from_value'],
    [
      [
        [0, 5],
        [8, null],
      ],
      'tiers_leave_a_gap',
      'graduated_ranges.1.from_value',
    ],
    [
      [
        [0, 5],
        [4, null],
      ],
      'tiers_overlap',
      'graduated_ranges.1.from_value',
    ],
    [
      [
        [0, 5],
        [6, 9],
      ],
      'last_tier_must_be_open',
      'graduated_ranges.1.to_value',
    ],
  ] as const)('refuses the tiers %j: %s', async (rows, reason, field) => {
    const answer = await tenant.call('POST', '/api/v1/plans/plan/charges', {
      billable_metric_id: (await tenant.call('GET', metric)).body.billable_metric.lago_id,
      charge_model: 'graduated',
      properties: {
        graduated_ranges: rows.map(([from_value, to_value]) => ({
          from_value,
          to_value,
          per_unit_amount: '1',
          flat_amount: '0',
        })),
      },
    });
    expect(answer.body.error_details).toEqual({ [`properties.${field}`]: [reason] });
  });

  it('keeps its rhythm while somebody is billed by it; its price may change', async () => {
    await take(tenant.call);
    const path = '/api/v1/plans/plan/charges/use';
    const refused = await tenant.call('PUT', path, {
      charge_model: 'package',
      properties: { amount: '1', package_size: 10 },
      pay_in_advance: true,
    });
    expect(refused.body.error_details).toEqual({ charge_model: ['plan_in_use'], pay_in_advance: ['plan_in_use'] });
    const changed = await tenant.call('PUT', path, { properties: { amount: '5' }, min_amount_cents: 100 });
    expect(changed.body.charge).toMatchObject({ properties: { amount: '5' }, min_amount_cents: 100 });
    await tenant.call('POST', filters, { filter: { values: { region: ['eu'] }, properties: { amount: '2' } } });
    const lost = await tenant.call('PUT', metric, { filters: [{ key: 'region', values: ['us'] }] });
    expect(lost.body.error_details).toEqual({ filters: ['value_in_use'] });
    const kept = await tenant.call('PUT', metric, { filters: [{ key: 'region', values: ['eu', 'mars'] }] });
    expect(kept.body.billable_metric.filters).toEqual([{ key: 'region', values: ['eu', 'mars'] }]);
  });

  it('has a commitment that comes and goes', async () => {
    await tenant.call('POST', '/api/v1/taxes', { tax: { code: 'vat', name: 'VAT', rate: 19 } });
    const put = async (minimum_commitment: object | null) =>
      (await tenant.call('PUT', '/api/v1/plans/plan', { minimum_commitment })).body.plan.minimum_commitment;
    expect(await put({ amount_cents: 5000, tax_codes: ['vat'] })).toMatchObject({
      amount_cents: 5000,
      plan_code: 'plan',
      taxes: [{ code: 'vat' }],
    });
    expect(await put({ invoice_display_name: 'Promised' })).toMatchObject({
      amount_cents: 5000,
      invoice_display_name: 'Promised',
    });
    expect(await put({ amount_cents: 0 })).toBeNull();
  });

  it.each([
    ['round((event.properties.b - event.properties.a) * 1.5, 1)', { a: 1, b: '3.25' }, '3.4'],
    ["concat(event.properties.a, '-', event.code)", { a: 'x' }, 'x-use'],
    ['event.timestamp / 60', {}, '29539322'],
  ])('evaluates %s', async (expression, properties, value) => {
    const answer = await tenant.call('POST', '/api/v1/billable_metrics/evaluate_expression', {
      expression,
      event: { code: 'use', timestamp: 1_772_359_320, properties },
    });
    expect(answer.body).toEqual({ expression_result: { value } });
  });

  it.each([
    ['while(1)', {}, { expression: ['unknown_function'] }],
    ['event.properties.a / 0', { a: 1 }, { 'event.properties': ['division_by_zero'] }],
    ['event.properties.b', { a: 1 }, { 'event.properties': ['property_is_missing'] }],
  ])('does not evaluate %s of %j', async (expression, properties, details) => {
    const answer = await tenant.call('POST', '/api/v1/billable_metrics/evaluate_expression', {
      expression,
      event: { properties },
    });
    expect(answer.body).toMatchObject({ status: 422, error_details: details });
  });
});
