import { newId } from '../../../src/platform/database/ids.ts';
import { expectHealthy } from '../../support/doctor.ts';
import { type Florin, startFlorin, type Tenant } from '../../support/florin.ts';
import { meter, price, send, take } from '../../support/price-list.ts';
import { startProcess, until } from '../../support/processes.ts';
import { eventsCharged } from '../../support/random-worlds.ts';
import { advance, invoicesOf } from '../../support/shop.ts';

/** Every cent of an invoice can be told and proved; a falsified one is found. */
describe('an explained invoice', () => {
  let florin: Florin;
  let tenant: Tenant;
  // oxlint-disable-next-line typescript/no-explicit-any
  let invoice: any;
  beforeAll(async () => {
    florin = await startFlorin();
    tenant = await florin.openOrganization('test');
    const { call } = tenant;
    await florin.sql.query(`update organizations set virtual_now = '2026-03-10T12:00:00Z'`);
    await call('POST', '/api/v1/taxes', { tax: { code: 'vat', name: 'VAT', rate: '19', applied_to_organization: true } });
    await meter(call, 'use', 'sum', { filters: [{ key: 'region', values: ['eu', 'us'] }] });
    await meter(call, 'seats', 'sum', { recurring: true });
    await meter(call, 'area', 'sum', { expression: 'event.properties.a * event.properties.b' });
    await price(
      call,
      [
        {
          metric: 'use',
          charge_model: 'graduated',
          properties: {
            pricing_group_keys: ['team'],
            graduated_ranges: [
              { from_value: 0, to_value: 5, per_unit_amount: '10', flat_amount: '1' },
              { from_value: 6, to_value: null, per_unit_amount: '5', flat_amount: '0' },
            ],
          },
          filters: [
            {
              values: { region: ['eu'] },
              properties: { graduated_ranges: [{ from_value: 0, to_value: null, per_unit_amount: '2', flat_amount: '0' }] },
            },
          ],
        },
        { metric: 'seats', charge_model: 'standard', properties: { amount: '30' }, prorated: true },
        {
          metric: 'area',
          charge_model: 'percentage',
          properties: { rate: '1.5', fixed_amount: '0.2', free_units_per_events: 1 },
        },
      ],
      { amount_cents: 3100, minimum_commitment: { amount_cents: 500_000 } },
    );
    await take(call);
    const at = '2026-03-12T00:00:00Z';
    await send(call, [
      { code: 'use', at, properties: { value: 7, team: 'a' } },
      { code: 'use', at, properties: { value: '0.30', region: 'us' } },
      { code: 'use', at, properties: { value: 4, region: 'eu' } },
      { code: 'seats', at: '2026-03-20T00:00:00Z', properties: { value: 3 } },
      { code: 'area', at, properties: { a: 12, b: '1.25' } },
      { code: 'area', at, properties: { a: 100, b: 2 } },
    ]);
    await advance(call, '2026-04-01T01:00:00Z');
    const [{ lago_id: id }] = await invoicesOf(call, 'sub');
    invoice = (await call('GET', `/api/v1/invoices/${id}`)).body.invoice;
    await expectHealthy(florin);
  });
  afterAll(() => florin.stop());

  const explain = (...words: string[]) => explainOf(invoice.lago_id, ...words);
  const explainOf = async (id: string, ...words: string[]) => {
    const command = startProcess('src/cli.ts', ['explain', id, ...words], {
      DATABASE_URL: florin.databaseUrl,
      LOG_LEVEL: 'error',
    });
    const code = await command.exit;
    return { code, output: command.output().stdout };
  };
  /** Changes what only a broken database could hold, for as long as the work takes. */
  const falsified = async (change: string, restore: string, work: () => Promise<void>) => {
    await florin.sql.query(`set session_replication_role = replica; ${change}; set session_replication_role = origin`);
    try {
      await work();
    } finally {
      await florin.sql.query(`set session_replication_role = replica; ${restore}; set session_replication_role = origin`);
    }
  };

  it('tells each fee as data and as sentences, which hold', async () => {
    for (const fee of invoice.fees) {
      const { status, body } = await tenant.call('GET', `/api/v1/fees/${fee.lago_id}/explain`);
      expect(status).toBe(200);
      expect(body.explanation).toMatchObject({ lago_fee_id: fee.lago_id, amount_cents: fee.amount_cents, holds: true });
      expect(body.explanation.recomputed.amount_cents).toBe(fee.amount_cents);
      expect(body.explanation.sentences.length).toBeGreaterThan(1);
      expect((await tenant.call('GET', `/api/v1/fees/${fee.lago_id}`)).body.fee).toEqual(fee);
    }
    const list = await tenant.call('GET', '/api/v1/fees?fee_type=charge&billable_metric_code=use&external_subscription_id=sub');
    expect(list.body.meta.total_count).toBe(3);
    expect((await tenant.call('GET', '/api/v1/fees/01a1feb0-0000-7000-8000-000000000000')).body.code).toBe('fee_not_found');
  });

  it('is told and proved on the command line', async () => {
    const told = await explain();
    expect(told.code).toBe(0);
    expect(told.output).toContain('Metric "area" (sum_agg of "value") came to 215 units.');
    const proved = await explain('--verify');
    expect(proved).toEqual({
      code: 0,
      output: `${invoice.number} holds to the cent: ${invoice.fees.length} fees recomputed, 6 recounted from events and other fees.\n`,
    });
  });

  it('is not proved when an amount, or an event, is another than it was', async () => {
    const fee = invoice.fees.find((candidate: { item: { code: string } }) => candidate.item.code === 'seats');
    const set = (by: number) =>
      `update fees set amount_cents = amount_cents + ${by} where id = '${fee.lago_id}';
       update invoices set fees_amount_cents = fees_amount_cents + ${by}, total_cents = total_cents + ${by} where id = '${invoice.lago_id}'`;
    await falsified(set(1), set(-1), async () => {
      const { code, output } = await explain('--verify');
      expect(code).toBe(1);
      expect(output).toContain(`fee ${fee.lago_id} (seats) is`);
      expect((await tenant.call('GET', `/api/v1/fees/${fee.lago_id}/explain`)).body.explanation.holds).toBe(false);
    });
    const event = (b: number) =>
      `update usage_events set properties = jsonb_set(properties, '{b}', '${b}') where properties ->> 'a' = '100'`;
    await falsified(event(3), event(2), async () => {
      const { code, output } = await explain('--verify');
      expect(code).toBe(1);
      expect(output).toContain('(area) counted');
    });
  });

  it('is proved where events were charged at once, units were renewed and a minimum was filled up', async () => {
    const { call, id } = await florin.openOrganization('test');
    await florin.sql.query(`update organizations set virtual_now = '2026-03-10T12:00:00Z' where id = $1`, [id]);
    await meter(call, 'calls', 'sum');
    await meter(call, 'seats', 'sum', { recurring: true });
    const tiers = [
      { from_value: 0, to_value: 5, per_unit_amount: '10', flat_amount: '1' },
      { from_value: 6, to_value: null, per_unit_amount: '5', flat_amount: '0' },
    ];
    await price(call, [
      { metric: 'calls', charge_model: 'graduated', properties: { graduated_ranges: tiers }, pay_in_advance: true },
      { metric: 'seats', charge_model: 'standard', properties: { amount: '30' }, pay_in_advance: true },
      { metric: 'calls', code: 'arrears', charge_model: 'standard', properties: { amount: '1' }, min_amount_cents: 90_000 },
    ]);
    await take(call);
    for (const [code, value, at = '2026-03-12T00:00:00Z'] of [
      // Stood before the subscription began: paid for with the first that comes.
      ['seats', 5, '2026-03-01T00:00:00Z'],
      ['calls', 4],
      ['seats', 2],
      ['calls', 3],
      // Came late with an early time.
      ['seats', 1, '2026-03-11T00:00:00Z'],
    ] as const)
      await send(call, [{ code, at, transaction_id: `${code} ${value}`, properties: { value } }]);
    await until('the events are charged', async () => {
      const { rows } = await florin.sql.query('select from fees where organization_id = $1', [id]);
      return rows.length === 4;
    });
    await advance(call, '2026-04-01T01:00:00Z');
    const { body } = await call('GET', '/api/v1/invoices');
    const proved = [];
    for (const { lago_id: invoiceId, number } of body.invoices) {
      const { code, output } = await explainOf(invoiceId, '--verify');
      proved.push([code, output.replace(number, '#').trim()]);
    }
    const holds = (fees: number, recounted: number) => [
      0,
      `# holds to the cent: ${fees} fees recomputed, ${recounted} recounted from events and other fees.`,
    ];
    // The plan's fee of 0, the renewal of eight seats, calls in arrears and their true-up; then seats and calls, each twice.
    expect(proved.toSorted()).toEqual([holds(1, 1), holds(1, 1), holds(1, 1), holds(1, 1), holds(4, 3)]);
    const event = (value: number, was: number) =>
      `update usage_events set properties = jsonb_set(properties, '{value}', '${value}') where transaction_id = 'calls ${was}'`;
    const [seats] = body.invoices.filter((made: { total_amount_cents: number }) => made.total_amount_cents === 21_000);
    const standing = (value: number) =>
      `update usage_events set properties = jsonb_set(properties, '{value}', '${value}') where transaction_id = 'seats 2'`;
    await falsified(standing(3), standing(2), async () => {
      expect(await explainOf(seats.lago_id, '--verify')).toMatchObject({
        code: 1,
        output: expect.stringContaining('(seats) counted'),
      });
    });
    const [charged] = body.invoices.filter((made: { total_amount_cents: number }) => made.total_amount_cents === 4100);
    await falsified(event(5, 4), event(4, 4), async () => {
      expect(await explainOf(charged.lago_id, '--verify')).toMatchObject({
        code: 1,
        output: expect.stringContaining('(calls) counted'),
      });
    });
  });

  it('is proved where a minimum counts what was paid in advance less what its end gave back', async () => {
    const { call, id } = await florin.openOrganization('test');
    await florin.sql.query(`update organizations set virtual_now = '2026-03-01T00:00:00Z' where id = $1`, [id]);
    await price(call, [], { amount_cents: 3100, pay_in_advance: true, minimum_commitment: { amount_cents: 9300 } });
    await take(call);
    await advance(call, '2026-03-10T12:00:00Z');
    expect((await call('DELETE', '/api/v1/subscriptions/sub')).status).toBe(200);
    await advance(call, '2026-03-10T14:00:00Z');
    const last = (await invoicesOf(call, 'sub')).find((made) => made.fees_amount_cents === 2000);
    expect(await explainOf(last.lago_id, '--verify')).toMatchObject({
      code: 0,
      output: expect.stringContaining('1 fees recomputed, 1 recounted'),
    });
  });

  it('is proved by the filters that its fees were made by, whatever its charge has now', async () => {
    const { body } = await tenant.call('GET', '/api/v1/plans/plan');
    const [charge] = body.plan.charges.filter((one: { filters: unknown[] }) => one.filters.length > 0);
    const changed = await tenant.call('PUT', `/api/v1/plans/plan/charges/${charge.code}`, { charge: { filters: [] } });
    expect(changed.status).toBe(200);
    expect(await explain('--verify')).toEqual({
      code: 0,
      output: `${invoice.number} holds to the cent: ${invoice.fees.length} fees recomputed, 6 recounted from events and other fees.\n`,
    });
  });

  it('is proved where the filters of what was charged at once were replaced', async () => {
    const { call, id } = await florin.openOrganization('test');
    await florin.sql.query(`update organizations set virtual_now = '2026-03-01T00:00:00Z' where id = $1`, [id]);
    await meter(call, 'use', 'sum', { filters: [{ key: 'region', values: ['eu', 'us'] }] });
    const charge = { metric: 'use', charge_model: 'standard', properties: { amount: '1' }, pay_in_advance: true };
    await price(call, [{ ...charge, filters: [{ values: { region: ['eu'] }, properties: { amount: '2' } }] }]);
    await take(call);
    for (const region of ['eu', 'us', 'eu'])
      await send(call, [{ code: 'use', at: '2026-03-01T00:00:00Z', properties: { value: 3, region }, transaction_id: newId() }]);
    await eventsCharged(florin, { call, id, key: '' });
    const filters = [{ values: { region: ['us'] }, properties: { amount: '9' } }];
    const changed = await call('PUT', '/api/v1/plans/plan/charges/use', { charge: { filters } });
    expect(changed.status).toBe(200);
    for (const region of ['eu', 'us'])
      await send(call, [{ code: 'use', at: '2026-03-01T00:00:00Z', properties: { value: 1, region }, transaction_id: newId() }]);
    await eventsCharged(florin, { call, id, key: '' });
    const charged = await invoicesOf(call, 'sub');
    expect(charged.map((one) => one.fees_amount_cents)).toEqual([900, 100, 600, 300, 600]);
    for (const { lago_id: one } of charged)
      expect(await explainOf(one, '--verify')).toMatchObject({
        code: 0,
        output: expect.stringContaining('1 fees recomputed, 1 recounted'),
      });
  });
});
