import { Temporal } from 'temporal-polyfill';
import { billingCase, billingIds } from '../../domain/cases.ts';
import { expectHealthy } from '../../support/doctor.ts';
import { type Caller, type Florin, startFlorin } from '../../support/florin.ts';
import { make, use } from '../../support/shop.ts';
import { advance, bill, linesOf, meter, openAt, sell, take, tax, wholeInvoices } from './life.ts';

interface Given {
  readonly interval: string;
  readonly billing_time: string;
  readonly timezone: string;
  readonly subscription_at: string;
  readonly plan_amount_cents: number;
  readonly tax_rate: number;
}

const customerIn = (timezone: string) => ({ timezone });
const standard = (metric: { lago_id: string }, amount: string, fields: object = {}) => [
  { billable_metric_id: metric.lago_id, charge_model: 'standard', properties: { amount }, ...fields },
];
const localDate = (instant: string, timezone: string): string =>
  Temporal.Instant.from(instant).toZonedDateTimeISO(timezone).toPlainDate().toString();
const dayBefore = (date: string): string => Temporal.PlainDate.from(date).subtract({ days: 1 }).toString();

/** Local dates, the last one inclusive, of what a plan in arrears billed from its start until an instant. */
async function periodsOf(florin: Florin, given: Given, until: string): Promise<[string, string][]> {
  const { call } = await openAt(florin, given.subscription_at);
  await sell(call, 'plan', 100, { interval: given.interval, pay_in_advance: false });
  const fields = { billing_time: given.billing_time, subscription_at: given.subscription_at };
  await take(call, 'sub', 'plan', fields, customerIn(given.timezone));
  await advance(call, until);
  return (await wholeInvoices(call, 'sub')).map(({ period_start, period_end }) => [
    localDate(period_start, given.timezone),
    dayBefore(localDate(period_end, given.timezone)),
  ]);
}

const end = async (call: Caller, query = '') => {
  expect((await call('DELETE', `/api/v1/subscriptions/sub${query}`)).status).toBe(200);
};

