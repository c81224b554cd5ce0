import { type Florin, startFlorin, type Tenant } from '../../support/florin.ts';
import { meter, price, send, take } from '../../support/price-list.ts';
import { advance, invoicesOf } from '../../support/shop.ts';

/** What a customer has used: so far, by the end if it goes on, and before; the same figures as on the invoice. */
describe('usage of a customer', () => {
  let florin: Florin;
  let tenant: Tenant;
  beforeAll(async () => {
    florin = await startFlorin();
    tenant = await florin.openOrganization('test');
    const { call } = tenant;
    await florin.sql.query(`update organizations set virtual_now = '2026-04-01T00:00:00Z'`);
    await meter(call, 'use', 'sum', { filters: [{ key: 'region', values: ['eu', 'us'] }] });
    await meter(call, 'calls', 'count');
    await price(call, [
      {
        metric: 'use',
        charge_model: 'standard',
        properties: { amount: '1', pricing_group_keys: ['team'] },
        filters: [{ values: { region: ['eu'] }, properties: { amount: '2' } }],
        min_amount_cents: 100_000,
      },
      { metric: 'calls', charge_model: 'package', properties: { amount: '5', package_size: 10 } },
    ]);
    await take(call);
    const at = '2026-04-03T00:00:00Z';
    await send(call, [
      { code: 'use', at, properties: { value: 7, team: 'a' } },
      { code: 'use', at, properties: { value: 3, region: 'eu' } },
      ...Array.from({ length: 12 }, () => ({ code: 'calls', at })),
    ]);
  });
  afterAll(() => florin.stop());

  const usage = async (kind: string, more = '') =>
    (await tenant.call('GET', `/api/v1/customers/customer/${kind}?external_subscription_id=sub${more}`)).body;

  it('is shown by charge, filter and group, without its minimum', async () => {
    await advance(tenant.call, '2026-04-10T12:00:00Z');
    const { customer_usage: now } = await usage('current_usage');
    expect(now).toMatchObject({
      from_datetime: '2026-04-01T00:00:00Z',
      to_datetime: '2026-04-30T23:59:59Z',
      lago_invoice_id: null,
      amount_cents: 700 + 600 + 1000,
      charges_usage: [
        {
          units: '12',
          events_count: 12,
          amount_cents: 1000,
          charge: { charge_model: 'package' },
          filters: [],
          grouped_usage: [],
        },
        {
          units: '10',
          events_count: 2,
          amount_cents: 1300,
          billable_metric: { code: 'use', name: 'use', aggregation_type: 'sum_agg' },
          filters: [{ units: '3', amount_cents: 600, values: { region: ['eu'] }, invoice_display_name: 'eu' }],
          grouped_usage: [{ units: '7', amount_cents: 700, grouped_by: { team: 'a' }, filters: [] }],
        },
      ],
    });
    expect((await tenant.call('GET', '/api/v1/subscriptions/sub/usage')).body.usage).toEqual(now);
  });

  it('is projected by the days gone by, at the price of the charge', async () => {
    const { customer_projected_usage: projected } = await usage('projected_usage');
    expect(projected.charges_usage).toMatchObject([
      { units: '12', projected_units: '36', projected_amount_cents: 2000 },
      { units: '10', projected_units: '30', projected_amount_cents: 3900 },
    ]);
    expect(projected.projected_amount_cents).toBe(5900);
  });

  it('is asked by charge, metric and group, with or without taxes', async () => {
    const { call } = tenant;
    await call('POST', '/api/v1/taxes', { tax: { code: 'vat', name: 'VAT', rate: '10', applied_to_organization: true } });
    const all = (await usage('current_usage')).customer_usage;
    expect([all.amount_cents, all.taxes_amount_cents, all.total_amount_cents]).toEqual([2300, 230, 2530]);
    const untaxed = (await usage('current_usage', '&apply_taxes=false')).customer_usage;
    expect([untaxed.taxes_amount_cents, untaxed.total_amount_cents]).toEqual([0, 2300]);
    const [packaged, used] = all.charges_usage;
    const amounts = async (more: string) => {
      const { customer_usage: some } = await usage('current_usage', more);
      return some.charges_usage.map((charge: { amount_cents: number }) => charge.amount_cents);
    };
    expect(await amounts(`&charge_id=${packaged.charge.lago_id}`)).toEqual([1000]);
    expect(await amounts(`&filter_by_charge_id=${used.charge.lago_id}`)).toEqual([1300]);
    expect(await amounts('&billable_metric_code=use')).toEqual([1300]);
    expect(await amounts('&charge_code=nothing')).toEqual([]);
    expect(await amounts('&billable_metric_code=use&group[team]=a')).toEqual([700]);
    expect(await amounts('&billable_metric_code=use&filter_by_group[team]=b')).toEqual([]);
    const { customer_projected_usage: projected } = await usage('projected_usage', '&billable_metric_code=use');
    expect(projected.charges_usage[0]).toMatchObject({
      filters: [{ units: '3', projected_units: '9', projected_amount_cents: 1800 }],
      grouped_usage: [{ units: '7', projected_units: '21', projected_amount_cents: 2100 }],
    });
    expect((await usage('current_usage', '&full_usage=true')).error_details).toEqual({ full_usage: ['unsupported_value'] });
    expect((await usage('current_usage', '&group=a')).error_details).toEqual({ group: ['value_is_invalid'] });
    await call('PUT', '/api/v1/taxes/vat', { tax: { applied_to_organization: false } });
  });

  it('of billed periods is what their invoices say', async () => {
    const { customer_usage: before } = await usage('current_usage');
    await advance(tenant.call, '2026-06-01T01:00:00Z');
    const [, april] = await invoicesOf(tenant.call, 'sub');
    const { usage_periods: periods, meta } = await usage('past_usage');
    expect(meta.total_count).toBe(2);
    expect(periods[1]).toEqual({ ...before, lago_invoice_id: april.lago_id });
    expect(periods[0]).toMatchObject({ amount_cents: 0, from_datetime: '2026-05-01T00:00:00Z' });
    const calls = await usage('past_usage', '&billable_metric_code=calls&periods_count=1');
    expect(calls.usage_periods).toHaveLength(1);
    expect(calls.usage_periods[0].charges_usage).toHaveLength(1);
    expect((await usage('past_usage', '&periods_count=0')).error_details).toEqual({ periods_count: ['value_is_out_of_range'] });
  });

  it('shows what is paid at once, of a whole year where only fixed charges are monthly', async () => {
    const { call, id } = await florin.openOrganization('test');
    await florin.sql.query(`update organizations set virtual_now = '2026-04-10T00:00:00Z' where id = $1`, [id]);
    await meter(call, 'calls', 'count');
    await meter(call, 'use', 'sum');
    const standard = { charge_model: 'standard', properties: { amount: '2' } };
    await price(
      call,
      [
        { metric: 'calls', ...standard, pay_in_advance: true },
        { metric: 'use', ...standard },
      ],
      { interval: 'yearly', bill_fixed_charges_monthly: true },
    );
    await take(call);
    await send(call, [
      { code: 'calls', at: '2026-04-11T00:00:00Z' },
      { code: 'calls', at: '2026-05-11T00:00:00Z' },
      { code: 'use', at: '2026-04-12T00:00:00Z', properties: { value: 3 } },
    ]);
    await advance(call, '2026-06-10T00:00:00Z');
    const { body } = await call('GET', '/api/v1/customers/customer/current_usage?external_subscription_id=sub');
    expect(body.customer_usage).toMatchObject({
      from_datetime: '2026-04-10T00:00:00Z',
      to_datetime: '2026-12-31T23:59:59Z',
      charges_usage: [
        { units: '2', amount_cents: 400, billable_metric: { code: 'calls' } },
        { units: '3', amount_cents: 600, billable_metric: { code: 'use' } },
      ],
    });
  });
});
