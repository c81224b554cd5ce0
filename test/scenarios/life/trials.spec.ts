import { expectHealthy } from '../../support/doctor.ts';
import { type Caller, type Florin, startFlorin } from '../../support/florin.ts';
import { use } from '../../support/shop.ts';
import { advance, bill, linesOf, meter, openAt, sell, take, wholeInvoices } from './life.ts';

const withUsage = async (call: Caller, fields: object) => {
  const metric = await meter(call);
  const charges = [{ billable_metric_id: metric.lago_id, charge_model: 'standard', properties: { amount: '1' } }];
  return sell(call, 'plan', 3100, { charges, ...fields });
};

const read = async (call: Caller) => (await call('GET', '/api/v1/subscriptions/sub')).body.subscription;

describe('trials', () => {
  let florin: Florin;
  beforeAll(async () => {
    florin = await startFlorin();
  });
  afterAll(async () => {
    await expectHealthy(florin);
    await florin.stop();
  });

  it('trial-7-days-late-start-hour: billed from the instant the trial ends, on the first tick after it', async () => {
    const { call } = await openAt(florin, '2024-03-04T21:00:00Z');
    await sell(call, 'plan', 3500, { trial_period: 7 });
    expect(await take(call, 'sub', 'plan')).toMatchObject({ status: 'trial', trial_ends_at: '2024-03-11T21:00:00Z' });
    await advance(call, '2024-03-11T20:59:59Z');
    expect(await wholeInvoices(call, 'sub')).toEqual([]);
    await advance(call, '2024-03-11T21:00:00Z');
    expect((await wholeInvoices(call, 'sub')).map(linesOf)).toEqual([['subscription 2371 2024-03-11/2024-04-01']]);
    expect(await read(call)).toMatchObject({ status: 'active', trial_ended_at: '2024-03-11T21:00:00Z' });
  });

  it.each([
    [
      true,
      [
        ['subscription 2100 2024-03-11/2024-04-01'],
        ['subscription 3100 2024-04-01/2024-05-01', 'charge 500 2024-03-01/2024-04-01'],
      ],
    ],
    [false, [['subscription 2100 2024-03-11/2024-04-01', 'charge 500 2024-03-01/2024-04-01']]],
  ] as const)('bill what is used in them with the usage of its period (in advance: %s)', async (pay_in_advance, invoices) => {
    const { call } = await openAt(florin, '2024-03-01T00:00:00Z');
    await withUsage(call, { trial_period: 10, pay_in_advance });
    await take(call, 'sub', 'plan');
    await use(call, 'sub', 'units', { count: 2 }, '2024-03-05T00:00:00Z');
    await advance(call, '2024-03-06T00:00:00Z');
    const usage = await call('GET', '/api/v1/customers/customer%20of%20sub/current_usage?external_subscription_id=sub');
    expect(usage.body.customer_usage).toMatchObject({ amount_cents: 200 });
    await use(call, 'sub', 'units', { count: 3 }, '2024-03-20T00:00:00Z');
    await advance(call, '2024-04-01T02:00:00Z');
    expect((await wholeInvoices(call, 'sub')).map(linesOf)).toEqual(invoices);
  });

  it('over several periods bill the usage of each, and the commitment', async () => {
    const { call } = await openAt(florin, '2024-01-16T00:00:00Z');
    await withUsage(call, { trial_period: 60, minimum_commitment: { amount_cents: 3100 }, pay_in_advance: false });
    await take(call, 'sub', 'plan');
    await use(call, 'sub', 'units', { count: 2 }, '2024-01-20T00:00:00Z');
    await use(call, 'sub', 'units', { count: 40 }, '2024-02-20T00:00:00Z');
    await advance(call, '2024-02-02T00:00:00Z');
    expect(await read(call)).toMatchObject({ status: 'trial', current_billing_period_started_at: '2024-02-01T00:00:00Z' });
    await advance(call, '2024-04-01T02:00:00Z');
    // 60 days end on 16 March: 16 of its 31 days are paid, 31 are committed.
    expect((await wholeInvoices(call, 'sub')).map(linesOf)).toEqual([
      ['charge 200 2024-01-16/2024-02-01', 'commitment 1400 2024-01-16/2024-02-01'],
      ['charge 4000 2024-02-01/2024-03-01'],
      ['subscription 1600 2024-03-16/2024-04-01', 'charge 0 2024-03-01/2024-04-01', 'commitment 1500 2024-03-01/2024-04-01'],
    ]);
  });

  it('without usage are billed for each period without a number, and the first invoice has the first number', async () => {
    const { call } = await openAt(florin, '2024-01-16T00:00:00Z');
    await sell(call, 'plan', 3100, { trial_period: 60 });
    await take(call, 'sub', 'plan');
    await advance(call, '2024-03-16T12:00:00Z');
    const closed = (await call('GET', '/api/v1/invoices?status[]=closed')).body.invoices;
    expect(
      closed.map((invoice: { number: string | null; total_amount_cents: number }) => [
        invoice.number,
        invoice.total_amount_cents,
      ]),
    ).toEqual([
      [null, 0],
      [null, 0],
    ]);
    const invoices = await wholeInvoices(call, 'sub');
    expect(invoices.map(({ number, fees_amount_cents: cents }) => [number, cents])).toEqual([['INV-2024-0001', 1600]]);
  });

  it('with usage have a draft for each period, on which a late event is billed', async () => {
    const { call } = await openAt(florin, '2024-01-16T00:00:00Z');
    await withUsage(call, { trial_period: 60 });
    await take(call, 'sub', 'plan');
    await advance(call, '2024-02-01T00:10:00Z');
    await use(call, 'sub', 'units', { count: 2 }, '2024-01-20T00:00:00Z');
    await advance(call, '2024-02-01T02:00:00Z');
    expect((await wholeInvoices(call, 'sub')).map(linesOf)).toEqual([['charge 200 2024-01-16/2024-02-01']]);
  });

  it('that are ended in bill what was used, and nothing where nothing was', async () => {
    const { call } = await openAt(florin, '2024-03-01T00:00:00Z');
    await withUsage(call, { trial_period: 20 });
    await take(call, 'sub', 'plan');
    await take(call, 'idle', 'plan');
    await use(call, 'sub', 'units', { count: 2 }, '2024-03-05T00:00:00Z');
    await advance(call, '2024-03-08T10:00:00Z');
    for (const id of ['sub', 'idle']) expect((await call('DELETE', `/api/v1/subscriptions/${id}`)).status).toBe(200);
    await bill(call);
    expect((await wholeInvoices(call, 'sub')).map(linesOf)).toEqual([['charge 200 2024-03-01/2024-03-08']]);
  });

  it('that an upgrade shortens bill what was used under the plan before', async () => {
    const { call } = await openAt(florin, '2024-03-01T00:00:00Z');
    await withUsage(call, { trial_period: 20 });
    await sell(call, 'large', 31_000, { trial_period: 5 });
    await take(call, 'sub', 'plan');
    await use(call, 'sub', 'units', { count: 2 }, '2024-03-05T00:00:00Z');
    await advance(call, '2024-03-11T00:00:00Z');
    expect(await take(call, 'sub', 'large')).toMatchObject({ status: 'active' });
    await advance(call, '2024-03-11T02:00:00Z');
    const lines = (await wholeInvoices(call, 'sub')).flatMap(linesOf);
    expect(lines.toSorted()).toEqual(['charge 200 2024-03-01/2024-03-11', 'subscription 21000 2024-03-11/2024-04-01']);
  });
});
