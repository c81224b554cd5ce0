import { expectHealthy } from '../../support/doctor.ts';
import { type Florin, startFlorin, type Tenant } from '../../support/florin.ts';
import { bill, meter, price, send, take } from '../../support/price-list.ts';
import { until } from '../../support/processes.ts';
import { advance, invoicesOf } from '../../support/shop.ts';

/** Charges that are paid in advance: an event is a fee at once, exactly one. */
describe('usage that is paid in advance', () => {
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

  interface Row {
    readonly units: string;
    readonly cents: string;
    readonly transaction: string;
    readonly invoice: string | null;
  }
  const charged = async (): Promise<Row[]> => {
    const { rows } = await florin.sql.query(
      `select trim_scale(units)::text as units, amount_cents::text as cents, event_transaction_id as transaction, invoice_id as invoice from fees
        where organization_id = $1 and event_transaction_id is not null order by id`,
      [tenant.id],
    );
    return rows as Row[];
  };
  const chargedInTheEnd = async (count: number): Promise<Row[]> => {
    await until(`${count} charged events`, async () => (await charged()).length >= count);
    return charged();
  };
  const amounts = (rows: readonly Row[]) => rows.map((row) => Number(row.cents));

  it.each([
    ['standard', { amount: '1' }, [10, -4, 8], [1000, 0, 400], ['10', '0', '4']],
    ['package', { amount: '100', package_size: 2, free_units: 3 }, [3, 1, 2], [0, 10000, 10000], ['3', '1', '2']],
    [
      'graduated_percentage',
      {
        graduated_percentage_ranges: [
          { from_value: 0, to_value: 100, rate: '20', flat_amount: '10' },
          { from_value: 101, to_value: 200, rate: '30', flat_amount: '7' },
          { from_value: 201, to_value: null, rate: '40', flat_amount: '5' },
        ],
      },
      [50, 100, 300],
      [2000, 3200, 12000],
      ['50', '100', '300'],
    ],
    [
      'percentage',
      { rate: '1', fixed_amount: '0.5', per_transaction_min_amount: '1.75', per_transaction_max_amount: '2' },
      [100, 1000, 10000, 333],
      [175, 200, 200, 200],
      ['100', '1000', '10000', '333'],
    ],
  ])('priced %s by %j: events of %j cost %j', async (charge_model, properties, values, cents, units) => {
    await meter(tenant.call, 'use', 'sum');
    await price(tenant.call, [{ metric: 'use', charge_model, properties, pay_in_advance: true }]);
    await take(tenant.call);
    for (const [i, value] of values.entries()) {
      await send(tenant.call, [{ code: 'use', at: `2026-03-0${i + 2}T00:00:00Z`, properties: { value } }]);
      await chargedInTheEnd(i + 1);
    }
    const rows = await charged();
    expect(amounts(rows)).toEqual(cents);
    expect(rows.map((row) => row.units)).toEqual(units);
    expect(new Set(rows.map((row) => row.invoice)).size).toBe(values.length);
    expect(await bill(tenant.call, '2026-04-01T01:00:00Z')).toEqual([
      { type: 'subscription', name: 'Plan', units: '1', cents: 0, events: 0 },
    ]);
  });

  it('renews what recurs by its rate: it is no transaction, so none is free by number, lifted or capped', async () => {
    await meter(tenant.call, 'kept', 'sum', { recurring: true });
    const properties = { rate: '1', fixed_amount: '0.5', free_units_per_events: 1, per_transaction_min_amount: '5' };
    await price(tenant.call, [{ metric: 'kept', charge_model: 'percentage', properties, pay_in_advance: true }]);
    await take(tenant.call);
    for (const [i, value] of [100, 200].entries()) {
      await send(tenant.call, [{ code: 'kept', at: `2026-03-0${i + 2}T00:00:00Z`, properties: { value } }]);
      await chargedInTheEnd(i + 1);
    }
    expect(amounts(await charged())).toEqual([0, 500]);
    expect((await bill(tenant.call, '2026-04-01T01:00:00Z')).slice(1)).toEqual([
      { type: 'charge', name: 'kept', units: '300', cents: 300, events: 0 },
    ]);
  });

  it('counts only growth of what is in use, and knows the value that comes back', async () => {
    await meter(tenant.call, 'users', 'unique_count');
    await price(tenant.call, [{ metric: 'users', charge_model: 'standard', properties: { amount: '12' }, pay_in_advance: true }]);
    await take(tenant.call);
    const days: readonly (readonly [string, string])[] = [
      ['id_1', 'add'],
      ['id_1', 'remove'],
      ['id_1', 'add'],
      ['id_2', 'add'],
      ['id_2', 'add'],
      ['id_3', 'add'],
      ['id_3', 'remove'],
    ];
    await send(
      tenant.call,
      days.map(([value, operation_type], i) => ({
        code: 'users',
        at: `2026-03-0${i + 2}T00:00:00Z`,
        properties: { value, operation_type },
      })),
    );
    expect(amounts(await chargedInTheEnd(7))).toEqual([1200, 0, 0, 1200, 0, 1200, 0]);
  });

  it('is invoiced and issued at once, once, however often and from wherever the event comes', async () => {
    await meter(tenant.call, 'use', 'count');
    await price(tenant.call, [
      { metric: 'use', charge_model: 'standard', properties: { amount: '5' }, pay_in_advance: true },
      {
        metric: 'use',
        code: 'fee',
        charge_model: 'standard',
        properties: { amount: '7' },
        pay_in_advance: true,
        invoiceable: false,
      },
    ]);
    await take(tenant.call);
    const events = Array.from({ length: 8 }, (_, i) => ({
      transaction_id: `t${i % 4}`,
      external_subscription_id: 'sub',
      code: 'use',
      timestamp: '2026-03-02T00:00:00Z',
    }));
    await Promise.all(events.map((event) => tenant.call('POST', '/api/v1/events', { event })));
    const rows = await chargedInTheEnd(8);
    expect(rows.map((row) => [row.transaction, row.cents, row.invoice !== null]).toSorted()).toEqual(
      ['t0', 't1', 't2', 't3'].flatMap((transaction) => [
        [transaction, '500', true],
        [transaction, '700', false],
      ]),
    );
    const invoices = await invoicesOf(tenant.call, 'sub');
    expect(invoices.map((invoice) => invoice.total_amount_cents)).toEqual([500, 500, 500, 500]);
    await advance(tenant.call, '2026-03-02T00:05:00Z');
    for (const invoice of await invoicesOf(tenant.call, 'sub')) expect(invoice.status).toBe('finalized');
    expect((await florin.sql.query('select from instant_charges where organization_id = $1', [tenant.id])).rowCount).toBe(0);
  });

  const waiting = async (): Promise<string[]> =>
    (
      await florin.sql.query('select transaction_id as id from instant_charges where organization_id = $1 order by occurred_at', [
        tenant.id,
      ])
    ).rows.map((row: { id: string }) => row.id);

  it('waits for a subscription that may begin earlier, and no longer once one began later', async () => {
    await meter(tenant.call, 'use', 'count');
    await price(tenant.call, [
      { metric: 'use', charge_model: 'standard', properties: { amount: '5' }, pay_in_advance: true, invoiceable: false },
    ]);
    const days = ['2026-02-10T00:00:00Z', '2026-02-20T00:00:00Z'];
    await send(
      tenant.call,
      days.map((at) => ({ code: 'use', at, transaction_id: at })),
    );
    await advance(tenant.call, '2026-03-01T01:00:00Z');
    expect(await waiting()).toEqual(days);
    await take(tenant.call, { subscription_at: '2026-02-15T00:00:00Z' });
    await advance(tenant.call, '2026-03-01T02:00:00Z');
    expect((await charged()).map((row) => [row.transaction, row.cents])).toEqual([[days[1], '500']]);
    expect(await waiting()).toEqual([]);
    // One that comes later is as early.
    await send(tenant.call, [{ code: 'use', at: '2026-02-11T00:00:00Z' }]);
    await until('nothing waits', async () => (await waiting()).length === 0);
    expect(await charged()).toHaveLength(1);
  });

  it('costs nothing while the subscription is paused', async () => {
    await meter(tenant.call, 'use', 'count');
    await price(tenant.call, [
      { metric: 'use', charge_model: 'standard', properties: { amount: '5' }, pay_in_advance: true, invoiceable: false },
    ]);
    await take(tenant.call);
    await advance(tenant.call, '2026-03-05T00:00:00Z');
    expect((await tenant.call('POST', '/api/v1/subscriptions/sub/pause')).status).toBe(200);
    await advance(tenant.call, '2026-03-10T00:00:00Z');
    await send(tenant.call, [
      { code: 'use', at: '2026-03-07T00:00:00Z' },
      { code: 'use', at: '2026-03-12T00:00:00Z', transaction_id: 'after' },
    ]);
    expect((await tenant.call('POST', '/api/v1/subscriptions/sub/resume')).status).toBe(200);
    await advance(tenant.call, '2026-03-13T00:00:00Z');
    expect((await charged()).map((row) => row.transaction)).toEqual(['after']);
    expect(await waiting()).toEqual([]);
  });

  it('refuses in the database a second fee for the same event', async () => {
    await meter(tenant.call, 'use', 'count');
    await price(tenant.call, [
      { metric: 'use', charge_model: 'standard', properties: { amount: '5' }, pay_in_advance: true, invoiceable: false },
    ]);
    await take(tenant.call);
    await send(tenant.call, [{ code: 'use', at: '2026-03-02T00:00:00Z' }]);
    await chargedInTheEnd(1);
    await expect(
      florin.sql.query(
        `insert into fees select (jsonb_populate_record(f, jsonb_build_object('id', gen_random_uuid()))).* from fees f
          where f.organization_id = $1 and f.event_transaction_id is not null`,
        [tenant.id],
      ),
    ).rejects.toMatchObject({ constraint: 'uq_fees_event' });
  });

  it('renews what recurs with each period, and charges only what is added to it', async () => {
    await meter(tenant.call, 'seats', 'sum', { recurring: true });
    await price(
      tenant.call,
      [{ metric: 'seats', charge_model: 'standard', properties: { amount: '500' }, pay_in_advance: true }],
      { minimum_commitment: { amount_cents: 600_000 } },
    );
    await take(tenant.call);
    await send(tenant.call, [{ code: 'seats', at: '2026-03-15T00:00:00Z', properties: { value: 10 } }]);
    expect(amounts(await chargedInTheEnd(1))).toEqual([500_000]);
    expect((await bill(tenant.call, '2026-04-01T01:00:00Z')).slice(1)).toEqual([
      { type: 'charge', name: 'seats', units: '10', cents: 500_000, events: 0 },
      { type: 'commitment', name: 'Minimum commitment', units: '1', cents: 100_000, events: 0 },
    ]);
    await send(tenant.call, [{ code: 'seats', at: '2026-04-10T00:00:00Z', properties: { value: 20 } }]);
    expect(amounts(await chargedInTheEnd(2))).toEqual([500_000, 1_000_000]);
    expect((await bill(tenant.call, '2026-05-01T01:00:00Z')).slice(1)).toEqual([
      { type: 'charge', name: 'seats', units: '30', cents: 1_500_000, events: 0 },
    ]);
  });
});
