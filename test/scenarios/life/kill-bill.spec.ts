import { Temporal } from 'temporal-polyfill';
import { invoicingCase } from '../../domain/cases.ts';
import { expectHealthy } from '../../support/doctor.ts';
import { type Caller, type Florin, startFlorin } from '../../support/florin.ts';
import { make, use } from '../../support/shop.ts';
import { advance, bill, endOf, meter, openAt, sell } from './life.ts';

interface Item {
  readonly from: string;
  readonly to: string;
  readonly amount: string;
}

interface Note {
  readonly issuing_date: string;
  readonly total_amount_cents: number;
}

const cents = (amount: string): number => Math.round(Number(amount) * 100);
const expectedItems = (items: readonly Item[]) => items.map(({ from, to, amount }) => [from, to, cents(amount)]);
const localDate = (instant: string, timezone = 'UTC'): string =>
  Temporal.Instant.from(instant).toZonedDateTimeISO(timezone).toPlainDate().toString();

/** First days and amounts: an issued fee keeps the span that it was billed for, also where some of it was given back. */
const shortened = (items: readonly (readonly (string | number)[])[]) => items.map(([from, , amount]) => [from, amount]);

/** The account of the case. */
const open = (call: Caller, fields: object = {}) =>
  make(call, '/api/v1/customers', 'customer', { external_id: 'account', ...fields });
const take = (call: Caller, externalId: string, planCode: string, fields: object = {}) =>
  make(call, '/api/v1/subscriptions', 'subscription', {
    external_customer_id: 'account',
    external_id: externalId,
    plan_code: planCode,
    billing_time: 'anniversary',
    ...fields,
  });
const end = async (call: Caller, externalId: string) =>
  expect((await call('DELETE', `/api/v1/subscriptions/${externalId}`)).status).toBe(200);

/** Whole invoices, the oldest first. */
async function invoicesOf(call: Caller) {
  const { body } = await call('GET', '/api/v1/invoices?per_page=1000');
  const whole = [];
  for (const { lago_id: id } of body.invoices) whole.push((await call('GET', `/api/v1/invoices/${id}`)).body.invoice);
  return whole.toSorted((a, b) => a.created_at.localeCompare(b.created_at) || a.sequential_id - b.sequential_id);
}

const notesOf = async (call: Caller) => (await call('GET', '/api/v1/credit_notes?per_page=1000')).body.credit_notes;

/**
 * What the account came to, as Kill Bill shows a tree of items: each fee less what was given back of it, over the days that are left
 * of it. What came to nothing is left out where something was given back.
 */
async function netOf(call: Caller, { type = 'subscription', timezone = 'UTC' } = {}): Promise<[string, string, number][]> {
  const back = new Map<string, number>();
  for (const note of await notesOf(call))
    for (const { fee, amount_cents } of note.items) back.set(fee.lago_id, (back.get(fee.lago_id) ?? 0) + amount_cents);
  const fees = (await invoicesOf(call)).flatMap((invoice) => invoice.fees).filter((fee) => fee.item.type === type);
  return fees
    .map((fee): [string, string, number] => [
      localDate(fee.from_date, timezone),
      localDate(endOf(fee), timezone),
      fee.amount_cents - (back.get(fee.lago_id) ?? 0),
    ])
    .filter(([, , amount], i) => amount !== 0 || !back.has(fees[i].lago_id))
    .toSorted(([a], [b]) => a.localeCompare(b));
}

