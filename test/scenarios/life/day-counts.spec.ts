import { expectHealthy } from '../../support/doctor.ts';
import { type Caller, type Florin, startFlorin } from '../../support/florin.ts';
import { startProcess } from '../../support/processes.ts';
import { expectProved } from '../../support/proved.ts';
import { eventsCharged } from '../../support/random-worlds.ts';
import { make, use } from '../../support/shop.ts';
import { advance, bill, linesOf, openAt, sell, take, wholeInvoices } from './life.ts';

type DayCount = 'actual' | 'thirty_day_months';

const count = async (call: Caller, dayCount: DayCount) => {
  const { status, body } = await call('PUT', '/api/v1/billing_entities/default', { day_count: dayCount });
  expect([status, body.billing_entity.day_count]).toEqual([200, dayCount]);
};

const seats = async (call: Caller, fields: object = {}) => {
  const { lago_id: id } = await make(call, '/api/v1/billable_metrics', 'billable_metric', {
    code: 'seats',
    name: 'Seats',
    aggregation_type: 'sum_agg',
    field_name: 'count',
    recurring: true,
  });
  return [{ billable_metric_id: id, charge_model: 'standard', prorated: true, properties: { amount: '1' }, ...fields }] as const;
};

const end = async (call: Caller) => expect((await call('DELETE', '/api/v1/subscriptions/sub')).status).toBe(200);

const preview = async (call: Caller, fields: object = {}) => {
  const { status, body } = await call('POST', '/api/v1/invoices/preview', {
    customer: { external_id: 'customer of sub' },
    subscriptions: { external_ids: ['sub'], ...fields },
  });
  expect(status).toBe(200);
  return body.invoice;
};

/** To the derivation of each fee. */
const said = (invoice: { fees: { derivation: object }[]; total_amount_cents: number }) => [
  linesOf(invoice as never),
  invoice.fees.map((fee) => fee.derivation),
];

const notes = async (call: Caller) =>
  (await call('GET', '/api/v1/credit_notes')).body.credit_notes.map(
    (note: { total_amount_cents: number; balance_amount_cents: number }) => [note.total_amount_cents, note.balance_amount_cents],
  );

