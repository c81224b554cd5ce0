import { expectHealthy } from '../../support/doctor.ts';
import { type Caller, type Florin, startFlorin, type Tenant } from '../../support/florin.ts';
import { use } from '../../support/shop.ts';
import { advance, bill, meter, openAt, sell, take, wholeInvoices } from '../../scenarios/life/life.ts';

/** What an operator asks of a subscription that Florin bills; test/http/payments/stripe-events.spec.ts has what Stripe bills. */
describe('PATCH /admin/v1/subscriptions/:id', () => {
  let florin: Florin;
  let tenant: Tenant;
  let call: Caller;
  let id: string;
  const ask = (subscription: object) => florin.operator('PATCH', `/admin/v1/subscriptions/${id}`, { subscription });
  const totals = async () => (await wholeInvoices(call, 'sub')).map(({ total_amount_cents: cents }) => cents);

  /** 30.00 a month and 1.00 a unit from 1 March on; by the 17th seven units are used. */
  const open = async (fields: object = {}) => {
    tenant = await openAt(florin, '2026-03-01T00:00:00Z');
    call = tenant.call;
    const { lago_id: metricId } = await meter(call);
    const charges = [{ billable_metric_id: metricId, charge_model: 'standard', properties: { amount: '1' } }];
    await sell(call, 'small', 3000, { pay_in_advance: false, charges, ...fields });
    id = (await take(call, 'sub', 'small')).lago_id;
    await bill(call);
    await advance(call, '2026-03-17T12:00:00Z');
    await use(call, 'sub', 'units', { count: 7 }, '2026-03-10T00:00:00Z');
  };

  beforeAll(async () => {
    florin = await startFlorin();
  });
  afterEach(() => expectHealthy(florin));
  afterAll(() => florin.stop());

  it('a cancellation with the period bills the whole period and what was used in it', async () => {
    await open();
    const { body } = await ask({ cancel_at_period_end: true });
    expect(body.subscription).toMatchObject({
      status: 'active',
      canceled_at: '2026-03-17T12:00:00Z',
      ending_at: '2026-04-01T00:00:00Z',
    });
    expect((await ask({ cancel_at_period_end: true })).body.code).toBe('already_canceled');
    await advance(call, '2026-06-01T00:00:00Z');
    expect(await totals()).toEqual([3700]);
  });

  it('a cancellation that is taken back bills on, and can be announced again', async () => {
    await open();
    await ask({ cancel_at_period_end: true });
    expect((await ask({ cancel_at_period_end: false })).body.subscription).toMatchObject({ canceled_at: null, ending_at: null });
    await advance(call, '2026-05-02T00:00:00Z');
    expect(await totals()).toEqual([3700, 3000]);
    expect((await ask({ cancel_at_period_end: true })).body.subscription.ending_at).toBe('2026-06-01T00:00:00Z');
  });

  it('no cancellation where none was announced leaves an agreed end as it is', async () => {
    await open();
    await call('PUT', '/api/v1/subscriptions/sub', { subscription: { ending_at: '2026-12-31T00:00:00Z' } });
    expect((await ask({ cancel_at_period_end: false })).body.subscription.ending_at).toBe('2026-12-31T00:00:00Z');
  });

  it('canceled bills what was used up to now', async () => {
    await open();
    expect((await ask({ status: 'canceled' })).body.subscription).toMatchObject({ status: 'terminated' });
    expect((await ask({ status: 'canceled' })).body.code).toBe('transition_not_allowed');
    await advance(call, '2026-06-01T00:00:00Z');
    expect(await totals()).toEqual([2345]);
  });

  it('canceled gives back what was paid in advance and not used', async () => {
    await open({ pay_in_advance: true });
    await ask({ status: 'canceled' });
    await advance(call, '2026-06-01T00:00:00Z');
    const { credit_notes: notes } = (await call('GET', '/api/v1/credit_notes')).body;
    // 14 of 31 days.
    expect(notes).toMatchObject([{ total_amount_cents: 1355 }]);
  });

  it('a pause is free and its first and last days are billed once', async () => {
    await open();
    expect((await ask({ status: 'paused' })).body.subscription).toMatchObject({ status: 'paused' });
    await advance(call, '2026-06-11T00:00:00Z');
    expect((await ask({ status: 'active' })).body.subscription).toMatchObject({
      status: 'active',
      resumed_at: '2026-06-11T00:00:00Z',
    });
    await advance(call, '2026-07-02T00:00:00Z');
    // 16 of 31 days and the usage; then 20 of 30 days.
    expect(await totals()).toEqual([2248, 2000]);
  });

  it('refuses to start what waits for its day', async () => {
    await open();
    id = (await take(call, 'later', 'small', { subscription_at: '2026-09-01T00:00:00Z' })).lago_id;
    for (const status of ['active', 'paused']) expect((await ask({ status })).body.code).toBe('transition_not_allowed');
    expect((await ask({ status: 'canceled' })).body.subscription).toMatchObject({ status: 'canceled' });
  });
});

it('a vendor who takes the announced end back lets the customer cancel again', async () => {
  const florin = await startFlorin();
  const { call } = await openAt(florin, '2026-03-17T12:00:00Z');
  await sell(call, 'small', 3000);
  const { lago_id: id } = await take(call, 'sub', 'small');
  const { body } = await call('POST', '/api/v1/customers/customer of sub/sessions', {
    session: { role: 'owner', subject: 'ada' },
  });
  const cancel = () => florin.as(body.token)('POST', `/api/v1/billing/subscriptions/${id}/cancel`);
  expect((await cancel()).body.subscription.status).toBe('canceled');
  const back = await call('PUT', '/api/v1/subscriptions/sub', { subscription: { ending_at: null } });
  expect(back.body.subscription).toMatchObject({ canceled_at: null, ending_at: null });
  expect((await cancel()).body.subscription.status).toBe('canceled');
  await florin.stop();
});
