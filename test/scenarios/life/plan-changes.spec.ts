import { expectHealthy } from '../../support/doctor.ts';
import { type Caller, type Florin, startFlorin } from '../../support/florin.ts';
import { make } from '../../support/shop.ts';
import { advance, bill, linesOf, makeAddOns, openAt, pauseBetween, sell, take, wholeInvoices } from './life.ts';

/** The same external id takes another plan. */
const change = (call: Caller, planCode: string) =>
  make(call, '/api/v1/subscriptions', 'subscription', {
    external_customer_id: 'customer of sub',
    external_id: 'sub',
    plan_code: planCode,
  });

const read = async (call: Caller, query = '') => (await call('GET', `/api/v1/subscriptions/sub${query}`)).body.subscription;

describe('changes of a plan', () => {
  let florin: Florin;
  beforeAll(async () => {
    florin = await startFlorin();
  });
  afterAll(async () => {
    await expectHealthy(florin);
    await florin.stop();
  });

  it('upgrades at once in arrears: the day of the change is the new plan’s (upgrade-arrears-calendar-feb12-2024)', async () => {
    const { call } = await openAt(florin, '2024-01-01T00:00:00Z');
    await sell(call, 'small', 2900, { pay_in_advance: false });
    await sell(call, 'large', 29_000, { pay_in_advance: false });
    const old = await take(call, 'sub', 'small');
    await advance(call, '2024-02-12T06:00:00Z');
    const upgraded = await change(call, 'large');
    expect(upgraded).toMatchObject({
      status: 'active',
      plan_code: 'large',
      previous_plan_code: 'small',
      subscription_at: '2024-01-01T00:00:00Z',
      started_at: '2024-02-12T06:00:00Z',
    });
    expect((await call('GET', `/api/v1/subscriptions/${old.lago_id}`)).body.subscription.status).toBe('terminated');
    await advance(call, '2024-03-01T01:00:00Z');
    expect((await wholeInvoices(call, 'sub')).map(linesOf)).toEqual([
      ['subscription 2900 2024-01-01/2024-02-01'],
      ['subscription 1100 2024-02-01/2024-02-12'],
      ['subscription 18000 2024-02-12/2024-03-01'],
    ]);
  });

  it('keeps the anchor through an upgrade: the end of a quarter divides by the whole quarter (terminate-after-midperiod-start-quarterly-anniversary)', async () => {
    const { call } = await openAt(florin, '2024-01-15T00:00:00Z');
    await sell(call, 'small', 45_500, { interval: 'quarterly', pay_in_advance: false });
    await sell(call, 'large', 91_000, { interval: 'quarterly', pay_in_advance: false });
    await take(call, 'sub', 'small', { billing_time: 'anniversary' });
    await advance(call, '2024-05-20T10:00:00Z');
    await change(call, 'large');
    await advance(call, '2024-06-20T10:00:00Z');
    await call('DELETE', '/api/v1/subscriptions/sub');
    await bill(call);
    const lines = (await wholeInvoices(call, 'sub')).map(linesOf);
    expect(lines.at(-1)).toEqual(['subscription 32000 2024-05-20/2024-06-21']);
  });

  it('upgrades on the day of the start (upgrade-zero-plan-hour-later)', async () => {
    const { call } = await openAt(florin, '2024-04-24T10:00:00Z');
    await sell(call, 'free', 0, { pay_in_advance: false });
    await sell(call, 'paid', 2000, { pay_in_advance: false });
    await make(call, '/api/v1/taxes', 'tax', { code: 'vat', name: 'VAT', rate: 20, applied_to_organization: true });
    await take(call, 'sub', 'free');
    await advance(call, '2024-04-24T11:00:00Z');
    await change(call, 'paid');
    await advance(call, '2024-04-26T11:00:00Z');
    await call('DELETE', '/api/v1/subscriptions/sub');
    await advance(call, '2024-04-26T13:00:00Z');
    const invoices = await wholeInvoices(call, 'sub');
    expect(invoices.map((invoice) => [invoice.status, invoice.total_amount_cents])).toEqual([
      ['finalized', 0],
      ['finalized', 240],
    ]);
  });

  it('plans a downgrade for the end of the period, shows it, replaces it, undoes it', async () => {
    const { call } = await openAt(florin, '2024-03-01T00:00:00Z');
    await sell(call, 'large', 10_000, { pay_in_advance: false });
    await sell(call, 'middle', 5000, { pay_in_advance: false });
    await sell(call, 'small', 1000, { pay_in_advance: false });
    await take(call, 'sub', 'large');
    await advance(call, '2024-05-15T00:00:00Z');
    expect(await change(call, 'small')).toMatchObject({
      plan_code: 'large',
      next_plan_code: 'small',
      downgrade_plan_date: '2024-06-01',
    });
    expect(await change(call, 'middle')).toMatchObject({ next_plan_code: 'middle' });
    expect(await change(call, 'large')).toMatchObject({ next_plan_code: null, downgrade_plan_date: null });
    await change(call, 'small');
    const { body } = await call('DELETE', '/api/v1/subscriptions/sub?status=pending');
    expect(body.subscription).toMatchObject({ status: 'canceled', plan_code: 'small' });
    expect(await read(call)).toMatchObject({ status: 'active', next_plan_code: null });
    await change(call, 'small');
    await advance(call, '2024-07-01T01:00:00Z');
    // downgrade-arrears-old-period-billed-in-full: nothing of June on the old plan
    expect((await wholeInvoices(call, 'sub')).map(linesOf)).toEqual([
      ['subscription 10000 2024-03-01/2024-04-01'],
      ['subscription 10000 2024-04-01/2024-05-01'],
      ['subscription 10000 2024-05-01/2024-06-01'],
      ['subscription 1000 2024-06-01/2024-07-01'],
    ]);
    expect(await read(call)).toMatchObject({ plan_code: 'small', previous_plan_code: 'large', status: 'active' });
  });

  it('bills a downgrade’s fixed charges in advance on the old plan’s last invoice (downgrade-fixed-charges-in-advance)', async () => {
    const { call } = await openAt(florin, '2023-07-19T12:12:00Z');
    for (const [code, cents] of Object.entries({ a: 1000, b: 1500, c: 10_000, d: 2000 }))
      await make(call, '/api/v1/add_ons', 'add_on', { code, name: code, amount_cents: cents, amount_currency: 'EUR' });
    const fixed = (...codes: string[]) => ({
      pay_in_advance: false,
      fixed_charges: codes.map((code) => ({ add_on_code: code, units: '1', pay_in_advance: true })),
    });
    await sell(call, 'large', 10_000, fixed('a', 'b'));
    await sell(call, 'small', 1000, fixed('c', 'd'));
    await take(call, 'sub', 'large');
    await advance(call, '2023-08-21T23:59:59Z');
    await change(call, 'small');
    await advance(call, '2023-09-01T01:30:00Z');
    const invoices = await wholeInvoices(call, 'sub');
    expect(invoices.map(linesOf)).toEqual([
      // 13 of 31 days
      ['fixed_charge 419 2023-07-19/2023-08-01', 'fixed_charge 629 2023-07-19/2023-08-01'],
      [
        'subscription 4194 2023-07-19/2023-08-01',
        'fixed_charge 1000 2023-08-01/2023-09-01',
        'fixed_charge 1500 2023-08-01/2023-09-01',
      ],
      [
        'subscription 10000 2023-08-01/2023-09-01',
        'fixed_charge 10000 2023-09-01/2023-10-01',
        'fixed_charge 2000 2023-09-01/2023-10-01',
      ],
    ]);
    const [old, next] = invoices[2].subscriptions;
    expect([old.external_id, next.external_id]).toEqual(['sub', 'sub']);
    expect(old.lago_id).not.toBe(next.lago_id);
    await advance(call, '2023-10-01T01:30:00Z');
    expect(linesOf((await wholeInvoices(call, 'sub'))[3])).toEqual([
      'subscription 1000 2023-09-01/2023-10-01',
      'fixed_charge 10000 2023-10-01/2023-11-01',
      'fixed_charge 2000 2023-10-01/2023-11-01',
    ]);
  });

  it('grants a trial once to an external id (trial-10-days)', async () => {
    const { call } = await openAt(florin, '2024-03-05T12:12:00Z');
    await sell(call, 'trial', 5_000_000, { trial_period: 10 });
    await sell(call, 'larger', 9_000_000, { trial_period: 12 });
    expect(await take(call, 'sub', 'trial')).toMatchObject({ status: 'trial', trial_ends_at: '2024-03-15T12:12:00Z' });
    await advance(call, '2024-03-15T12:02:00Z');
    expect(await wholeInvoices(call, 'sub')).toEqual([]);
    await advance(call, '2024-03-15T13:02:00Z');
    expect((await wholeInvoices(call, 'sub')).map(linesOf)).toEqual([['subscription 2741935 2024-03-15/2024-04-01']]);
    // 12 days from the first start: two are left, not twelve
    expect(await change(call, 'larger')).toMatchObject({ status: 'trial', trial_ends_at: '2024-03-17T12:12:00Z' });
    await call('DELETE', '/api/v1/subscriptions/sub');
    await advance(call, '2024-04-02T00:00:00Z');
    expect(await change(call, 'trial')).toMatchObject({ status: 'active' });
  });

  it('takes up the anchor of an ended subscription without billing its time again (recreate-same-external-id-keeps-anchor)', async () => {
    const { call } = await openAt(florin, '2025-03-15T00:00:00Z');
    await sell(call, 'year', 36_500, { interval: 'yearly', pay_in_advance: false });
    await take(call, 'sub', 'year', { billing_time: 'anniversary' });
    await advance(call, '2026-03-13T00:00:00Z');
    await call('DELETE', '/api/v1/subscriptions/sub');
    const again = await take(call, 'sub', 'year', { billing_time: 'anniversary', subscription_at: '2025-03-15T00:00:00Z' });
    expect(again).toMatchObject({ subscription_at: '2025-03-15T00:00:00Z', started_at: '2026-03-13T00:00:00Z' });
    await advance(call, '2026-03-15T01:00:00Z');
    const periods = (await wholeInvoices(call, 'sub')).map((invoice) => [invoice.period_start, invoice.period_end]);
    expect(periods).toEqual([
      ['2025-03-15T00:00:00Z', '2026-03-13T00:00:00Z'],
      ['2026-03-13T00:00:00Z', '2026-03-15T00:00:00Z'],
    ]);
  });

  it('pauses and resumes: the day of the pause and the time until the resumption are free', async () => {
    const { call } = await openAt(florin, '2024-04-01T00:00:00Z');
    await sell(call, 'plain', 3000, { pay_in_advance: false });
    await take(call, 'sub', 'plain');
    await advance(call, '2024-04-11T15:00:00Z');
    const paused = await call('POST', '/api/v1/subscriptions/sub/pause', { resume_at: '2024-05-22T09:00:00Z' });
    expect(paused.body.subscription).toMatchObject({ status: 'paused', resume_at: '2024-05-22T09:00:00Z' });
    expect((await call('POST', '/api/v1/subscriptions/sub/pause')).body.code).toBe('transition_not_allowed');
    await advance(call, '2024-05-20T00:00:00Z');
    expect(await read(call)).toMatchObject({ status: 'paused' });
    await advance(call, '2024-06-10T00:00:00Z');
    expect(await read(call)).toMatchObject({ status: 'active', resumed_at: '2024-05-22T09:00:00Z' });
    // Resumed before the pause is billed: it waits for that, and counts from when it was asked for.
    await call('POST', '/api/v1/subscriptions/sub/pause');
    await call('POST', '/api/v1/subscriptions/sub/resume');
    await advance(call, '2024-07-01T01:00:00Z');
    expect((await wholeInvoices(call, 'sub')).map(linesOf)).toEqual([
      ['subscription 1000 2024-04-01/2024-04-11'],
      ['subscription 968 2024-05-22/2024-06-01'],
      ['subscription 900 2024-06-01/2024-06-10'],
      ['subscription 2100 2024-06-10/2024-07-01'],
    ]);
    expect((await call('POST', '/api/v1/subscriptions/sub/resume')).body.code).toBe('transition_not_allowed');
  });

  it.each([0, 60])('bills what counts no days once a period, whatever pauses part it (grace of %d days)', async (grace) => {
    const { call } = await openAt(florin, '2024-04-01T00:00:00Z');
    await makeAddOns(call, 900, 'seat', 'support');
    await sell(call, 'plain', 3000, {
      pay_in_advance: false,
      fixed_charges: [
        { add_on_code: 'seat', units: '1', prorated: true },
        { add_on_code: 'support', units: '1', prorated: false },
      ],
    });
    await take(call, 'sub', 'plain', {}, { billing_configuration: { invoice_grace_period: grace } });
    for (const [paused, resumed] of [
      ['2024-04-11T10:00:00Z', '2024-04-16T09:00:00Z'],
      ['2024-04-21T12:00:00Z', '2024-04-26T09:00:00Z'],
    ] as const)
      await pauseBetween(call, paused, resumed);
    const preview = await call('POST', '/api/v1/subscriptions/sub/preview-invoice');
    await advance(call, '2024-06-01T02:00:00Z');
    for (const invoice of await wholeInvoices(call, 'sub')) await call('PUT', `/api/v1/invoices/${invoice.lago_id}/finalize`);
    const invoices = await wholeInvoices(call, 'sub');
    const cents = (name: string) =>
      invoices.map(({ fees }: { fees: { item: { name: string }; amount_cents: number }[] }) =>
        fees.filter((fee) => fee.item.name === name).map((fee) => fee.amount_cents),
      );
    // Ten, five and five of April's 30 days, then May.
    expect(cents('seat')).toEqual([[300], [150], [150], [900]]);
    expect(cents('support')).toEqual([[900], [], [], [900]]);
    expect(preview.body.invoice.total_amount_cents).toBe(invoices[2]?.total_amount_cents);
  });
});
