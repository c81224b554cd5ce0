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
      to_datetime: '2026-05-01T00:00:00Z',
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
});
