import { expectHealthy } from '../../support/doctor.ts';
import { type Florin, startFlorin, type Tenant } from '../../support/florin.ts';
import { bill, meter, price, type Sent, send, take } from '../../support/price-list.ts';
import { until } from '../../support/processes.ts';
import { advance, make } from '../../support/shop.ts';

/** What was charged in advance stays paid, whatever happens to events, prices and subscriptions after. */
describe('usage that is paid in advance is charged once', () => {
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

  let serial = 0;
  const charged = async (): Promise<number[]> => {
    const { rows } = await florin.sql.query<{ cents: string }>(
      'select amount_cents::text as cents from fees where organization_id = $1 and event_transaction_id is not null order by id',
      [tenant.id],
    );
    return rows.map((row) => Number(row.cents));
  };

  /** Sends one event after the other, and answers what each of them cost. */
  const costs = async (...events: readonly Sent[]): Promise<number[]> => {
    const before = (await charged()).length;
    for (const [i, event] of events.entries()) {
      await send(tenant.call, [{ transaction_id: `t${(serial += 1)}`, ...event }]);
      await until('the event is charged', async () => (await charged()).length > before + i);
    }
    return (await charged()).slice(before);
  };
  const day = (date: number, value: number, more: object = {}): Sent => ({
    code: 'use',
    at: `2026-03-${String(date).padStart(2, '0')}T00:00:00Z`,
    properties: { value, ...more },
  });
  const regions = { filters: [{ key: 'region', values: ['eu', 'us'] }] };
  const standard = { metric: 'use', code: 'use', charge_model: 'standard', properties: { amount: '1' }, pay_in_advance: true };
  const us = { values: { region: ['us'] }, properties: { amount: '2' } };
  const filters = '/api/v1/plans/plan/charges/use/filters';

  it('under a filter that was added since: what was paid for follows its units', async () => {
    await meter(tenant.call, 'use', 'sum', regions);
    await price(tenant.call, [standard]);
    await take(tenant.call);
    expect(await costs(day(2, 10, { region: 'eu' }), day(2, 10, { region: 'us' }))).toEqual([1000, 1000]);
    expect((await tenant.call('POST', filters, { filter: us })).status).toBe(200);
    expect(await costs(day(3, 1, { region: 'us' }), day(3, 1, { region: 'eu' }))).toEqual([200, 100]);
  });

  it('without a filter that was removed since', async () => {
    await meter(tenant.call, 'use', 'sum', regions);
    await price(tenant.call, [{ ...standard, filters: [us] }]);
    await take(tenant.call);
    expect(await costs(day(2, 10, { region: 'eu' }), day(2, 10, { region: 'us' }))).toEqual([1000, 2000]);
    const [{ lago_id: id }] = (await tenant.call('GET', filters)).body.filters;
    expect((await tenant.call('DELETE', `${filters}/${id}`)).status).toBe(200);
    expect(await costs(day(3, 1, { region: 'us' }), day(3, 1, { region: 'eu' }))).toEqual([100, 100]);
  });

  it('in groups that were made since', async () => {
    await meter(tenant.call, 'use', 'sum');
    await price(tenant.call, [standard]);
    await take(tenant.call);
    expect(await costs(day(2, 10, { region: 'eu' }), day(2, 10, { region: 'us' }))).toEqual([1000, 1000]);
    const properties = { amount: '1', pricing_group_keys: ['region'] };
    expect((await tenant.call('PUT', '/api/v1/plans/plan/charges/use', { charge: { properties } })).status).toBe(200);
    expect(await costs(day(3, 1, { region: 'us' }), day(3, 1, { region: 'eu' }))).toEqual([100, 100]);
  });

  it('at a price that changed since, for all and for one subscription alone, and by a charge that took the place of another', async () => {
    await meter(tenant.call, 'use', 'sum');
    await price(tenant.call, [standard]);
    await take(tenant.call);
    expect(await costs(day(2, 10))).toEqual([1000]);
    await tenant.call('PUT', '/api/v1/plans/plan/charges/use', { charge: { properties: { amount: '3' } } });
    expect(await costs(day(3, 1))).toEqual([300]);
    const { body } = await tenant.call('GET', '/api/v1/billable_metrics/use');
    const metric = body.billable_metric.lago_id;
    const again = { ...standard, billable_metric_id: metric, code: 'again', properties: { amount: '5' } };
    await tenant.call('DELETE', '/api/v1/plans/plan/charges/use');
    await make(
      tenant.call,
      '/api/v1/plans/plan/charges',
      'charge',
      Object.fromEntries(Object.entries(again).filter(([key]) => key !== 'metric')),
    );
    expect(await costs(day(4, 1))).toEqual([500]);
    const own = await tenant.call('PUT', '/api/v1/subscriptions/sub/charges/again', { charge: { properties: { amount: '7' } } });
    expect(own.status).toBe(200);
    expect(await costs(day(5, 1))).toEqual([700]);
  });

  it('as a percentage with a fixed amount comes to what it comes to in arrears', async () => {
    await meter(tenant.call, 'use', 'sum');
    const properties = { rate: '1', fixed_amount: '0.3' };
    await price(tenant.call, [
      { ...standard, charge_model: 'percentage', properties },
      { metric: 'use', code: 'arrears', charge_model: 'percentage', properties },
    ]);
    await take(tenant.call);
    expect(await costs(...[100, -50, 20, 10, 30].map((value, i) => day(i + 2, value)))).toEqual([130, 0, 30, 40, 60]);
    expect((await bill(tenant.call, '2026-04-01T01:00:00Z')).filter((fee) => fee.type === 'charge')).toMatchObject([
      { cents: 260 },
    ]);
  });

  it('in cents that add up to the price of all', async () => {
    await meter(tenant.call, 'use', 'sum');
    await price(tenant.call, [{ ...standard, properties: { amount: '0.004' } }]);
    await take(tenant.call);
    expect(await costs(...[1, 1, 1, 1, 1].map((value, i) => day(i + 2, value)))).toEqual([0, 1, 0, 1, 0]);
  });

  it.each([false, true])('without what came from a pause, where the metric recurs: %s', async (recurring) => {
    await meter(tenant.call, 'use', 'sum', { recurring });
    await price(tenant.call, [standard]);
    await take(tenant.call);
    await advance(tenant.call, '2026-03-05T00:00:00Z');
    expect((await tenant.call('POST', '/api/v1/subscriptions/sub/pause')).status).toBe(200);
    await advance(tenant.call, '2026-03-10T00:00:00Z');
    await send(tenant.call, [day(7, 50)]);
    expect((await tenant.call('POST', '/api/v1/subscriptions/sub/resume')).status).toBe(200);
    await advance(tenant.call, '2026-03-11T00:00:00Z');
    expect(await costs(day(12, 9))).toEqual([900]);
  });

  const seats = { ...standard, properties: { amount: '5' } };
  it('after an upgrade: its first event does not pay the seats that stand again', async () => {
    await meter(tenant.call, 'use', 'sum', { recurring: true });
    await price(tenant.call, [seats]);
    await price(tenant.call, [{ ...seats, properties: { amount: '8' } }], { code: 'better', amount_cents: 1 });
    await take(tenant.call);
    expect(await costs(day(2, 10))).toEqual([5000]);
    await advance(tenant.call, '2026-03-15T12:00:00Z');
    await make(tenant.call, '/api/v1/subscriptions', 'subscription', {
      external_customer_id: 'customer',
      plan_code: 'better',
      external_id: 'sub',
    });
    expect(await costs(day(20, 1))).toEqual([800]);
    expect((await bill(tenant.call, '2026-04-01T01:00:00Z')).filter((fee) => fee.type === 'charge')).toMatchObject([
      { units: '11', cents: 8800 },
    ]);
  });

  it('for the days that are left, when it grows beyond what was paid for after a removal', async () => {
    await meter(tenant.call, 'use', 'sum', { recurring: true });
    await price(tenant.call, [{ ...standard, properties: { amount: '31' }, prorated: true }]);
    await take(tenant.call);
    // 12 of 31 days are left of the 20th: two more than the ten that were paid for.
    expect(await costs(day(1, 10), day(10, -5), day(20, 7))).toEqual([31_000, 0, 2400]);
  });

  it('also in the moment in which its charge was made', async () => {
    await meter(tenant.call, 'use', 'sum');
    await price(tenant.call, [{ metric: 'use', code: 'arrears', charge_model: 'standard', properties: { amount: '0' } }]);
    await take(tenant.call);
    await send(tenant.call, [day(2, 10)]);
    const { body } = await tenant.call('GET', '/api/v1/billable_metrics/use');
    await make(tenant.call, '/api/v1/plans/plan/charges', 'charge', {
      billable_metric_id: body.billable_metric.lago_id,
      code: 'use',
      charge_model: 'standard',
      properties: { amount: '1' },
      pay_in_advance: true,
    });
    expect(await costs(day(3, 1))).toEqual([1100]);
  });

  it('before the clock answers, whoever charges it', async () => {
    await meter(tenant.call, 'use', 'sum');
    await price(tenant.call, [standard]);
    await take(tenant.call);
    for (let i = 1; i <= 8; i++) {
      const events = Array.from({ length: 5 }, (_, n) => ({ ...day(2, 1), transaction_id: `e${i}.${n}` }));
      await send(tenant.call, events);
      await advance(tenant.call, `2026-03-02T0${i}:00:00Z`);
      expect(await charged()).toHaveLength(5 * i);
    }
  });

  it('when its subscription begins on the way of the clock', async () => {
    await meter(tenant.call, 'use', 'sum');
    await price(tenant.call, [standard]);
    await take(tenant.call, { subscription_at: '2026-03-10T00:00:00Z' });
    await send(tenant.call, [day(11, 5)]);
    await advance(tenant.call, '2026-03-20T00:00:00Z');
    expect(await charged()).toEqual([500]);
  });

  it('and current usage says what was charged, also where usage fell since', async () => {
    await meter(tenant.call, 'use', 'sum', regions);
    await price(tenant.call, [{ ...standard, filters: [us] }]);
    await take(tenant.call);
    expect(await costs(day(2, 60, { region: 'eu' }), day(3, -50, { region: 'eu' }), day(3, 2, { region: 'us' }))).toEqual([
      6000, 0, 400,
    ]);
    const usage = await tenant.call('GET', '/api/v1/customers/customer/current_usage?external_subscription_id=sub');
    expect(usage.body.customer_usage).toMatchObject({
      amount_cents: 6400,
      charges_usage: [{ units: '62', total_aggregated_units: '12', amount_cents: 6400 }],
    });
  });
});
