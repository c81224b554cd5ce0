import { expectHealthy } from '../../support/doctor.ts';
import { type Florin, startFlorin, type Tenant } from '../../support/florin.ts';
import { bill, meter, price, send, take } from '../../support/price-list.ts';
import { invoicesOf } from '../../support/shop.ts';

const ranges = (
  name: string,
  rows: readonly (readonly [from: number, to: number | null, price: string, flat: string])[],
  field = 'per_unit_amount',
) => ({
  [name]: rows.map(([from_value, to_value, amount, flat_amount]) => ({ from_value, to_value, [field]: amount, flat_amount })),
});

/** Usage becomes money in every way that Lago knows; the clock is moved over the end of a month. */
describe('a month of usage', () => {
  let florin: Florin;
  let tenant: Tenant;
  beforeAll(async () => {
    florin = await startFlorin();
  });
  afterAll(() => florin.stop());
  beforeEach(async () => {
    tenant = await florin.openOrganization('test');
    await florin.sql.query(`update organizations set virtual_now = '2026-03-01T00:00:00Z' where id = $1`, [tenant.id]);
  });
  afterEach(() => expectHealthy(florin));

  const charges = async () => (await bill(tenant.call, '2026-04-01T01:00:00Z')).filter((fee) => fee.type !== 'subscription');

  it.each([
    ['standard', { amount: '0.125' }, 12513],
    [
      'graduated',
      ranges('graduated_ranges', [
        [0, 5, '10', '100'],
        [6, null, '5', '50'],
      ]),
      518000,
    ],
    [
      'graduated_percentage',
      ranges(
        'graduated_percentage_ranges',
        [
          [0, 10, '1', '200'],
          [11, null, '3', '400'],
        ],
        'rate',
      ),
      62983,
    ],
    [
      'volume',
      ranges('volume_ranges', [
        [0, 100, '2', '10'],
        [101, null, '0.5', '50'],
      ]),
      55050,
    ],
    ['package', { amount: '100', package_size: 10, free_units: 1 }, 1010000 - 10000],
    ['percentage', { rate: '1.3', fixed_amount: '2' }, 1301 + 600],
    [
      'percentage',
      {
        rate: '1',
        fixed_amount: '0',
        free_units_per_events: 1,
        per_transaction_max_amount: '4',
        per_transaction_min_amount: '2',
      },
      600,
    ],
  ])('priced %s by %j', async (charge_model, properties, cents) => {
    await meter(tenant.call, 'use', 'sum');
    await price(tenant.call, [{ metric: 'use', charge_model, properties }]);
    await take(tenant.call);
    await send(tenant.call, [
      { code: 'use', at: '2026-03-02T00:00:00Z', properties: { value: 200 } },
      { code: 'use', at: '2026-03-03T00:00:00Z', properties: { value: 1 } },
      { code: 'use', at: '2026-03-31T23:59:59Z', properties: { value: '800' } },
      { code: 'use', at: '2026-04-01T00:00:00Z', properties: { value: 5000 } },
    ]);
    expect(await charges()).toEqual([{ type: 'charge', name: 'use', units: '1001', cents, events: 3 }]);
  });

  it('priced by what the events say', async () => {
    await meter(tenant.call, 'use', 'sum');
    await price(tenant.call, [{ metric: 'use', charge_model: 'dynamic', properties: {} }]);
    await take(tenant.call);
    await send(tenant.call, [
      { code: 'use', at: '2026-03-02T00:00:00Z', properties: { value: 5 }, precise_total_amount_cents: '1234.56' },
      { code: 'use', at: '2026-03-03T00:00:00Z', properties: { value: 1 }, precise_total_amount_cents: 2.1 },
    ]);
    expect(await charges()).toEqual([{ type: 'charge', name: 'use', units: '6', cents: 1237, events: 2 }]);
  });

  it('has a fee for each filter and each group, and one for what matches none', async () => {
    await meter(tenant.call, 'use', 'sum', {
      filters: [
        { key: 'region', values: ['eu', 'us', 'asia'] },
        { key: 'tier', values: ['gold'] },
      ],
    });
    const plan = await price(tenant.call, [
      {
        metric: 'use',
        charge_model: 'standard',
        properties: { amount: '1', pricing_group_keys: ['team'] },
        filters: [
          { values: { region: ['eu', 'us'] }, properties: { amount: '2' }, invoice_display_name: 'West' },
          {
            values: { region: ['__ALL_FILTER_VALUES__'], tier: ['gold'] },
            properties: { amount: '3', pricing_group_keys: ['team'] },
          },
        ],
      },
    ]);
    await take(tenant.call);
    const use = (properties: object) => ({ code: 'use', at: '2026-03-02T00:00:00Z', properties: { value: 10, ...properties } });
    await send(tenant.call, [
      use({ region: 'eu' }),
      use({ region: 'us', team: 'a' }),
      use({ region: 'eu', tier: 'gold', team: 'a' }),
      use({ region: 'asia', tier: 'gold', team: 'b' }),
      use({ region: 'mars', team: 'a' }),
      use({ team: 'a' }),
      use({}),
    ]);
    await charges();
    const [invoice] = await invoicesOf(tenant.call, 'sub');
    const { fees } = (await tenant.call('GET', `/api/v1/invoices/${invoice.lago_id}`)).body.invoice;
    const [west, gold] = plan.charges[0].filters;
    const rows = fees
      .map(
        (fee: {
          item: { type: string; filters: object; grouped_by: object };
          lago_charge_filter_id: string;
          units: string;
          amount_cents: number;
        }) => [fee.lago_charge_filter_id, fee.item.grouped_by, fee.units, fee.amount_cents],
      )
      .slice(1);
    expect(rows).toEqual([
      [gold.lago_id, { team: 'a' }, '10', 3000],
      [gold.lago_id, { team: 'b' }, '10', 3000],
      [west.lago_id, {}, '20', 4000],
      [null, { team: null }, '10', 1000],
      [null, { team: 'a' }, '20', 2000],
    ]);
    expect(fees[3].item).toMatchObject({ name: 'use (West)', filters: { region: ['eu', 'us'] } });
    expect(invoice.total_amount_cents).toBe(13000);
  });

  it('costs at least its minimum, and the plan at least its commitment, each by the days that are billed', async () => {
    await meter(tenant.call, 'use', 'sum');
    await price(tenant.call, [{ metric: 'use', charge_model: 'standard', properties: { amount: '8' }, min_amount_cents: 1000 }], {
      amount_cents: 3100,
      minimum_commitment: { amount_cents: 100_000, invoice_display_name: 'Promised' },
    });
    await florin.sql.query(`update organizations set virtual_now = '2026-03-22T06:00:00Z' where id = $1`, [tenant.id]);
    await take(tenant.call);
    await send(tenant.call, [{ code: 'use', at: '2026-03-25T06:00:00Z', properties: { value: 0.25 } }]);
    expect(await bill(tenant.call, '2026-04-01T01:00:00Z')).toEqual([
      { type: 'subscription', name: 'Plan', units: '1', cents: 1000, events: 0 },
      { type: 'charge', name: 'use', units: '0.25', cents: 200, events: 1 },
      { type: 'charge', name: 'use', units: '1', cents: 123, events: 0 },
      { type: 'commitment', name: 'Promised', units: '1', cents: 32258 - 1000 - 323, events: 0 },
    ]);
  });

  it('counts on from the month before where the metric recurs, by the days where it is prorated', async () => {
    await meter(tenant.call, 'seats', 'sum', { recurring: true });
    await meter(tenant.call, 'users', 'unique_count', { recurring: true });
    await price(tenant.call, [
      { metric: 'seats', code: 'full', charge_model: 'standard', properties: { amount: '1' } },
      { metric: 'seats', code: 'share', charge_model: 'standard', properties: { amount: '50' }, prorated: true },
      { metric: 'users', charge_model: 'standard', properties: { amount: '1' } },
    ]);
    await take(tenant.call);
    await send(tenant.call, [
      { code: 'seats', at: '2026-03-15T00:00:00Z', properties: { value: 10 } },
      { code: 'seats', at: '2026-04-10T00:00:00Z', properties: { value: 20 } },
      { code: 'seats', at: '2026-04-30T00:00:00Z', properties: { value: 20 } },
      { code: 'users', at: '2026-03-15T00:00:00Z', properties: { value: 'ann' } },
      { code: 'users', at: '2026-03-16T00:00:00Z', properties: { value: 'bob' } },
      { code: 'users', at: '2026-04-16T00:00:00Z', properties: { value: 'bob', operation_type: 'remove' } },
    ]);
    const units = (fees: readonly { units: string }[]) => fees.slice(1).map((fee) => fee.units);
    expect(units(await bill(tenant.call, '2026-04-01T01:00:00Z'))).toEqual(['10', '5.48388', '2']);
    expect(units(await bill(tenant.call, '2026-05-01T01:00:00Z'))).toEqual(['50', '24.66667', '1']);
    expect(units(await bill(tenant.call, '2026-06-01T01:00:00Z'))).toEqual(['50', '50', '1']);
  });

  it('weighs by time, rounds, takes the latest and computes', async () => {
    await meter(tenant.call, 'level', 'weighted_sum', { recurring: true });
    await meter(tenant.call, 'rounded', 'sum', { rounding_function: 'ceil', rounding_precision: -2 });
    await meter(tenant.call, 'gauge', 'latest');
    await meter(tenant.call, 'area', 'sum', { expression: 'round(event.properties.a * event.properties.b, 1)' });
    await price(
      tenant.call,
      ['level', 'rounded', 'gauge', 'area'].map((metric) => ({ metric, charge_model: 'standard', properties: { amount: '1' } })),
    );
    await take(tenant.call);
    await send(tenant.call, [
      { code: 'level', at: '2026-03-05T00:00:00Z', properties: { value: 2500 } },
      { code: 'level', at: '2026-04-04T00:00:00Z', properties: { value: -2000 } },
      { code: 'level', at: '2026-04-06T00:00:00Z', properties: { value: -200 } },
      { code: 'rounded', at: '2026-03-05T00:00:00Z', properties: { value: '123.456' } },
      { code: 'gauge', at: '2026-03-06T00:00:00Z', properties: { value: 3 } },
      { code: 'gauge', at: '2026-03-05T00:00:00Z', properties: { value: 7 } },
      { code: 'area', at: '2026-03-05T00:00:00Z', properties: { a: 1.5, b: '2.5' } },
    ]);
    expect((await charges()).map((fee) => [fee.name, fee.units, fee.cents])).toEqual([
      ['area', '3.8', 380],
      ['gauge', '3', 300],
      ['level', '2177.419354838709677', 217742],
      ['rounded', '200', 20000],
    ]);
    const [, , , level] = await bill(tenant.call, '2026-05-01T01:00:00Z');
    expect([level?.units, level?.cents]).toEqual(['533.333333333333333', 53333]);
  });
});
