import { expectHealthy } from '../../support/doctor.ts';
import { type Caller, type Florin, startFlorin } from '../../support/florin.ts';
import { make } from '../../support/shop.ts';
import { advance, bill, linesOf, openAt, sell, take, wholeInvoices } from './life.ts';

/** A free plan with seats at 30.00 (`fields` say how they are billed), three of them. */
async function stock(call: Caller, fields: object = {}, plan: object = {}) {
  await make(call, '/api/v1/add_ons', 'add_on', { code: 'seat', name: 'Seat', amount_cents: 3000, amount_currency: 'EUR' });
  return sell(call, 'plan', 0, {
    pay_in_advance: false,
    fixed_charges: [{ add_on_code: 'seat', units: '3', ...fields }],
    ...plan,
  });
}

const seats = async (call: Caller) =>
  (await wholeInvoices(call, 'sub')).map((invoice) =>
    linesOf(invoice).flatMap((line) => (line.startsWith('fixed_charge ') ? [line.slice('fixed_charge '.length)] : [])),
  );
const change = async (call: Caller, fields: object) => {
  const answer = await call('PUT', '/api/v1/subscriptions/sub/fixed_charges/seat', { fixed_charge: fields });
  if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
  return answer.body.fixed_charge;
};

describe('quantities of fixed charges', () => {
  let florin: Florin;
  beforeAll(async () => {
    florin = await startFlorin();
  });
  afterAll(async () => {
    await expectHealthy(florin);
    await florin.stop();
  });

  it('in arrears: at once cuts the period by days, else they wait for the next one', async () => {
    const { call } = await openAt(florin, '2024-04-01T00:00:00Z');
    await stock(call);
    await take(call, 'sub', 'plan');
    await advance(call, '2024-04-11T15:00:00Z');
    expect(await change(call, { units: 6, apply_units_immediately: true })).toMatchObject({ units: 6, scheduled_units: null });
    await advance(call, '2024-04-21T00:00:00Z');
    expect(await change(call, { units: 1 })).toMatchObject({
      units: 6,
      scheduled_units: 1,
      scheduled_units_at: '2024-05-01T00:00:00Z',
    });
    const preview = await call('POST', '/api/v1/subscriptions/sub/preview-invoice');
    await advance(call, '2024-06-01T02:00:00Z');
    const invoices = await wholeInvoices(call, 'sub');
    expect(await seats(call)).toEqual([
      ['3000 2024-04-01/2024-04-11', '12000 2024-04-11/2024-05-01'],
      ['3000 2024-05-01/2024-06-01'],
    ]);
    expect(preview.body.invoice.total_amount_cents).toBe(invoices[0].total_amount_cents);
    const { status, body } = await call('GET', `/api/v1/fees/${invoices[0].fees[1].lago_id}/explain`);
    expect({ status, sentences: body.explanation?.sentences ?? body.sentences }).toMatchObject({ status: 200 });
  });

  it('what is asked for the next period is undone by asking for what there is', async () => {
    const { call } = await openAt(florin, '2024-04-01T00:00:00Z');
    await stock(call);
    await take(call, 'sub', 'plan');
    await advance(call, '2024-04-11T00:00:00Z');
    expect(await change(call, { units: 9 })).toMatchObject({ units: 3, scheduled_units: 9 });
    expect((await call('GET', '/api/v1/subscriptions/sub/fixed_charges')).body.fixed_charges).toMatchObject([
      { code: 'seat', units: 3, scheduled_units: 9 },
    ]);
    expect(await change(call, { units: 3 })).toMatchObject({ units: 3, scheduled_units: null });
    await advance(call, '2024-06-01T02:00:00Z');
    expect(await seats(call)).toEqual([['9000 2024-04-01/2024-05-01'], ['9000 2024-05-01/2024-06-01']]);
    expect((await call('GET', '/api/v1/plans/plan')).body.plan.fixed_charges).toMatchObject([{ units: 3 }]);
    expect((await call('GET', '/api/v1/subscriptions/sub/fixed_charges/nothing')).body.code).toBe('fixed_charge_not_found');
  });

  it('where days do not count: the last units of the period', async () => {
    const { call } = await openAt(florin, '2024-04-01T00:00:00Z');
    await stock(call, { prorated: false });
    await take(call, 'sub', 'plan');
    await advance(call, '2024-04-11T00:00:00Z');
    await change(call, { units: 5, apply_units_immediately: true });
    await advance(call, '2024-05-01T02:00:00Z');
    expect(await seats(call)).toEqual([['15000 2024-04-01/2024-05-01']]);
  });

  it('in advance: growth is invoiced at once for the days left, a decrease waits and refunds nothing', async () => {
    const { call } = await openAt(florin, '2024-04-01T00:00:00Z');
    await stock(call, { pay_in_advance: true });
    await take(call, 'sub', 'plan');
    await advance(call, '2024-04-11T10:00:00Z');
    await change(call, { units: 5, apply_units_immediately: true });
    await advance(call, '2024-04-12T00:00:00Z');
    await change(call, { units: 2, apply_units_immediately: true });
    await change(call, { units: 4, apply_units_immediately: true });
    await advance(call, '2024-04-22T00:00:00Z');
    await change(call, { units: 6, apply_units_immediately: true });
    await advance(call, '2024-05-01T02:00:00Z');
    const paid = await seats(call);
    expect(paid.flat().toSorted()).toEqual([
      '18000 2024-05-01/2024-06-01',
      '4000 2024-04-11/2024-05-01',
      '900 2024-04-22/2024-05-01',
      '9000 2024-04-01/2024-05-01',
    ]);
  });

  it('in advance: the days that growth did not get are credited', async () => {
    const { call } = await openAt(florin, '2024-04-01T00:00:00Z');
    await stock(call, { pay_in_advance: true });
    await take(call, 'sub', 'plan');
    await advance(call, '2024-04-11T10:00:00Z');
    await change(call, { units: 5, apply_units_immediately: true });
    await advance(call, '2024-04-21T00:00:00Z');
    await call('DELETE', '/api/v1/subscriptions/sub');
    await bill(call);
    const notes = (await call('GET', '/api/v1/credit_notes')).body.credit_notes as { total_amount_cents: number }[];
    // Nine of thirty days: of three seats, and of the two that came.
    expect(notes.map((note) => note.total_amount_cents).toSorted()).toEqual([1800, 2700]);
  });

  it('of the plan hold for all who take it, in their own periods', async () => {
    const { call } = await openAt(florin, '2024-04-01T00:00:00Z');
    await stock(call, { pay_in_advance: true });
    await take(call, 'sub', 'plan');
    await take(call, 'later', 'plan', { billing_time: 'anniversary', subscription_at: '2024-04-15T00:00:00Z' });
    await advance(call, '2024-04-21T00:00:00Z');
    const put = (fields: object) => call('PUT', '/api/v1/plans/plan/fixed_charges/seat', { fixed_charge: fields });
    expect((await put({ units: '4', apply_units_immediately: true })).status).toBe(200);
    await put({ units: '2' });
    await advance(call, '2024-05-15T02:00:00Z');
    expect((await seats(call)).flat().toSorted()).toEqual([
      '1000 2024-04-21/2024-05-01',
      '6000 2024-05-01/2024-06-01',
      '9000 2024-04-01/2024-05-01',
    ]);
    const lines = (await wholeInvoices(call, 'later')).flatMap(linesOf).filter((line) => line.startsWith('fixed'));
    expect(lines.toSorted()).toEqual([
      'fixed_charge 2400 2024-04-21/2024-05-15',
      'fixed_charge 6000 2024-05-15/2024-06-15',
      'fixed_charge 9000 2024-04-15/2024-05-15',
    ]);
  });

  it('follow the plan in copies that have what it has', async () => {
    const { call } = await openAt(florin, '2024-04-01T00:00:00Z');
    await stock(call);
    await take(call, 'sub', 'plan', { plan_overrides: { amount_cents: 100 } });
    await advance(call, '2024-04-11T00:00:00Z');
    const fields = { units: '6', apply_units_immediately: true, cascade_updates: true };
    await call('PUT', '/api/v1/plans/plan/fixed_charges/seat', { fixed_charge: fields });
    await advance(call, '2024-05-01T02:00:00Z');
    expect(await seats(call)).toEqual([['3000 2024-04-01/2024-04-11', '12000 2024-04-11/2024-05-01']]);
  });

  it('and prices of usage are changed for one subscription by their code', async () => {
    const { call } = await openAt(florin, '2024-04-01T00:00:00Z');
    const metric = await make(call, '/api/v1/billable_metrics', 'billable_metric', {
      code: 'calls',
      name: 'Calls',
      aggregation_type: 'count_agg',
    });
    const charge = { billable_metric_id: metric.lago_id, charge_model: 'standard', properties: { amount: '1' } };
    await stock(call, {}, { charges: [charge] });
    await take(call, 'sub', 'plan');
    const path = '/api/v1/subscriptions/sub/charges';
    const changed = await call('PUT', `${path}/calls`, { charge: { properties: { amount: '2' } } });
    expect(changed.body.charge).toMatchObject({ code: 'calls', properties: { amount: '2' } });
    expect((await call('GET', path)).body.charges).toMatchObject([{ properties: { amount: '2' } }]);
    expect((await call('PUT', `${path}/nothing`, { charge: {} })).body.code).toBe('charge_not_found');
  });
});