/** The dated numeric cases of periods, starts and ends, through HTTP and the virtual clock. */
describe('the numeric cases of a subscription’s life', () => {
  let florin: Florin;
  beforeAll(async () => {
    florin = await startFlorin();
  });
  afterAll(async () => {
    await expectHealthy(florin);
    await florin.stop();
  });

  it.each(billingIds(/./).filter((id) => id.startsWith('due-')))('%s', async (id) => {
    const { given, expect: expected } = billingCase<Given, { due: Record<string, boolean> }>(id);
    const instants = Object.keys(expected.due).map((when) => (when.length === 10 ? `${when}T12:00:00Z` : when));
    const until = Temporal.Instant.from(instants.toSorted().at(-1) ?? '').add({ hours: 48 });
    const ends = (await periodsOf(florin, given, until.toString())).map(([, last]) => last);
    const due = instants.map((when) => ends.includes(dayBefore(localDate(when, given.timezone))));
    expect(due).toEqual(Object.values(expected.due));
  });

  it.each([
    ['period-quarterly-jan31', '2022-11-01T00:00:00Z'],
    ['period-semiannual-jan31', '2022-02-01T00:00:00Z'],
  ])('%s', async (id, until) => {
    const { given, expect: expected } = billingCase<
      Given,
      { period_start_on: Record<string, string>; period_end_on?: Record<string, string> }
    >(id);
    const periods = await periodsOf(florin, given, until);
    const around = (date: string) => periods.find(([first, last]) => first <= date && date <= last);
    expect(Object.keys(expected.period_start_on).map((date) => around(date)?.[0])).toEqual(
      Object.values(expected.period_start_on),
    );
    expect(Object.keys(expected.period_end_on ?? {}).map((date) => around(date)?.[1])).toEqual(
      Object.values(expected.period_end_on ?? {}),
    );
  });

  it('period-yearly-leap-anchor: an event on the day of the change belongs to one year', async () => {
    const { given } = billingCase<Given, unknown>('period-yearly-leap-anchor');
    const { call } = await openAt(florin, given.subscription_at);
    await sell(call, 'plan', 0, { interval: 'yearly', pay_in_advance: false, charges: standard(await meter(call), '1') });
    await take(call, 'sub', 'plan', { billing_time: 'anniversary' });
    await use(call, 'sub', 'units', { count: 1 }, '2025-02-28T12:00:00Z');
    await advance(call, '2026-03-01T00:00:00Z');
    const usage = (await wholeInvoices(call, 'sub')).map((invoice) => linesOf(invoice).at(-1));
    expect(usage).toEqual(['charge 0 2024-02-29/2025-02-28', 'charge 100 2025-02-28/2026-02-28']);
  });

  it('period-monthly-anniv-jan30-2024-pia', async () => {
    const { call } = await openAt(florin, '2024-01-30T00:00:00Z');
    await sell(call, 'plan', 100, { charges: standard(await meter(call), '1') });
    await take(call, 'sub', 'plan', { billing_time: 'anniversary' });
    await advance(call, '2024-04-30T02:00:00Z');
    expect((await wholeInvoices(call, 'sub')).map(linesOf)).toEqual([
      ['subscription 100 2024-01-30/2024-02-29'],
      ['subscription 100 2024-02-29/2024-03-30', 'charge 0 2024-01-30/2024-02-29'],
      ['subscription 100 2024-03-30/2024-04-30', 'charge 0 2024-02-29/2024-03-30'],
      ['subscription 100 2024-04-30/2024-05-30', 'charge 0 2024-03-30/2024-04-30'],
    ]);
  });

  it('period-monthly-calendar-feb2024-pia', async () => {
    const { call } = await openAt(florin, '2023-06-16T05:00:00Z');
    await sell(call, 'plan', 700, { charges: standard(await meter(call), '1') });
    await take(call, 'sub', 'plan');
    await advance(call, '2024-02-01T12:12:00Z');
    const last = (await wholeInvoices(call, 'sub')).at(-1);
    expect(linesOf(last)).toEqual(['subscription 700 2024-02-01/2024-03-01', 'charge 0 2024-01-01/2024-02-01']);
    expect(last.total_amount_cents).toBe(700);
  });

  it('period-yearly-with-monthly-usage', async () => {
    const { given } = billingCase<Given, unknown>('period-yearly-with-monthly-usage');
    const { call } = await openAt(florin, given.subscription_at);
    const rhythm = { interval: 'yearly', pay_in_advance: false, bill_charges_monthly: true };
    await sell(call, 'plan', 1200, { ...rhythm, charges: standard(await meter(call), '1') });
    await take(call, 'sub', 'plan', { billing_time: 'anniversary' });
    await advance(call, '2025-01-31T02:00:00Z');
    const invoices = (await wholeInvoices(call, 'sub')).map(linesOf);
    expect(invoices).toHaveLength(12);
    expect(invoices[0]).toEqual(['charge 0 2024-01-31/2024-02-29']);
    expect(invoices.at(-1)).toEqual(['subscription 1200 2024-01-31/2025-01-31', 'charge 0 2024-12-31/2025-01-31']);
  });

  it.each([
    ['start-anniversary-pia-full', '2024-03-05T12:12:00Z', 'anniversary'],
    ['start-calendar-monthly-feb2025', '2025-02-08T00:00:00Z', 'calendar'],
    ['start-calendar-monthly-jan8-tax20', '2023-01-08T08:00:00Z', 'calendar'],
    ['start-calendar-monthly-mar5', '2024-03-05T12:12:00Z', 'calendar'],
    ['start-calendar-monthly-la-previous-day', '2023-02-08T00:00:00Z', 'calendar'],
    ['start-weekly-paris', '2023-06-16T20:00:00Z', 'calendar'],
  ])('%s', async (id, start, billing_time) => {
    const { given, expect: expected } = billingCase<Given, Record<string, number | undefined>>(id);
    const { call } = await openAt(florin, start);
    await tax(call, given.tax_rate ?? 0);
    await sell(call, 'plan', given.plan_amount_cents, { interval: given.interval });
    await take(call, 'sub', 'plan', { billing_time }, customerIn(given.timezone));
    await bill(call);
    const [{ fees_amount_cents: fee, taxes_amount_cents: taxes, total_amount_cents: total }] = await wholeInvoices(call, 'sub');
    expect([fee, taxes, total]).toEqual([
      expected.fee_amount_cents ?? fee,
      expected.taxes_amount_cents ?? taxes,
      expected.total_amount_cents ?? total,
    ]);
    expect([expected.fee_amount_cents, expected.total_amount_cents]).toContainEqual(expect.any(Number));
  });

  it.each([
    ['terminate-after-midperiod-start-quarterly-calendar', 'calendar', null],
    ['terminate-after-midperiod-start-quarterly-anniversary', 'anniversary', '2024-01-15T00:00:00Z'],
  ])('%s', async (id, billing_time, before) => {
    const { given, expect: expected } = billingCase<{ plan_cents: number }, { final_plan_fee_cents: number }>(id);
    const { call } = await openAt(florin, before ?? '2024-05-20T10:00:00Z');
    await sell(call, 'plan', given.plan_cents, { interval: 'quarterly', pay_in_advance: false });
    await sell(call, 'cheaper', 45_500, { interval: 'quarterly', pay_in_advance: false });
    if (before) await take(call, 'sub', 'cheaper', { billing_time });
    await advance(call, '2024-05-20T10:00:00Z');
    await take(call, 'sub', 'plan', { billing_time });
    await advance(call, '2024-06-20T10:00:00Z');
    await end(call);
    await bill(call);
    const last = (await wholeInvoices(call, 'sub')).at(-1);
    expect(linesOf(last)).toEqual([`subscription ${expected.final_plan_fee_cents} 2024-05-20/2024-06-21`]);
  });

  it('terminate-arrears-dec-2022-tax20: a draft in its grace', async () => {
    const { call } = await openAt(florin, '2022-12-15T00:00:00Z');
    await tax(call, 20);
    await sell(call, 'plan', 1000, { pay_in_advance: false });
    await take(call, 'sub', 'plan', {}, { billing_configuration: { invoice_grace_period: 3 } });
    await advance(call, '2022-12-20T06:00:00Z');
    await end(call);
    await bill(call);
    const [draft] = await wholeInvoices(call, 'sub');
    expect(draft).toMatchObject({ status: 'draft', fees_amount_cents: 194, taxes_amount_cents: 39, total_amount_cents: 233 });
  });

  it.each([
    ['terminate-arrears-feb12-2024', false],
    ['terminate-in-advance-feb12-2024', true],
  ])('%s, with recurring usage', async (id, pay_in_advance) => {
    const { expect: expected } = billingCase<unknown, Record<string, number> & { termination_invoice?: Record<string, number> }>(
      id,
    );
    const { call } = await openAt(florin, '2024-01-01T00:00:00Z');
    const metric = await make(call, '/api/v1/billable_metrics', 'billable_metric', {
      code: 'units',
      name: 'Units',
      aggregation_type: 'sum_agg',
      field_name: 'count',
      recurring: true,
    });
    await sell(call, 'plan', 2900, { pay_in_advance, charges: standard(metric, '1', { prorated: true }) });
    await take(call, 'sub', 'plan');
    await use(call, 'sub', 'units', { count: 5 }, '2024-01-01T00:00:00Z');
    await advance(call, '2024-02-12T06:00:00Z');
    await end(call);
    await advance(call, '2024-02-12T08:00:00Z');
    const last = (await wholeInvoices(call, 'sub')).at(-1);
    const usage = last.fees.find((fee: { item: { type: string } }) => fee.item.type === 'charge').amount_cents;
    const [note] = (await call('GET', '/api/v1/credit_notes')).body.credit_notes;
    const figures = pay_in_advance
      ? { credit_note_cents: note.total_amount_cents, credit_note_balance: note.balance_amount_cents }
      : { plan_fee: last.fees[0].amount_cents, usage_fee: usage, total: last.total_amount_cents };
    expect(expected).toMatchObject(figures);
    expect([usage, last.total_amount_cents]).toEqual([207, pay_in_advance ? 0 : 1407]);
  });

  it('ending-at-one-day-paris', async () => {
    const { given, expect: expected } = billingCase<
      Given & { plan_cents: number; ending_at: string },
      { total: number; issuing_date: string }
    >('ending-at-one-day-paris');
    const { call } = await openAt(florin, given.subscription_at);
    await sell(call, 'plan', given.plan_cents, { pay_in_advance: false });
    const fields = { billing_time: 'anniversary', ending_at: given.ending_at };
    await take(call, 'sub', 'plan', fields, customerIn(given.timezone));
    await advance(call, '2023-09-06T00:15:00Z');
    const invoices = await wholeInvoices(call, 'sub');
    expect(invoices).toMatchObject([{ total_amount_cents: expected.total, issuing_date: expected.issuing_date }]);
    expect((await call('GET', '/api/v1/subscriptions/sub')).body.subscription).toMatchObject({
      status: 'terminated',
      terminated_at: given.ending_at,
    });
  });

  it('ending-on-billing-day-in-advance: no period begins, nothing is credited', async () => {
    const { given, expect: expected } = billingCase<
      Given & { plan_cents: number; ending_at: string },
      { last_invoice_total: number; invoices: number; credit_notes: number; issuing_date: string }
    >('ending-on-billing-day-in-advance');
    const { call } = await openAt(florin, given.subscription_at);
    await sell(call, 'plan', given.plan_cents);
    const fields = { billing_time: 'anniversary', ending_at: given.ending_at };
    await take(call, 'sub', 'plan', fields, customerIn(given.timezone));
    await advance(call, '2023-10-05T00:15:00Z');
    const invoices = await wholeInvoices(call, 'sub');
    const notes = (await call('GET', '/api/v1/credit_notes')).body.credit_notes;
    const billed = invoices.flatMap(linesOf);
    expect(notes).toHaveLength(expected.credit_notes);
    // 00:00 UTC is two in the morning in Paris: the day of the end is the first of the next period, and is used.
    expect({ invoices: invoices.length, billed }).toEqual({
      invoices: expected.invoices,
      // By UTC day: the days of Paris begin at 22:00 of the day before.
      billed: ['subscription 1000 2023-09-04/2023-10-04'],
    });
    expect(invoices.at(-1)).toMatchObject({
      total_amount_cents: expected.last_invoice_total,
      issuing_date: expected.issuing_date,
    });
  });

  it('charge-minimum-prorated-on-termination', async () => {
    const { expect: expected } = billingCase<
      unknown,
      { draft: { fees: number; taxes: number; total: number }; credit_note: { total: number }; final_total: number }
    >('charge-minimum-prorated-on-termination');
    const { call } = await openAt(florin, '2023-02-01T00:00:00Z');
    await tax(call, 20);
    await sell(call, 'plan', 5000, { charges: standard(await meter(call), '8', { min_amount_cents: 1000 }) });
    await take(call, 'sub', 'plan', {}, { billing_configuration: { invoice_grace_period: 3 } });
    await advance(call, '2023-02-25T05:00:00Z');
    await use(call, 'sub', 'units', { count: 1 }, '2023-02-25T05:30:00Z');
    await advance(call, '2023-02-25T06:00:00Z');
    await end(call);
    await bill(call);
    const draft = (await wholeInvoices(call, 'sub')).at(-1);
    expect(draft).toMatchObject({
      status: 'draft',
      fees_amount_cents: expected.draft.fees,
      taxes_amount_cents: expected.draft.taxes,
      total_amount_cents: expected.draft.total,
    });
    expect(draft.fees.map((fee: { amount_cents: number }) => fee.amount_cents)).toEqual([800, 93]);
    const [note] = (await call('GET', '/api/v1/credit_notes')).body.credit_notes;
    expect(note.total_amount_cents).toBe(expected.credit_note.total);
    await advance(call, '2023-03-01T00:00:00Z');
    expect((await wholeInvoices(call, 'sub')).at(-1)).toMatchObject({ total_amount_cents: expected.final_total });
  });

  it('agg-weighted-sum-two-months', async () => {
    const { call } = await openAt(florin, '2023-03-01T00:00:00Z');
    const metric = await make(call, '/api/v1/billable_metrics', 'billable_metric', {
      code: 'units',
      name: 'Units',
      aggregation_type: 'weighted_sum_agg',
      weighted_interval: 'seconds',
      field_name: 'count',
      recurring: true,
    });
    await sell(call, 'plan', 0, { pay_in_advance: false, charges: standard(metric, '1') });
    await take(call, 'sub', 'plan');
    await use(call, 'sub', 'units', { count: 2500 }, '2023-03-05T00:00:00Z');
    await use(call, 'sub', 'units', { count: -2000 }, '2023-04-04T00:00:00Z');
    await use(call, 'sub', 'units', { count: -200 }, '2023-04-06T00:00:00Z');
    await advance(call, '2023-05-01T02:00:00Z');
    const usage = (await wholeInvoices(call, 'sub')).map((invoice) => linesOf(invoice).at(-1));
    expect(usage).toEqual(['charge 217742 2023-03-01/2023-04-01', 'charge 53333 2023-04-01/2023-05-01']);
  });

  it('grace-refresh-picks-up-late-usage', async () => {
    const { call } = await openAt(florin, '2022-12-15T00:00:00Z');
    await tax(call, 20);
    await sell(call, 'plan', 1000, { charges: standard(await meter(call), '1') });
    await take(call, 'sub', 'plan', {}, { billing_configuration: { invoice_grace_period: 3 } });
    for (const day of ['16', '17']) await use(call, 'sub', 'units', { count: 1 }, `2022-12-${day}T00:00:00Z`);
    await advance(call, '2023-01-01T02:00:00Z');
    const totals = async () => (await wholeInvoices(call, 'sub')).map((invoice) => invoice.total_amount_cents);
    expect(await totals()).toEqual([658, 1440]);
    await use(call, 'sub', 'units', { count: 1 }, '2022-12-18T00:00:00Z');
    const draft = (await wholeInvoices(call, 'sub')).at(-1);
    expect((await call('PUT', `/api/v1/invoices/${draft.lago_id}/refresh`)).status).toBe(200);
    expect(await totals()).toEqual([658, 1560]);
  });

  it('payment-due-date', async () => {
    const { call } = await openAt(florin, '2024-02-01T00:00:00Z');
    await sell(call, 'plan', 100, { pay_in_advance: false });
    await take(call, 'sub', 'plan', {}, { net_payment_term: 3 });
    await advance(call, '2024-03-01T02:00:00Z');
    expect(await wholeInvoices(call, 'sub')).toMatchObject([{ issuing_date: '2024-03-01', payment_due_date: '2024-03-04' }]);
  });

  it('a commitment paid in advance is of what its days cost, whatever ends them', async () => {
    const { call } = await openAt(florin, '2024-04-01T00:00:00Z');
    const commitment = { minimum_commitment: { amount_cents: 9000 } };
    const charges = standard(await meter(call), '1');
    await sell(call, 'small', 3000, { ...commitment, charges });
    await sell(call, 'large', 6000, { ...commitment, charges });
    await take(call, 'sub', 'small');
    await use(call, 'sub', 'units', { count: 10 }, '2024-04-05T00:00:00Z');
    await advance(call, '2024-04-11T00:00:00Z');
    await take(call, 'sub', 'large');
    await advance(call, '2024-04-21T12:00:00Z');
    await end(call);
    await advance(call, '2024-04-21T14:00:00Z');
    const invoices = (await wholeInvoices(call, 'sub')).map(linesOf);
    const notes = (await call('GET', '/api/v1/credit_notes')).body.credit_notes as { total_amount_cents: number }[];
    const cents = invoices.flat().reduce((sum, line) => sum + Number(line.split(' ')[1]), 0);
    const credited = notes.reduce((sum, note) => sum + note.total_amount_cents, 0);
    // 10 and 11 days of 30 at 90.00: what was billed less what was given back is exactly the commitment of the days.
    expect(cents - credited).toBe(3000 + 3300);
    expect(
      invoices
        .flat()
        .filter((line) => line.startsWith('commitment'))
        .map((line) => line.split(' ')[2]),
    ).toEqual(['2024-04-01/2024-04-11', '2024-04-11/2024-04-22']);
  });
});