/** `billing_entities.day_count`: where the cases count real days and where they count 30 to a month, both hold. */
describe('the days of a part of a period', () => {
  let florin: Florin;
  beforeAll(async () => {
    florin = await startFlorin();
  });
  afterAll(async () => {
    await expectHealthy(florin);
    await florin.stop();
  });

  it.each<[DayCount, string, number]>([
    // 14 of 28 days; the 16 that are left of 30.
    ['actual', '2025-02-15T00:00:00Z', 6510],
    ['thirty_day_months', '2025-02-15T00:00:00Z', 6944],
    // 22 of 31 days; 21 of 30.
    ['actual', '2025-01-10T00:00:00Z', 9240],
    ['thirty_day_months', '2025-01-10T00:00:00Z', 9114],
    // A month of 30 days is one either way.
    ['actual', '2025-04-11T00:00:00Z', 8680],
    ['thirty_day_months', '2025-04-11T00:00:00Z', 8680],
  ])('%s: a plan of 130.20 that starts on %s bills %i first', async (dayCount, startsAt, cents) => {
    const tenant = await openAt(florin, startsAt);
    const { call } = tenant;
    await count(call, dayCount);
    await sell(call, 'plan', 13_020);
    await make(call, '/api/v1/customers', 'customer', { external_id: 'customer of sub' });
    const asked = await call('POST', '/api/v1/invoices/preview', {
      customer: { external_id: 'customer of sub' },
      plan_code: 'plan',
      billing_time: 'calendar',
    });
    await take(call, 'sub', 'plan');
    await bill(call);
    const [first] = await wholeInvoices(call, 'sub');
    expect(first.fees_amount_cents).toBe(cents);
    expect(said(asked.body.invoice)).toEqual(said(first));
    await expectProved(florin, tenant);
  });

  it.each<[DayCount, number[]]>([
    // 22/31 of 130.20, of 30.00 and of 400.00 less both; 21/30 of them.
    ['actual', [9240, 2129, 17_018]],
    ['thirty_day_months', [9114, 2100, 16_786]],
  ])('%s: fixed charges and minimum commitments count as the plan does', async (dayCount, cents) => {
    const tenant = await openAt(florin, '2025-01-10T00:00:00Z');
    const { call } = tenant;
    await count(call, dayCount);
    await make(call, '/api/v1/add_ons', 'add_on', { code: 'seat', name: 'Seat', amount_cents: 1000, amount_currency: 'EUR' });
    await sell(call, 'plan', 13_020, {
      pay_in_advance: false,
      fixed_charges: [{ add_on_code: 'seat', units: '3', prorated: true }],
      minimum_commitment: { amount_cents: 40_000 },
    });
    await take(call, 'sub', 'plan');
    const asked = await preview(call);
    await advance(call, '2025-02-01T02:00:00Z');
    const [first] = await wholeInvoices(call, 'sub');
    expect(first.fees.map((fee: { amount_cents: number }) => fee.amount_cents)).toEqual(cents);
    expect(said(asked)).toEqual(said(first));
    await expectProved(florin, tenant);
  });

  it.each<[DayCount, number, number, number[]]>([
    // 11 of 29 days, and 18; or 11 and 19 of 30: 5 × 11/30 is 1.83334 units. The day of the change is the new plan's.
    ['actual', 1800, 18_000, [190, 310]],
    ['thirty_day_months', 1837, 18_367, [183, 317]],
  ])(
    '%s: an upgrade in advance, with usage by days (upgrade-in-advance-calendar-feb12-2024)',
    async (dayCount, credit, plan, [before, after]) => {
      const tenant = await openAt(florin, '2024-01-01T00:00:00Z');
      const { call } = tenant;
      await count(call, dayCount);
      const charges = await seats(call);
      await sell(call, 'small', 2900, { charges });
      await sell(call, 'large', 29_000, { charges });
      await take(call, 'sub', 'small');
      await use(call, 'sub', 'seats', { count: 5 }, '2024-01-01T00:00:00Z');
      await advance(call, '2024-02-12T06:00:00Z');
      const asked = await preview(call, { plan_code: 'large' });
      await take(call, 'sub', 'large');
      await bill(call);
      const upgrade = (await wholeInvoices(call, 'sub')).at(-1);
      expect(said(asked)).toEqual(said(upgrade));
      const { body } = await call('GET', '/api/v1/customers/customer%20of%20sub/current_usage?external_subscription_id=sub');
      expect(body.customer_usage.amount_cents).toBe(after);
      const next = await preview(call);
      await advance(call, '2024-03-01T02:00:00Z');
      const invoices = await wholeInvoices(call, 'sub');
      expect(said(next)).toEqual(said(invoices.at(-1)));
      expect(invoices.map((invoice) => linesOf(invoice).toSorted())).toEqual([
        ['subscription 2900 2024-01-01/2024-02-01'],
        ['charge 500 2024-01-01/2024-02-01', 'subscription 2900 2024-02-01/2024-03-01'],
        [`charge ${before} 2024-02-01/2024-02-12`, `subscription ${plan} 2024-02-12/2024-03-01`],
        [`charge ${after} 2024-02-12/2024-03-01`, 'subscription 29000 2024-03-01/2024-04-01'],
      ]);
      expect(invoices[2]).toMatchObject({ credit_notes_amount_cents: credit });
      await expectProved(florin, tenant);
    },
  );

  it('minimums of a charge share the day of a change no more than the plan does', async () => {
    const tenant = await openAt(florin, '2024-02-01T00:00:00Z');
    const { call } = tenant;
    const [charge] = await seats(call);
    const charges = [{ ...charge, prorated: false, min_amount_cents: 2900 }];
    await sell(call, 'small', 0, { charges });
    await sell(call, 'large', 29_000, { charges });
    await take(call, 'sub', 'small');
    await advance(call, '2024-02-12T06:00:00Z');
    await take(call, 'sub', 'large');
    await advance(call, '2024-03-01T02:00:00Z');
    const minimums = (await wholeInvoices(call, 'sub')).flatMap((invoice) =>
      linesOf(invoice).filter((line) => /^charge [^0]/.test(line)),
    );
    expect(minimums).toEqual(['charge 1100 2024-02-01/2024-02-12', 'charge 1800 2024-02-12/2024-03-01']);
    await expectProved(florin, tenant);
  });

  it('what an end gives back counts towards the commitment, and is proved', async () => {
    const tenant = await openAt(florin, '2025-04-01T00:00:00Z');
    const { call } = tenant;
    await sell(call, 'plan', 3000, { minimum_commitment: { amount_cents: 6000 } });
    await take(call, 'sub', 'plan');
    await advance(call, '2025-04-10T12:00:00Z');
    await end(call);
    await bill(call);
    // 10/30 of 60.00 less the 10.00 of the plan that were used.
    expect(linesOf((await wholeInvoices(call, 'sub')).at(-1))).toEqual(['commitment 1000 2025-04-01/2025-04-11']);
    await expectProved(florin, tenant);
  });

  it.each<[DayCount, number, number]>([
    // 17 of 29 days are unused, 12 used; or 18 and 12 of 30.
    ['actual', 1700, 207],
    ['thirty_day_months', 1740, 200],
  ])('%s: a termination with credit (terminate-in-advance-feb12-2024)', async (dayCount, credit, usage) => {
    const tenant = await openAt(florin, '2024-01-01T00:00:00Z');
    const { call } = tenant;
    await count(call, dayCount);
    await sell(call, 'plan', 2900, { charges: await seats(call) });
    await take(call, 'sub', 'plan');
    await use(call, 'sub', 'seats', { count: 5 }, '2024-01-01T00:00:00Z');
    await advance(call, '2024-02-12T06:00:00Z');
    const asked = await preview(call, { terminated_at: '2024-02-12T06:00:00Z' });
    await end(call);
    await advance(call, '2024-02-12T08:00:00Z');
    const last = (await wholeInvoices(call, 'sub')).at(-1);
    expect(linesOf(last)).toEqual([`charge ${usage} 2024-02-01/2024-02-12`]);
    expect(asked.credit_notes.map((note: { total_amount_cents: number }) => note.total_amount_cents)).toEqual([credit]);
    expect(await notes(call)).toEqual([[credit, credit - usage]]);
    await expectProved(florin, tenant);
  });

  it.each<[DayCount, number]>([
    ['actual', 32_000],
    ['thirty_day_months', 31_344],
  ])('%s: the end of a quarter in arrears (terminate-after-midperiod-start-quarterly-calendar)', async (dayCount, cents) => {
    const tenant = await openAt(florin, '2024-05-20T10:00:00Z');
    const { call } = tenant;
    await count(call, dayCount);
    await sell(call, 'plan', 91_000, { interval: 'quarterly', pay_in_advance: false });
    await take(call, 'sub', 'plan');
    await advance(call, '2024-06-20T10:00:00Z');
    await end(call);
    await bill(call);
    expect((await wholeInvoices(call, 'sub')).map(linesOf)).toEqual([[`subscription ${cents} 2024-05-20/2024-06-21`]]);
    await expectProved(florin, tenant);
  });

  it.each<[DayCount, number, string]>([
    ['actual', 1480, '23 of 31 days'],
    ['thirty_day_months', 1463, '22 of 30 days'],
  ])('%s: 23 May to 15 June, and it can be told (KB-E2E-13)', async (dayCount, cents, words) => {
    const tenant = await openAt(florin, '2023-05-15T00:00:00Z');
    const { call } = tenant;
    await count(call, dayCount);
    await sell(call, 'free', 0);
    await sell(call, 'plan', 1995);
    await take(call, 'sub', 'free', { billing_time: 'anniversary' });
    await advance(call, '2023-05-23T00:00:00Z');
    await take(call, 'sub', 'plan');
    await bill(call);
    const last = (await wholeInvoices(call, 'sub')).at(-1);
    expect(linesOf(last)).toEqual([`subscription ${cents} 2023-05-23/2023-06-15`]);
    const { body } = await call('GET', `/api/v1/fees/${last.fees[0].lago_id}/explain`);
    expect(JSON.stringify(body)).toContain(words);
    expect(JSON.stringify(body).includes('30 days to every month')).toBe(dayCount !== 'actual');
    const cli = startProcess('src/cli.ts', ['explain', last.lago_id, '--verify'], {
      DATABASE_URL: florin.databaseUrl,
      LOG_LEVEL: 'error',
    });
    expect([await cli.exit, cli.output().stdout]).toEqual([0, expect.stringContaining('holds to the cent')]);
  });

  it('a change in the middle leaves what is billed, and its credit is counted as it was paid', async () => {
    const tenant = await openAt(florin, '2025-03-01T00:00:00Z');
    const { call } = tenant;
    await sell(call, 'plan', 13_020);
    await take(call, 'sub', 'plan');
    await take(call, 'other', 'plan');
    await advance(call, '2025-03-10T00:00:00Z');
    const before = await wholeInvoices(call, 'sub');
    await count(call, 'thirty_day_months');
    expect(await wholeInvoices(call, 'sub')).toEqual(before);
    await advance(call, '2025-03-14T12:00:00Z');
    const asked = await preview(call, { terminated_at: '2025-03-14T12:00:00Z' });
    await end(call);
    await advance(call, '2025-05-14T12:00:00Z');
    // 17/31 of 130.20, as it was billed by real days.
    expect(asked.credit_notes).toMatchObject([{ total_amount_cents: 7140 }]);
    expect(await notes(call)).toEqual([[7140, 7140]]);
    // Of May, which was billed since, 16/30.
    expect((await call('DELETE', '/api/v1/subscriptions/other')).status).toBe(200);
    await bill(call);
    expect((await notes(call)).toSorted()).toEqual([
      [6944, 6944],
      [7140, 7140],
    ]);
    await count(call, 'actual');
    await expectProved(florin, tenant);
  });

  it('a draft goes on by the count that it was made with when late usage comes', async () => {
    const tenant = await openAt(florin, '2025-03-01T00:00:00Z');
    const { call } = tenant;
    await sell(call, 'plan', 0, { pay_in_advance: false, charges: await seats(call, { properties: { amount: '31' } }) });
    await take(call, 'sub', 'plan', {}, { billing_configuration: { invoice_grace_period: 3 } });
    await use(call, 'sub', 'seats', { count: 1 }, '2025-03-10T00:00:00Z');
    await advance(call, '2025-04-01T02:00:00Z');
    await count(call, 'thirty_day_months');
    await use(call, 'sub', 'seats', { count: 1 }, '2025-03-20T00:00:00Z');
    const [draft] = await wholeInvoices(call, 'sub');
    await call('PUT', `/api/v1/invoices/${draft.lago_id}/refresh`);
    const [refreshed] = await wholeInvoices(call, 'sub');
    // 22 days, and then 12 more.
    expect([draft, refreshed].map((invoice) => [invoice.status, invoice.fees_amount_cents])).toEqual([
      ['draft', 2200],
      ['draft', 3400],
    ]);
    await expectProved(florin, tenant);
  });

  it('events that are charged at once count a period to its end as it was begun', async () => {
    const tenant = await openAt(florin, '2025-03-01T00:00:00Z');
    const { call } = tenant;
    const charges = await seats(call, { pay_in_advance: true, properties: { amount: '31' } });
    await sell(call, 'plan', 0, { pay_in_advance: false, charges });
    await take(call, 'sub', 'plan');
    await advance(call, '2025-03-10T00:00:00Z');
    await use(call, 'sub', 'seats', { count: 5 }, '2025-03-10T00:00:00Z');
    await eventsCharged(florin, tenant);
    await advance(call, '2025-03-15T00:00:00Z');
    await count(call, 'thirty_day_months');
    await advance(call, '2025-03-20T00:00:00Z');
    await use(call, 'sub', 'seats', { count: 1 }, '2025-03-20T00:00:00Z');
    await eventsCharged(florin, tenant);
    await advance(call, '2025-05-20T00:00:00Z');
    await use(call, 'sub', 'seats', { count: 1 }, '2025-05-20T00:00:00Z');
    await eventsCharged(florin, tenant);
    const charged = (await wholeInvoices(call, 'sub')).filter((invoice) => invoice.invoicing_reason === null);
    // 5 for 22/31 and 1 for 12/31 of a month; then 1 for 11/30.
    expect(charged.map((invoice) => invoice.fees_amount_cents)).toEqual([11_000, 1200, 1137]);
    await expectProved(florin, tenant);
  });

  it('a part that has no day bills nothing and gives nothing back', async () => {
    const tenant = await openAt(florin, '2024-12-31T00:00:00Z');
    const { call } = tenant;
    await count(call, 'thirty_day_months');
    await sell(call, 'plan', 3000, { trial_period: 30 });
    await take(call, 'sub', 'plan', { billing_time: 'anniversary' });
    // From the 30th to the 31st is no day.
    await advance(call, '2025-01-30T06:00:00Z');
    expect((await wholeInvoices(call, 'sub')).map(linesOf)).toEqual([['subscription 0 2025-01-30/2025-01-31']]);
    await end(call);
    await bill(call);
    expect(await notes(call)).toEqual([]);
    await expectProved(florin, tenant);
  });

  it('is one of two words, in the database too', async () => {
    const { id } = await florin.openOrganization('test');
    await expect(
      florin.sql.query(`update billing_entities set day_count = 'bankers' where organization_id = $1`, [id]),
    ).rejects.toMatchObject({ constraint: 'ck_billing_entities_day_count' });
  });
});
