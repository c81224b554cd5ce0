import { billingCase } from '../../domain/cases.ts';
import { expectHealthy } from '../../support/doctor.ts';
import { type Florin, startFlorin, type Tenant } from '../../support/florin.ts';
import { bill, meter, price, send, take } from '../../support/price-list.ts';
import { until } from '../../support/processes.ts';

/** The dated numeric cases of charges and commitments, through HTTP and the calendar. */
describe('the numeric cases of usage over months', () => {
  let florin: Florin;
  let tenant: Tenant;
  beforeAll(async () => {
    florin = await startFlorin();
  });
  afterAll(() => florin.stop());
  beforeEach(async () => {
    tenant = await florin.openOrganization('test');
  });
  afterEach(() => expectHealthy(florin));

  const at = (now: string) => florin.sql.query('update organizations set virtual_now = $2 where id = $1', [tenant.id, now]);
  const charged = async (count: number) => {
    const query = `select amount_cents::int as cents from fees where organization_id = $1 and event_transaction_id is not null order by id`;
    await until(`${count} charged events`, async () => ((await florin.sql.query(query, [tenant.id])).rowCount ?? 0) >= count);
    return (await florin.sql.query(query, [tenant.id])).rows.map((row) => row.cents as number);
  };

  it.each([
    ['commitment-monthly-calendar', '2023-03-01T01:00:00Z'],
    ['commitment-weekly-calendar', '2023-02-06T01:00:00Z'],
    ['commitment-monthly-anniversary', '2023-03-04T01:00:00Z'],
  ])('%s', async (id, billedAt) => {
    const { given, expect: expected } = billingCase(id) as unknown as {
      given: { plan_cents: number; minimum_commitment_cents: number; interval: string; billing_time: string; started_at: string };
      expect: { commitment_true_up_cents: number };
    };
    await at(`${given.started_at}T00:00:00Z`);
    await price(tenant.call, [], {
      interval: given.interval,
      amount_cents: given.plan_cents,
      minimum_commitment: { amount_cents: given.minimum_commitment_cents },
    });
    await take(tenant.call, { billing_time: given.billing_time });
    expect((await bill(tenant.call, billedAt)).at(-1)).toMatchObject({
      type: 'commitment',
      cents: expected.commitment_true_up_cents,
    });
  });

  it.each([
    ['commitment-leap-feb28-arrears', false],
    ['commitment-leap-feb28-advance', true],
  ])('%s', async (id, pay_in_advance) => {
    const { given, expect: expected } = billingCase(id) as unknown as {
      given: {
        plan_cents: number;
        minimum_commitment_cents: number;
        started_at: string;
        usage_cents: { arrears: number; in_advance: number; in_advance_recurring: number };
      };
      expect: { true_up: (number | null)[] };
    };
    await at(given.started_at);
    await meter(tenant.call, 'arrears', 'sum');
    await meter(tenant.call, 'advance', 'sum');
    await meter(tenant.call, 'recurring', 'sum', { recurring: true });
    const cents = { charge_model: 'standard', properties: { amount: '0.01' } };
    await price(
      tenant.call,
      [
        { metric: 'arrears', ...cents },
        { metric: 'advance', ...cents, pay_in_advance: true },
        { metric: 'recurring', ...cents, pay_in_advance: true },
      ],
      {
        pay_in_advance,
        amount_cents: given.plan_cents,
        minimum_commitment: { amount_cents: given.minimum_commitment_cents },
      },
    );
    await take(tenant.call);
    const used = given.usage_cents;
    await send(tenant.call, [
      { code: 'arrears', at: '2024-02-28T12:00:00Z', properties: { value: used.arrears } },
      { code: 'advance', at: '2024-02-28T12:00:00Z', properties: { value: used.in_advance } },
      { code: 'recurring', at: '2024-02-28T12:00:00Z', properties: { value: used.in_advance_recurring } },
    ]);
    await charged(2);
    const trueUps = expected.true_up.filter((amount) => amount !== null);
    for (const [i, billedAt] of ['2024-03-01T01:00:00Z', '2024-04-01T01:00:00Z'].entries())
      expect((await bill(tenant.call, billedAt)).filter((fee) => fee.type === 'commitment')).toMatchObject([
        { cents: trueUps[i] },
      ]);
  });

  it('billing-monthly-mixed-charges', async () => {
    const { expect: expected } = billingCase('billing-monthly-mixed-charges') as unknown as { expect: Record<string, unknown> };
    await at('2024-03-01T00:00:00Z');
    for (const code of ['package_arrears', 'package_advance']) await meter(tenant.call, code, 'sum');
    for (const code of ['recurring_prorated_arrears', 'recurring_advance_not_prorated'])
      await meter(tenant.call, code, 'sum', { recurring: true });
    await price(tenant.call, [
      { metric: 'package_arrears', charge_model: 'package', properties: { package_size: 10, amount: '100' } },
      {
        metric: 'package_advance',
        charge_model: 'package',
        properties: { package_size: 10, amount: '1000', free_units: 2 },
        pay_in_advance: true,
      },
      { metric: 'recurring_prorated_arrears', charge_model: 'standard', properties: { amount: '5000' }, prorated: true },
      {
        metric: 'recurring_advance_not_prorated',
        charge_model: 'standard',
        properties: { amount: '50000' },
        pay_in_advance: true,
      },
    ]);
    await take(tenant.call);
    const metrics = ['package_arrears', 'package_advance', 'recurring_prorated_arrears', 'recurring_advance_not_prorated'];
    const use = (day: string, value: number) =>
      send(
        tenant.call,
        metrics.map((code) => ({ code, at: day, properties: { value } })),
      );
    const usage = async (billedAt: string) =>
      Object.fromEntries(
        (await bill(tenant.call, billedAt))
          .filter((fee) => fee.type === 'charge' && fee.cents > 0)
          .map((fee) => [fee.name, fee.cents]),
      );
    await use('2024-03-15T00:00:00Z', 10);
    expect(await charged(2)).toEqual(expected['2024-03-15_immediate']);
    expect(await usage('2024-04-01T01:00:00Z')).toEqual(expected['2024-04-01_usage']);
    await use('2024-04-10T00:00:00Z', 20);
    await use('2024-04-30T00:00:00Z', 20);
    await charged(6);
    expect(await usage('2024-05-01T01:00:00Z')).toEqual(expected['2024-05-01_usage']);
    expect(await usage('2024-06-01T01:00:00Z')).toEqual(expected['2024-06-01_usage']);
  });

  it('a running total below zero is no units: those that come after it fill it up first, and are billed for their days', async () => {
    await at('2026-04-01T00:00:00Z');
    await meter(tenant.call, 'seats', 'sum', { recurring: true });
    const graduated_ranges = [
      { from_value: 0, to_value: 2, per_unit_amount: '0', flat_amount: '0' },
      { from_value: 2, to_value: null, per_unit_amount: '300', flat_amount: '0' },
    ];
    const prorated = { metric: 'seats', prorated: true };
    await price(tenant.call, [
      { ...prorated, code: 'a', charge_model: 'graduated', properties: { graduated_ranges } },
      { ...prorated, code: 'b', charge_model: 'standard', properties: { amount: '31' } },
    ]);
    await take(tenant.call);
    await send(tenant.call, [{ code: 'seats', at: '2026-04-10T00:00:00Z', properties: { value: -3 } }]);
    const cents = async (to: string) =>
      (await bill(tenant.call, to)).filter((fee) => fee.type === 'charge').map((fee) => fee.cents);
    expect(await cents('2026-05-01T01:00:00Z')).toEqual([0, 0]);
    await send(tenant.call, [{ code: 'seats', at: '2026-05-22T00:00:00Z', properties: { value: 4 } }]);
    // One unit is free under tiers, and otherwise there for 10 of 31 days.
    expect(await cents('2026-06-01T01:00:00Z')).toEqual([0, 1000]);
  });

  it('units that are taken away before they are added bill nothing for the days below zero', async () => {
    await at('2026-04-01T00:00:00Z');
    await meter(tenant.call, 'seats', 'sum', { recurring: true });
    await price(tenant.call, [{ metric: 'seats', charge_model: 'standard', properties: { amount: '30' }, prorated: true }]);
    await take(tenant.call);
    await send(tenant.call, [
      { code: 'seats', at: '2026-04-02T00:00:00Z', properties: { value: -3 } },
      { code: 'seats', at: '2026-04-21T00:00:00Z', properties: { value: 4 } },
    ]);
    expect((await bill(tenant.call, '2026-05-01T01:00:00Z')).slice(1)).toMatchObject([{ units: '0.33334', cents: 1000 }]);
    await expect(
      florin.sql.query(
        `insert into fees select (jsonb_populate_record(f, jsonb_build_object('id', gen_random_uuid(), 'invoice_id', null, 'pay_in_advance', true,
          'amount_cents', -2400))).* from fees f where f.organization_id = $1 and f.fee_type = 'charge'`,
        [tenant.id],
      ),
    ).rejects.toMatchObject({ constraint: 'ck_fees_usage_amount' });
  });
});
