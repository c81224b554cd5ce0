import { expectHealthy } from '../../support/doctor.ts';
import { type Caller, type Florin, startFlorin, type Tenant } from '../../support/florin.ts';
import { expectProved } from '../../support/proved.ts';
import { make, use } from '../../support/shop.ts';
import { advance, bill, meter, openAt, sell, take, tax, wholeInvoices } from '../life/life.ts';

/** Credit goes to invoices in the order of their issue, and a preview says what is left for its own. */
describe('the credit that a preview promises', () => {
  let florin: Florin;
  let tenant: Tenant;
  let call: Caller;
  beforeAll(async () => (florin = await startFlorin()));
  afterAll(() => florin.stop());
  beforeEach(async () => {
    tenant = await openAt(florin, '2025-03-05T12:12:00Z');
    call = tenant.call;
    await tax(call, 25);
    for (const [code, cents] of [
      ['small', 1000],
      ['middle', 1500],
      ['large', 1900],
    ] as const)
      await sell(call, code, cents);
  });
  afterEach(async () => {
    await expectHealthy(florin);
    await expectProved(florin, tenant);
  });

  const preview = async (planCode: string) => {
    const { status, body } = await call('POST', '/api/v1/invoices/preview', {
      customer: { external_id: 'customer of sub' },
      subscriptions: { external_ids: ['sub'], plan_code: planCode },
    });
    expect(status).toBe(200);
    return [body.invoice.credit_notes_amount_cents, body.invoice.total_amount_cents];
  };
  const upgrade = (planCode: string) =>
    make(call, '/api/v1/subscriptions', 'subscription', {
      external_customer_id: 'customer of sub',
      external_id: 'sub',
      plan_code: planCode,
    });
  const grant = (days: number) =>
    make(call, '/api/v1/customers', 'customer', {
      external_id: 'customer of sub',
      billing_configuration: { invoice_grace_period: days },
    });
  const issued = async () =>
    (await wholeInvoices(call, 'sub')).map((invoice) => [invoice.credit_notes_amount_cents, invoice.total_amount_cents]);

  it.each([
    { grace: 0, until: '2025-03-12T16:00:00Z' },
    { grace: 3, until: '2025-03-16T00:00:00Z' },
  ])('is what a draft that waits leaves of it, with a grace of $grace days', async ({ grace, until }) => {
    await take(call, 'sub', 'small');
    await advance(call, '2025-03-05T15:00:00Z');
    await grant(grace);
    await advance(call, '2025-03-12T12:12:00Z');
    const first = await preview('middle');
    await upgrade('middle');
    await advance(call, '2025-03-12T13:12:00Z');
    const second = await preview('large');
    await upgrade('large');
    await advance(call, until);
    expect((await issued()).slice(1)).toEqual([first, second]);
    expect([first[0], second]).toEqual([806, [1210, 323]]);
  });

  it('is what is left of it by late usage of a draft that waits', async () => {
    const { lago_id: metric } = await meter(call);
    const charges = [{ billable_metric_id: metric, charge_model: 'standard', properties: { amount: '1' } }];
    await sell(call, 'metered', 1000, { charges });
    await take(call, 'sub', 'metered', { billing_time: 'anniversary' });
    await advance(call, '2025-03-05T15:00:00Z');
    await grant(3);
    await advance(call, '2025-03-12T12:12:00Z');
    await upgrade('middle');
    await bill(call);
    await use(call, 'sub', 'units', { count: 5 }, '2025-03-10T00:00:00Z');
    const promised = await preview('large');
    await upgrade('large');
    await bill(call);
    await advance(call, '2025-03-17T00:00:00Z');
    expect((await issued()).at(-1)).toEqual(promised);
  });
});
