import { type Florin, startFlorin, type Tenant } from '../support/florin.ts';
import { advance, invoicesOf, make, stockShop, subscribe, use } from '../support/shop.ts';
import { expectHealthy } from '../support/doctor.ts';

describe('a billing cycle on the virtual clock', () => {
  let florin: Florin;
  beforeAll(async () => {
    florin = await startFlorin();
  });
  afterAll(async () => {
    await expectHealthy(florin);
    await florin.stop();
  });

  /** A test organization whose clock stands at the given instant, with the shop stocked. */
  async function openAt(instant: string, options?: Parameters<typeof stockShop>[1]): Promise<Tenant> {
    const tenant = await florin.openOrganization('test');
    await florin.sql.query('update organizations set virtual_now = $2 where id = $1', [tenant.id, instant]);
    await stockShop(tenant.call, options);
    return tenant;
  }

  it('bills plan, fixed and usage of each month once, numbers it, and finalizes it after an hour', async () => {
    const { call } = await openAt('2026-01-01T00:00:00Z');
    await subscribe(call, 'sub');
    await use(call, 'sub', 'tokens', { count: '100.5' }, '2026-01-01T00:00:00Z');
    await use(call, 'sub', 'tokens', { count: 49.5 }, '2026-01-31T23:59:59.999Z');
    await use(call, 'sub', 'tokens', { count: 7 }, '2026-02-01T00:00:00Z');
    await use(call, 'sub', 'storage', { gb: 12 }, '2026-01-10T00:00:00Z');
    await use(call, 'sub', 'storage', { gb: 5 }, '2026-01-11T00:00:00Z');

    const preview = await call('POST', '/api/v1/subscriptions/sub/preview-invoice');
    await advance(call, '2026-02-01T00:30:00Z');
    const [draft] = await invoicesOf(call, 'sub');
    expect(draft).toMatchObject({
      number: 'INV-2026-0001',
      status: 'draft',
      total_amount_cents: 4900 + 3000 + 300 + 1200,
      period_start: '2026-01-01T00:00:00Z',
      period_end: '2026-02-01T00:00:00Z',
      scheduled_finalize_at: '2026-02-01T01:00:00Z',
    });
    expect(preview.body.invoice.total_amount_cents).toBe(draft.total_amount_cents);

    await advance(call, '2026-03-01T02:00:00Z');
    const [second, first] = await invoicesOf(call, 'sub');
    expect(first).toMatchObject({ number: 'INV-2026-0001', state: 'open', finalized_at: '2026-02-01T01:00:00Z' });
    expect(second).toMatchObject({ number: 'INV-2026-0002', state: 'open', total_amount_cents: 4900 + 3000 + 14 });
    const { body } = await call('GET', `/api/v1/invoices/${first.lago_id}`);
    expect(
      body.invoice.fees.map((fee: { item: { name: string }; units: string; amount_cents: number }) => [
        fee.item.name,
        fee.units,
        fee.amount_cents,
      ]),
    ).toEqual([
      ['Team', '1', 4900],
      ['Seat', '3', 3000],
      ['Storage', '12', 1200],
      ['Tokens', '150', 300],
    ]);
  });

  it('catches up missed periods one by one, each on its own invoice', async () => {
    const { call } = await openAt('2026-06-15T12:00:00Z');
    await subscribe(call, 'late', { subscription_at: '2026-03-15T00:00:00Z' });
    const { body } = await call('POST', '/api/v1/billing_runs');
    expect(body.billing_run).toMatchObject({ status: 'completed', processed: 3, successful: 3, failed: 0 });
    const invoices = await invoicesOf(call, 'late');
    expect(invoices.map((invoice) => [invoice.number, invoice.period_start, invoice.fees_amount_cents])).toEqual([
      ['INV-2026-0003', '2026-05-01T00:00:00Z', 7900],
      ['INV-2026-0002', '2026-04-01T00:00:00Z', 7900],
      ['INV-2026-0001', '2026-03-15T00:00:00Z', 4332],
    ]);
    // 4900 × 17/31 = 2687.10 → 2687, 3000 × 17/31 = 1645.16 → 1645
  });

  it('bills what is used in a trial, and prorates the plan from its end', async () => {
    const { call } = await openAt('2026-01-01T00:00:00Z', { trialDays: 14 });
    const created = await subscribe(call, 'trial');
    expect(created).toMatchObject({ status: 'trial', trial_ends_at: '2026-01-15T00:00:00Z' });
    await use(call, 'trial', 'tokens', { count: 1000 }, '2026-01-05T00:00:00Z');
    await advance(call, '2026-02-01T03:00:00Z');
    const [invoice] = await invoicesOf(call, 'trial');
    expect(invoice).toMatchObject({ period_start: '2026-01-01T00:00:00Z', fees_amount_cents: 2687 + 1645 + 2000 });
    expect((await call('GET', '/api/v1/subscriptions/trial')).body.subscription.status).toBe('active');
  });

  it('ends with a final prorated invoice, and bills no further', async () => {
    const { call } = await openAt('2026-01-01T00:00:00Z');
    await subscribe(call, 'ending');
    await advance(call, '2026-01-10T15:00:00Z');
    const { body } = await call('DELETE', '/api/v1/subscriptions/ending');
    expect(body.subscription).toMatchObject({ status: 'terminated', terminated_at: '2026-01-10T15:00:00Z' });
    await advance(call, '2026-04-01T00:00:00Z');
    const invoices = await invoicesOf(call, 'ending');
    // the day of the end counts: 10/31 of 49.00 and of 30.00
    expect(invoices.map((invoice) => invoice.fees_amount_cents)).toEqual([1581 + 968]);
  });

  it('starts in the future, ends by itself, and can be cancelled before', async () => {
    const { call } = await openAt('2026-01-01T00:00:00Z');
    await subscribe(call, 'booked', {
      subscription_at: '2026-01-16T00:00:00Z',
      ending_at: '2026-03-01T00:00:00Z',
      billing_time: 'anniversary',
    });
    await subscribe(call, 'regretted', { subscription_at: '2026-01-20T00:00:00Z' });
    expect((await call('DELETE', '/api/v1/subscriptions/regretted')).body.subscription).toMatchObject({ status: 'canceled' });
    await advance(call, '2026-06-01T00:00:00Z');
    expect(
      (await invoicesOf(call, 'booked')).map((invoice) => [invoice.period_start, invoice.period_end, invoice.fees_amount_cents]),
    ).toEqual([
      // the day of the end counts, at its first instant too: 14/28 of 49.00 and of 30.00
      ['2026-02-16T00:00:00Z', '2026-03-01T00:00:00Z', 2450 + 1500],
      ['2026-01-16T00:00:00Z', '2026-02-16T00:00:00Z', 7900],
    ]);
    expect(await invoicesOf(call, 'regretted')).toEqual([]);
  });

  it('counts the days of the customer, not of the server: a month in New York begins at 05:00 UTC', async () => {
    const { call } = await openAt('2026-01-01T05:00:00Z');
    await make(call, '/api/v1/customers', 'customer', { external_id: 'ny', timezone: 'America/New_York' });
    await make(call, '/api/v1/subscriptions', 'subscription', {
      external_customer_id: 'ny',
      plan_code: 'team',
      external_id: 'ny sub',
    });
    await advance(call, '2026-04-01T04:00:00Z');
    const periods = (await invoicesOf(call, 'ny sub')).map((invoice) => invoice.period_end);
    expect(periods).toEqual(['2026-04-01T04:00:00Z', '2026-03-01T05:00:00Z', '2026-02-01T05:00:00Z']);
  });

  it('applies taxes of charge, plan, customer and seller, the nearest first', async () => {
    const { call } = await openAt('2026-01-01T00:00:00Z');
    await make(call, '/api/v1/taxes', 'tax', { code: 'seller', name: 'Seller', rate: 20 });
    await make(call, '/api/v1/taxes', 'tax', { code: 'buyer', name: 'Buyer', rate: '5.5' });
    await call('PATCH', '/api/v1/billing_entities/default', { tax_codes: ['seller'] });
    await subscribe(call, 'plain');
    await make(call, '/api/v1/customers', 'customer', { external_id: 'special', tax_codes: ['buyer'] });
    await make(call, '/api/v1/subscriptions', 'subscription', {
      external_customer_id: 'special',
      plan_code: 'team',
      external_id: 'special',
    });
    await advance(call, '2026-02-01T00:00:00Z');
    expect((await invoicesOf(call, 'plain'))[0]).toMatchObject({ taxes_amount_cents: 1580, total_amount_cents: 9480 });
    // 5.5 % of 79.00 = 4.345, rounded once
    expect((await invoicesOf(call, 'special'))[0]).toMatchObject({ taxes_amount_cents: 435, total_amount_cents: 8335 });
  });

  it('never goes back in time, and only in test mode', async () => {
    const { call } = await openAt('2026-01-01T00:00:00Z');
    expect(await call('POST', '/api/v1/test_clock/advance', { to: '2025-12-31T00:00:00Z' })).toMatchObject({
      status: 422,
      body: { error_details: { to: ['in_the_past'] } },
    });
    const live = await florin.openOrganization();
    expect((await live.call('POST', '/api/v1/test_clock/advance', { to: '2027-01-01T00:00:00Z' })).body).toMatchObject({
      status: 405,
      code: 'not_in_test_mode',
    });
  });
});