/** The time lines of another tradition, through HTTP and the virtual clock; those that Florin tells differently are in cases/README.md. */
describe('the time lines of Kill Bill', () => {
  let florin: Florin;
  beforeAll(async () => {
    florin = await startFlorin();
  });
  afterAll(async () => {
    await expectHealthy(florin);
    await florin.stop();
  });

  it.each([
    ['KB-GEN-01', '2011-09-01T00:00:00Z', '2011-10-03T00:00:00Z', 'UTC'],
    // Local 16 July is the 17th in UTC.
    ['KB-GEN-03', '2012-07-17T03:00:00Z', '2012-08-16T12:00:00Z', 'America/Los_Angeles'],
  ])('%s', async (id, start, until, timezone) => {
    const { given, expect: expected } = invoicingCase<{ rate: string }, { items: Item[] }>(id);
    const { call } = await openAt(florin, start);
    await sell(call, 'plan', cents(given.rate));
    await open(call, { timezone });
    await take(call, 'sub', 'plan');
    await advance(call, until);
    expect(await netOf(call, { timezone })).toEqual(expectedItems(expected.items));
  });

  it('KB-GEN-06: another billing day is another subscription', async () => {
    const { expect: expected } = invoicingCase<unknown, { items: Item[]; balance: string }>('KB-GEN-06');
    const { call } = await openAt(florin, '2011-09-01T00:00:00Z');
    await sell(call, 'small', 500);
    await sell(call, 'large', 1000);
    await open(call);
    await take(call, 'sub', 'small');
    await advance(call, '2011-10-14T12:00:00Z');
    await end(call, 'sub');
    await advance(call, '2011-10-15T00:00:00Z');
    await take(call, 'other', 'large');
    await advance(call, '2011-12-03T00:00:00Z');
    const items = await netOf(call);
    // The days of the second item were paid to the end of October: what was not used of them came back.
    expect(shortened(items)).toEqual(shortened(expectedItems(expected.items)));
    expect(items.reduce((sum, [, , amount]) => sum + amount, 0)).toBe(cents(expected.balance));
  });

  it('KB-GEN-07', async () => {
    const { expect: expected } = invoicingCase<unknown, { item_count: number; balance: string }>('KB-GEN-07');
    const { call } = await openAt(florin, '2011-09-01T00:00:00Z');
    for (const rate of [500, 1000, 3000]) await sell(call, `at ${rate}`, rate);
    await open(call);
    await take(call, 'sub', 'at 500');
    await advance(call, '2011-10-01T00:00:00Z');
    await take(call, 'sub', 'at 1000');
    await advance(call, '2011-11-01T00:00:00Z');
    await take(call, 'sub', 'at 3000');
    await advance(call, '2011-12-03T00:00:00Z');
    const amounts = (await netOf(call)).map(([, , amount]) => amount);
    expect(amounts).toHaveLength(expected.item_count);
    expect(amounts.reduce((sum, amount) => sum + amount)).toBe(cents(expected.balance));
  });

  it('KB-GEN-08 and KB-GEN-10: a second run makes nothing, and a price of nothing is an item of nothing', async () => {
    const { given } = invoicingCase<{ rate: string }, unknown>('KB-GEN-08');
    const { expect: expected } = invoicingCase<unknown, { item_count: number; balance: string }>('KB-GEN-10');
    const { call } = await openAt(florin, '2011-09-01T00:00:00Z');
    await sell(call, 'plan', cents(given.rate));
    await sell(call, 'free', 0);
    await open(call);
    await take(call, 'sub', 'plan');
    await advance(call, '2011-12-01T00:00:00Z');
    expect(await invoicesOf(call)).toHaveLength(4);
    await advance(call, '2011-12-03T00:00:00Z');
    await bill(call);
    expect(await invoicesOf(call)).toHaveLength(4);
    await take(call, 'nothing', 'free');
    await bill(call);
    const last = (await invoicesOf(call)).at(-1);
    expect([last.fees.length, last.total_amount_cents]).toEqual([expected.item_count, cents(expected.balance)]);
  });

  it('KB-GEN-09: five subscriptions on one invoice a day, for ten months', async () => {
    const { when, expect: expected } = invoicingCase<
      unknown,
      { steps: { date: string; invoice_total: string }[]; running_total: string },
      { run_invoice_on_each: string[] }
    >('KB-GEN-09');
    const { call } = await openAt(florin, '2011-01-05T00:00:00Z');
    for (const rate of [800, 1000, 1200, 1500, 2000, 2400, 3000, 4000]) await sell(call, `at ${rate}`, rate);
    await sell(call, 'annual', 10_000, { interval: 'yearly' });
    await sell(call, 'nothing', 0);
    await open(call, { consolidate_invoices: true, finalize_zero_amount_invoice: 'skip' });
    // The day of an end is used, and of a change the last: what ends on a day is ended on the one before.
    const events: Record<string, () => Promise<unknown>> = {
      '2011-01-05': () => take(call, 'sub1', 'at 800'),
      '2011-03-10': () => take(call, 'sub2', 'at 2000'),
      '2011-04-05': () => take(call, 'sub1', 'at 1200'),
      '2011-04-28': () => end(call, 'sub1'),
      '2011-05-20': () => take(call, 'sub3', 'at 1000'),
      '2011-06-07': () => take(call, 'sub4', 'at 1500'),
      // The add-on has the billing day of its base from the start, and a price from the 21st.
      '2011-06-10': async () => [await take(call, 'sub2', 'at 3000'), await take(call, 'sub5', 'nothing')],
      '2011-06-21': () => take(call, 'sub5', 'at 2000'),
      '2011-07-30': () => end(call, 'sub3'),
      '2011-07-31': () => take(call, 'sub3 by the year', 'annual'),
      '2011-08-07': () => take(call, 'sub4', 'at 2400'),
      '2011-09-10': () => take(call, 'sub2', 'at 4000'),
      '2011-10-06': () => end(call, 'sub5'),
    };
    for (const day of [...new Set([...when.run_invoice_on_each, ...Object.keys(events)])].toSorted()) {
      await advance(call, `${day}T00:00:00Z`);
      await events[day]?.();
    }
    await advance(call, '2011-10-10T01:00:00Z');
    const billed = (await invoicesOf(call)).map((invoice) => [invoice.issuing_date, invoice.fees_amount_cents]);
    const credited = (await notesOf(call)).map((note: Note) => [note.issuing_date, -note.total_amount_cents]);
    const until = (date: string) =>
      [...billed, ...credited].filter(([on]) => on <= date).reduce((sum, [, amount]) => sum + amount, 0);
    let running = 0;
    const balances = expected.steps.map(({ date, invoice_total: total }) => [date, (running += cents(total))]);
    expect(expected.steps.map(({ date }) => [date, until(date)])).toEqual(balances);
    expect(until('2011-10-10')).toBe(cents(expected.running_total));
  });

  it('KB-GEN-13: a trial and two prices on an older billing day', async () => {
    const { expect: expected } = invoicingCase<
      unknown,
      { invoices: { balance?: string; items?: Item[]; derived_items?: Item[] }[] }
    >('KB-GEN-13');
    const { call } = await openAt(florin, '2012-02-15T00:00:00Z');
    await sell(call, 'nothing', 0);
    await sell(call, 'discount', 995, { trial_period: 50 });
    await sell(call, 'evergreen', 1995);
    await open(call);
    // The billing day is the one of the account's first subscription; 50 days from it are 30 from 6 March.
    await take(call, 'sub', 'nothing');
    await advance(call, '2012-03-06T00:00:00Z');
    expect(await take(call, 'sub', 'discount')).toMatchObject({ status: 'trial', trial_ends_at: '2012-04-05T00:00:00Z' });
    await advance(call, '2012-10-05T00:00:00Z');
    await take(call, 'sub', 'evergreen');
    await advance(call, '2012-10-15T00:00:00Z');
    const [free, ...items] = await netOf(call);
    expect(free?.[2]).toBe(0);
    const [, ...billed] = expected.invoices;
    expect(shortened(items)).toEqual(shortened(expectedItems(billed.flatMap((one) => one.items ?? one.derived_items ?? []))));
  });

  it.each([
    ['KB-TREE-12', '2014-01-01', '2014-01-24', 0],
    ['KB-TREE-15', '2014-01-01', '2014-01-22', 200],
  ])('%s: what is left of a period that was paid', async (id, start, last, creditedBefore) => {
    const { given, expect: expected } = invoicingCase<{ rate: string }, { new_items: Item[] }>(id);
    const { call } = await openAt(florin, `${start}T00:00:00Z`);
    await sell(call, 'plan', cents(given.rate));
    await open(call);
    await take(call, 'sub', 'plan');
    await advance(call, `${last}T12:00:00Z`);
    const [{ lago_id: invoiceId, fees }] = await invoicesOf(call);
    if (creditedBefore > 0)
      await make(call, '/api/v1/credit_notes', 'credit_note', {
        invoice_id: invoiceId,
        items: [{ fee_id: fees[0].lago_id, amount_cents: creditedBefore }],
      });
    await end(call, 'sub');
    await bill(call);
    expect((await notesOf(call))[0]).toMatchObject({ total_amount_cents: -cents(expected.new_items[0]?.amount ?? '') });
  });

  it.each([
    ['KB-TREE-04', '2019-04-27', 2995, '2019-05-03', null],
    ['KB-TREE-07', '2014-01-01', 1200, '2014-01-25', '2014-02-07'],
  ])('%s: paused for a time', async (id, start, price, paused, resumed) => {
    const { expect: expected } = invoicingCase<unknown, { net_items: Item[]; if_cancelled_from_start?: Item[] }>(id);
    const { call } = await openAt(florin, `${start}T00:00:00Z`);
    await sell(call, 'plan', price);
    await open(call);
    await take(call, 'sub', 'plan');
    await advance(call, `${paused}T00:00:00Z`);
    const pause = await call('POST', '/api/v1/subscriptions/sub/pause', resumed ? { resume_at: `${resumed}T00:00:00Z` } : {});
    expect(pause.status).toBe(200);
    await advance(call, `${resumed ?? paused}T12:00:00Z`);
    expect(shortened(await netOf(call))).toEqual(shortened(expectedItems(expected.net_items)));
    const [{ amount = '0' } = {}] = expected.if_cancelled_from_start ?? [];
    const [{ lago_id: invoiceId, fees }] = await invoicesOf(call);
    const credit = (amountCents: number) => ({
      credit_note: { invoice_id: invoiceId, items: [{ fee_id: fees[0].lago_id, amount_cents: amountCents }] },
    });
    if (amount === '0') return;
    expect((await call('POST', '/api/v1/credit_notes', credit(1 - cents(amount)))).status).toBe(422);
    expect((await call('POST', '/api/v1/credit_notes', credit(-cents(amount)))).status).toBe(200);
    expect(await netOf(call)).toEqual([]);
  });

  it('KB-TREE-05: two upgrades inside one month', async () => {
    const { expect: expected } = invoicingCase<unknown, { net_items: Item[] }>('KB-TREE-05');
    const { call } = await openAt(florin, '2014-01-01T00:00:00Z');
    // Of the month that 14.85 for nine days and 19.23 for six days are parts of.
    for (const [code, amount] of Object.entries({ first: 1200, second: 5115, third: 9936 })) await sell(call, code, amount);
    await open(call);
    await take(call, 'sub', 'first');
    await advance(call, '2014-01-23T00:00:00Z');
    await take(call, 'sub', 'second');
    await advance(call, '2014-01-26T00:00:00Z');
    await take(call, 'sub', 'third');
    await advance(call, '2014-01-26T12:00:00Z');
    expect(shortened(await netOf(call))).toEqual(shortened(expectedItems(expected.net_items)));
  });

  it('KB-E2E-01: a billing day of 31 through short months, a trial, another price at the end of the term', async () => {
    const { expect: expected } = invoicingCase<unknown, { invoices: Item[] }>('KB-E2E-01');
    const { call } = await openAt(florin, '2012-01-31T00:00:00Z');
    await sell(call, 'large', 59_995, { trial_period: 31 });
    await sell(call, 'small', 2995);
    await open(call);
    await take(call, 'sub', 'large');
    await advance(call, '2012-03-05T00:00:00Z');
    await take(call, 'sub', 'small');
    await advance(call, '2012-07-01T00:00:00Z');
    const { status } = await call('PUT', '/api/v1/subscriptions/sub', { subscription: { ending_at: '2012-07-31T00:00:00Z' } });
    expect(status).toBe(200);
    await advance(call, '2012-09-01T00:00:00Z');
    expect(await netOf(call)).toEqual(expectedItems(expected.invoices));
    expect(await notesOf(call)).toEqual([]);
  });

  it('KB-E2E-25: weeks after a trial', async () => {
    const { expect: expected } = invoicingCase<unknown, { first: Item }>('KB-E2E-25');
    const { call } = await openAt(florin, '2015-04-03T00:00:00Z');
    await sell(call, 'plan', cents(expected.first.amount), { interval: 'weekly', trial_period: 28 });
    await open(call);
    await take(call, 'sub', 'plan');
    await advance(call, '2015-07-10T00:00:00Z');
    const week = (n: number) => Temporal.PlainDate.from(expected.first.from).add({ weeks: n }).toString();
    const weeks = Array.from({ length: 11 }, (_, n) => [week(n), week(n + 1), cents(expected.first.amount)]);
    expect(await netOf(call)).toEqual(weeks);
  });

  it('KB-E2E-23: an end on the local first of the month, a month after the clocks went back', async () => {
    const {
      given,
      when,
      expect: expected,
    } = invoicingCase<{ tz: string; start_instant: string }, { invoice_count: number; credits: unknown[] }, { clock: string }>(
      'KB-E2E-23',
    );
    const { call } = await openAt(florin, given.start_instant);
    await sell(call, 'plan', 1000);
    // As in Lago an end makes a last invoice, here of nothing, which this customer does not want.
    await open(call, { timezone: given.tz, finalize_zero_amount_invoice: 'skip' });
    await take(call, 'sub', 'plan', { billing_time: 'calendar', ending_at: '2015-12-01T08:00:00Z' });
    for (const clock of [when.clock, '2015-12-01T08:00:02Z', '2015-12-03T00:00:00Z']) {
      await advance(call, clock);
      expect([await invoicesOf(call), await notesOf(call)].map((list) => list.length)).toEqual([
        expected.invoice_count,
        expected.credits.length,
      ]);
    }
  });

  it.each([
    ['KB-E2E-16', '2012-04-01', [], '2012-05-16', '2012-05-16'],
    ['KB-E2E-17', '2012-04-01', [], '2012-04-01', '2012-04-16'],
    [
      'KB-E2E-18',
      '2012-05-01',
      [
        ['2012-05-10', '2012-06-01T00:00:00Z'],
        ['2012-05-17', null],
      ],
      null,
      '2012-07-01',
    ],
    ['KB-E2E-19', '2012-05-01', [], null, '2012-06-01'],
  ] as const)('%s: blocks of usage', async (id, start, changes, cancel, until) => {
    const { given, expect: expected } = invoicingCase<
      { block: number; price: string; usage: [string, number][] },
      { items: (Item & { quantity?: number })[] }
    >(id);
    const { call } = await openAt(florin, `${start}T00:00:00Z`);
    const metric = await meter(call);
    const properties = { amount: given.price, package_size: given.block };
    await sell(call, 'plan', 0, {
      pay_in_advance: false,
      charges: [{ billable_metric_id: metric.lago_id, charge_model: 'package', properties }],
    });
    await open(call);
    await take(call, 'sub', 'plan', { billing_time: 'calendar' });
    for (const [day, count] of given.usage) await use(call, 'sub', 'units', { count }, `${day}T10:00:00Z`);
    for (const [day, endingAt] of changes) {
      await advance(call, `${day}T00:00:00Z`);
      await call('PUT', '/api/v1/subscriptions/sub', { subscription: { ending_at: endingAt } });
    }
    if (cancel) await advance(call, `${cancel}T20:00:00Z`);
    if (cancel) await end(call, 'sub');
    await advance(call, `${until}T23:00:00Z`);
    const fees = (await invoicesOf(call)).flatMap((invoice) => invoice.fees).filter((fee) => fee.item.type === 'charge');
    expect(fees.map((fee) => [localDate(fee.from_date), fee.amount_cents, Number(fee.units)])).toEqual(
      expected.items.map(({ from, amount, quantity }) => [from, cents(amount), quantity ?? 0]),
    );
  });
});
