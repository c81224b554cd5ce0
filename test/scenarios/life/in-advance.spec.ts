import { expectHealthy } from '../../support/doctor.ts';
import { type Florin, startFlorin } from '../../support/florin.ts';
import { make, use } from '../../support/shop.ts';
import { advance, bill, linesOf, meter, openAt, sell, take, tax, wholeInvoices } from './life.ts';

describe('plans billed in advance', () => {
  let florin: Florin;
  beforeAll(async () => {
    florin = await startFlorin();
  });
  afterAll(async () => {
    await expectHealthy(florin);
    await florin.stop();
  });

  it('bills at the start what begins, and at each boundary the usage that ended with the fee that begins', async () => {
    const { call } = await openAt(florin, '2025-02-08T00:00:00Z');
    await tax(call, 20);
    const metric = await meter(call);
    await make(call, '/api/v1/add_ons', 'add_on', { code: 'seat', name: 'Seat', amount_cents: 2800, amount_currency: 'EUR' });
    await make(call, '/api/v1/add_ons', 'add_on', { code: 'desk', name: 'Desk', amount_cents: 1400, amount_currency: 'EUR' });
    await sell(call, 'pro', 10_000, {
      charges: [{ billable_metric_id: metric.lago_id, charge_model: 'standard', properties: { amount: '1' } }],
      fixed_charges: [
        { add_on_code: 'seat', units: '2', pay_in_advance: true },
        { add_on_code: 'desk', units: '1', pay_in_advance: false },
      ],
    });
    const subscription = await take(call, 'sub', 'pro');
    expect(subscription).toMatchObject({
      status: 'active',
      current_billing_period_started_at: '2025-02-08T00:00:00Z',
      current_billing_period_ending_at: '2025-03-01T00:00:00Z',
    });
    await use(call, 'sub', 'units', { count: 7 }, '2025-02-20T00:00:00Z');
    const usage = await call('GET', '/api/v1/subscriptions/sub/usage');
    expect(usage.body.usage).toMatchObject({ amount_cents: 700, from_datetime: '2025-02-08T00:00:00Z' });
    await advance(call, '2025-04-01T02:00:00Z');
    const invoices = await wholeInvoices(call, 'sub');
    // start-calendar-monthly-feb2025: 21 of 28 days of 100.00 are 75.00, and 20 % of it 15.00
    expect(invoices.map(linesOf)).toEqual([
      ['subscription 7500 2025-02-08/2025-03-01', 'fixed_charge 4200 2025-02-08/2025-03-01'],
      [
        'subscription 10000 2025-03-01/2025-04-01',
        'fixed_charge 1050 2025-02-08/2025-03-01',
        'fixed_charge 5600 2025-03-01/2025-04-01',
        'charge 700 2025-02-08/2025-03-01',
      ],
      [
        'subscription 10000 2025-04-01/2025-05-01',
        'fixed_charge 1400 2025-03-01/2025-04-01',
        'fixed_charge 5600 2025-04-01/2025-05-01',
        'charge 0 2025-03-01/2025-04-01',
      ],
    ]);
    expect(invoices[0]).toMatchObject({
      invoicing_reason: 'subscription_starting',
      period_start: '2025-02-08T00:00:00Z',
      period_end: '2025-03-01T00:00:00Z',
      issuing_date: '2025-02-08',
      taxes_amount_cents: 2340,
    });
    expect(invoices[1]).toMatchObject({ invoicing_reason: 'subscription_periodic', period_start: '2025-02-08T00:00:00Z' });
  });

  it('bills a backdated start and every boundary since, each on its own invoice', async () => {
    const { call } = await openAt(florin, '2025-04-10T12:00:00Z');
    await sell(call, 'pro', 3100);
    await take(call, 'sub', 'pro', { subscription_at: '2025-01-22T00:00:00Z' });
    await bill(call);
    await bill(call);
    expect((await wholeInvoices(call, 'sub')).map(linesOf)).toEqual([
      ['subscription 1000 2025-01-22/2025-02-01'],
      ['subscription 3100 2025-02-01/2025-03-01'],
      ['subscription 3100 2025-03-01/2025-04-01'],
      ['subscription 3100 2025-04-01/2025-05-01'],
    ]);
  });

  it('bills usage of a yearly plan every month on the anniversary of its 31st, and its fee once a year', async () => {
    const { call } = await openAt(florin, '2024-01-31T01:00:00Z');
    const metric = await meter(call);
    const charges = [{ billable_metric_id: metric.lago_id, charge_model: 'standard', properties: { amount: '1' } }];
    const yearly = { interval: 'yearly', bill_charges_monthly: true, charges };
    await sell(call, 'arrears', 12_000, { ...yearly, pay_in_advance: false });
    await sell(call, 'advance', 12_000, yearly);
    await take(call, 'arrears', 'arrears', { billing_time: 'anniversary' });
    await take(call, 'advance', 'advance', { billing_time: 'anniversary' });
    await advance(call, '2025-02-28T02:00:00Z');
    const arrears = (await wholeInvoices(call, 'arrears')).map(linesOf);
    expect(arrears).toHaveLength(13);
    expect(arrears[0]).toEqual(['charge 0 2024-01-31/2024-02-29']);
    expect(arrears[11]).toEqual(['subscription 12000 2024-01-31/2025-01-31', 'charge 0 2024-12-31/2025-01-31']);
    const inAdvance = (await wholeInvoices(call, 'advance')).map(linesOf);
    expect(inAdvance).toHaveLength(14);
    expect(inAdvance[0]).toEqual(['subscription 12000 2024-01-31/2025-01-31']);
    expect(inAdvance[1]).toEqual(['charge 0 2024-01-31/2024-02-29']);
    expect(inAdvance[12]).toEqual(['subscription 12000 2025-01-31/2026-01-31', 'charge 0 2024-12-31/2025-01-31']);
  });

  it('refuses another rhythm of a plan in use, and months inside a month', async () => {
    const { call } = await openAt(florin, '2025-01-01T00:00:00Z');
    await sell(call, 'pro', 3100);
    await take(call, 'sub', 'pro');
    expect((await call('PUT', '/api/v1/plans/pro', { plan: { pay_in_advance: false } })).body).toMatchObject({
      code: 'validation_errors',
      error_details: { pay_in_advance: ['plan_in_use'] },
    });
    expect((await call('PUT', '/api/v1/plans/pro', { plan: { bill_charges_monthly: true } })).body).toMatchObject({
      error_details: { bill_charges_monthly: ['plan_in_use'] },
    });
    const made = {
      plan: { code: 'x', name: 'x', interval: 'monthly', amount_cents: 1, amount_currency: 'EUR', bill_charges_monthly: true },
    };
    expect((await call('POST', '/api/v1/plans', made)).body).toMatchObject({
      error_details: { bill_charges_monthly: ['value_is_invalid'] },
    });
  });
});
