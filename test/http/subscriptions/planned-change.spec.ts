import { expectHealthy } from '../../support/doctor.ts';
import { setFlags } from '../../support/flags.ts';
import { type Caller, type Florin, startFlorin, type Tenant } from '../../support/florin.ts';
import { make } from '../../support/shop.ts';
import { advance, bill, openAt, sell, take, wholeInvoices } from '../../scenarios/life/life.ts';

/** A downgrade that waits for the end of the period is shown and changed beside the subscription it will replace. */
describe('a change of plan that is planned', () => {
  let florin: Florin;
  let tenant: Tenant;
  let call: Caller;
  beforeAll(async () => {
    florin = await startFlorin();
  });
  beforeEach(async () => {
    tenant = await openAt(florin, '2026-01-10T00:00:00Z');
    ({ call } = tenant);
    await setFlags(florin, tenant, ['multi_entity_billing']);
    for (const code of ['eu', 'uk']) await make(call, '/api/v1/billing_entities', 'billing_entity', { code, name: code });
    await sell(call, 'large', 5000, { pay_in_advance: false });
    await sell(call, 'small', 1000, { pay_in_advance: true });
    await take(call, 'sub', 'large');
    await bill(call);
    await take(call, 'sub', 'small');
  });
  afterEach(() => expectHealthy(florin));
  afterAll(() => florin.stop());

  const read = async (status = '') => (await call('GET', `/api/v1/subscriptions/sub${status}`)).body.subscription;
  const change = (subscription: object, status = '') => call('PUT', `/api/v1/subscriptions/sub${status}`, { subscription });
  const sellers = async () =>
    (await wholeInvoices(call, 'sub')).map((invoice) => [invoice.billing_entity_code, invoice.fees_amount_cents]);

  it('is shown by its status', async () => {
    expect(await read()).toMatchObject({ plan_code: 'large', next_plan_code: 'small', status: 'active' });
    expect(await read('?status=active')).toMatchObject({ plan_code: 'large' });
    expect(await read('?status=pending')).toMatchObject({ plan_code: 'small', previous_plan_code: 'large', status: 'pending' });
    const none = await call('GET', '/api/v1/subscriptions/sub?status=terminated');
    expect(none.body).toMatchObject({ status: 404, code: 'subscription_not_found' });
    const unknown = await call('GET', '/api/v1/subscriptions/sub?status=asleep');
    expect(unknown.body.error_details).toEqual({ status: ['value_is_invalid'] });
  });

  it('follows a move to another billing entity, and is billed there from its first day on', async () => {
    await change({ billing_entity_code: 'eu' });
    expect([(await read()).billing_entity_code, (await read('?status=pending')).billing_entity_code]).toEqual(['eu', 'eu']);
    await advance(call, '2026-02-01T00:00:00Z');
    expect(await sellers()).toEqual([['eu', 3548 + 1000]]);
    expect((await read()).billing_entity_code).toBe('eu');
  });

  it('is moved apart, and then stays where it is put', async () => {
    await change({ billing_entity_code: 'uk' }, '?status=pending');
    expect((await read()).billing_entity_code).toBe('default');
    await change({ billing_entity_code: 'eu' });
    expect([(await read()).billing_entity_code, (await read('?status=pending')).billing_entity_code]).toEqual(['eu', 'uk']);
    const { status, body } = await call('POST', '/api/v1/subscriptions/sub/preview-invoice');
    expect([status, body.invoice.billing_entity_code, body.invoice.fees_amount_cents]).toEqual([200, 'eu', 3548]);
    const several = await call('POST', '/api/v1/invoices/preview', {
      customer: { external_id: 'customer of sub' },
      subscriptions: { external_ids: ['sub'] },
    });
    expect([several.status, several.body.invoice.billing_entity_code]).toEqual([200, 'eu']);
    await advance(call, '2026-02-01T00:00:00Z');
    expect((await sellers()).toSorted()).toEqual([
      ['eu', 3548],
      ['uk', 1000],
    ]);
  });

  it('takes an end that is announced later over, and what is asked of it alone is its own', async () => {
    await change({ ending_at: '2026-06-30T00:00:00Z', name: 'ours' });
    expect(await read('?status=pending')).toMatchObject({ ending_at: '2026-06-30T00:00:00Z', name: 'ours' });
    const early = await change({ ending_at: '2026-01-20T00:00:00Z' }, '?status=pending');
    expect(early.body.error_details).toEqual({ ending_at: ['invalid_date'] });
    const anchor = await change({ subscription_at: '2026-05-01T00:00:00Z' }, '?status=pending');
    expect(anchor.body.error_details).toEqual({ subscription_at: ['subscription_already_started'] });
    await change({ ending_at: '2026-04-10T00:00:00Z', plan_overrides: { amount_cents: 65 } }, '?status=pending');
    expect(await read()).toMatchObject({ ending_at: '2026-06-30T00:00:00Z', plan_amount_cents: 5000 });
    expect(await read('?status=pending')).toMatchObject({ ending_at: '2026-04-10T00:00:00Z', plan_amount_cents: 65 });
    await advance(call, '2026-02-01T00:00:00Z');
    expect(await sellers()).toEqual([['default', 3548 + 65]]);
  });

  it('asked for once more with another entity is moved, and not what runs', async () => {
    await take(call, 'sub', 'small', { billing_entity_code: 'eu' });
    expect([(await read()).billing_entity_code, (await read('?status=pending')).billing_entity_code]).toEqual(['default', 'eu']);
  });

  it('has prices of its own by subscription_status', async () => {
    await make(call, '/api/v1/add_ons', 'add_on', { code: 'seat', name: 'Seat', amount_cents: 100, amount_currency: 'EUR' });
    const metric = { code: 'units', name: 'Units', aggregation_type: 'sum_agg', field_name: 'count' };
    const { lago_id: id } = await make(call, '/api/v1/billable_metrics', 'billable_metric', metric);
    await sell(call, 'tiny', 100, {
      charges: [{ billable_metric_id: id, code: 'units', charge_model: 'standard', properties: { amount: '1' } }],
      fixed_charges: [{ add_on_code: 'seat', code: 'seat', charge_model: 'standard', units: '2', properties: { amount: '1' } }],
    });
    await take(call, 'sub', 'tiny');
    const at = (path: string, query = '') => `/api/v1/subscriptions/sub/${path}${query}`;
    for (const [list, root, code] of [
      ['charges', 'charge', 'units'],
      ['fixed_charges', 'fixed_charge', 'seat'],
    ] as const) {
      expect((await call('GET', at(list))).body[list]).toEqual([]);
      expect((await call('GET', at(list, '?subscription_status=pending'))).body[list]).toHaveLength(1);
      const one = at(`${list}/${code}`);
      const pending = `${one}?subscription_status=pending`;
      expect((await call('GET', one)).body.code).toBe(`${root}_not_found`);
      expect((await call('GET', pending)).status).toBe(200);
      expect((await call('PUT', one, { [root]: { invoice_display_name: 'mine' } })).body.code).toBe(`${root}_not_found`);
      const changed = await call('PUT', pending, { [root]: { invoice_display_name: 'mine' } });
      expect(changed.body[root].invoice_display_name).toBe('mine');
      expect((await call('GET', pending)).body[root].invoice_display_name).toBe('mine');
    }
    expect((await read()).plan_code).toBe('large');
  });

  it('is canceled by its status; what runs, in its trial too, by active', async () => {
    expect((await call('DELETE', '/api/v1/subscriptions/sub?status=pending')).body.subscription.status).toBe('canceled');
    expect(await read()).toMatchObject({ next_plan_code: null, status: 'active' });
    await sell(call, 'tried', 3000, { trial_period: 30 });
    await take(call, 'trial', 'tried');
    const { body } = await call('DELETE', '/api/v1/subscriptions/trial?status=active');
    expect(body.subscription.status).toBe('terminated');
  });
});
