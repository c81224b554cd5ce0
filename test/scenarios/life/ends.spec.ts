import { expectHealthy } from '../../support/doctor.ts';
import { type Caller, type Florin, startFlorin } from '../../support/florin.ts';
import { use } from '../../support/shop.ts';
import { advance, bill, linesOf, meter, openAt, sell, take, wholeInvoices } from './life.ts';

/** What of a subscription stays billed: its invoices without what credit notes gave back. */
async function kept(call: Caller): Promise<number> {
  const invoices = await wholeInvoices(call, 'sub');
  const { credit_notes: notes } = (await call('GET', '/api/v1/credit_notes')).body;
  const sum = (cents: readonly number[]) => cents.reduce((all, one) => all + one, 0);
  return (
    sum(invoices.map((invoice) => invoice.fees_amount_cents)) -
    sum(notes.map((note: { total_amount_cents: number }) => note.total_amount_cents))
  );
}

describe('a subscription that ends on a billing day', () => {
  let florin: Florin;
  let call: Caller;
  beforeAll(async () => {
    florin = await startFlorin();
  });
  afterEach(() => expectHealthy(florin));
  afterAll(() => florin.stop());

  const start = '2051-09-05T10:00:00Z';
  const open = async (plan: object, timezone: string, fields: object = {}) => {
    call = (await openAt(florin, start)).call;
    await sell(call, 'month', 3000, plan);
    await take(call, 'sub', 'month', { billing_time: 'anniversary', ...fields }, { timezone });
    await bill(call);
  };
  const ways = [
    { plan: 'in arrears', fields: { pay_in_advance: false } },
    { plan: 'in advance', fields: { pay_in_advance: true } },
  ];
  /** The first and the last instant of 5 October, and one between them, there. */
  const places = [
    { timezone: 'UTC', instants: ['2051-10-05T00:00:00Z', '2051-10-05T10:00:00Z', '2051-10-05T23:59:59Z'] },
    { timezone: 'America/Los_Angeles', instants: ['2051-10-05T07:00:00Z', '2051-10-05T15:00:00Z', '2051-10-06T06:59:59Z'] },
    { timezone: 'Asia/Tokyo', instants: ['2051-10-04T15:00:00Z', '2051-10-05T10:00:00Z', '2051-10-05T14:59:59Z'] },
  ];
  const cases = ways.flatMap((way) =>
    places.flatMap(({ timezone, instants }) => instants.map((ends) => ({ ...way, timezone, ends }))),
  );

  it.each(cases)('$plan, $timezone: an end announced for $ends is not billed for that day', async (given) => {
    await open(given.fields, given.timezone, { ending_at: given.ends });
    await advance(call, '2051-12-01T00:00:00Z');
    expect(await kept(call)).toBe(3000);
  });

  it.each(cases)('$plan, $timezone: nor is one that is asked for at $ends', async (given) => {
    await open(given.fields, given.timezone);
    await advance(call, given.ends);
    expect((await call('DELETE', '/api/v1/subscriptions/sub')).status).toBe(200);
    await advance(call, '2051-12-01T00:00:00Z');
    expect(await kept(call)).toBe(3000);
  });

  it.each(ways)('$plan: the day after is billed with the day of the boundary', async ({ fields }) => {
    await open(fields, 'UTC', { ending_at: '2051-10-06T00:00:00Z' });
    await advance(call, '2051-12-01T00:00:00Z');
    // 2 of 31 days.
    expect(await kept(call)).toBe(3194);
  });

  it.each(ways)('$plan: the first day of all is used, at its first instant too', async ({ fields }) => {
    await open(fields, 'UTC');
    expect((await call('DELETE', '/api/v1/subscriptions/sub')).status).toBe(200);
    await advance(call, '2051-12-01T00:00:00Z');
    expect(await kept(call)).toBe(100);
  });

  it('bills what was used on that day, with the period before', async () => {
    call = (await openAt(florin, start)).call;
    const { lago_id: metricId } = await meter(call);
    const charges = [{ billable_metric_id: metricId, charge_model: 'standard', properties: { amount: '1' } }];
    await sell(call, 'month', 3000, { pay_in_advance: false, charges });
    await take(call, 'sub', 'month', { billing_time: 'anniversary', ending_at: '2051-10-05T10:00:00Z' });
    await advance(call, '2051-10-05T09:30:00Z');
    await use(call, 'sub', 'units', { count: 3 }, '2051-09-20T09:00:00Z');
    await use(call, 'sub', 'units', { count: 4 }, '2051-10-05T09:00:00Z');
    await advance(call, '2051-12-01T00:00:00Z');
    const invoices = await wholeInvoices(call, 'sub');
    expect(invoices.map(linesOf)).toEqual([['subscription 3000 2051-09-05/2051-10-05', 'charge 700 2051-09-05/2051-10-05']]);
  });
});
