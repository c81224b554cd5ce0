import { expectHealthy } from '../../support/doctor.ts';
import { type Caller, type Florin, startFlorin } from '../../support/florin.ts';
import { make, use } from '../../support/shop.ts';
import { advance, bill, linesOf, makeAddOns, meter, openAt, pauseBetween, sell, take, tax, wholeInvoices } from './life.ts';

const end = async (call: Caller, query = '') => {
  const answer = await call('DELETE', `/api/v1/subscriptions/sub${query}`);
  expect(answer.status).toBe(200);
};

/** The oldest first. */
const notes = async (call: Caller) => (await call('GET', '/api/v1/credit_notes')).body.credit_notes.toReversed();

const amounts = (note: Record<string, number>) => [
  note['sub_total_excluding_taxes_amount_cents'],
  note['taxes_amount_cents'],
  note['total_amount_cents'],
];

const pay = async (call: Caller, invoiceId: string) => {
  expect((await call('POST', `/api/v1/invoices/${invoiceId}/pay`)).status).toBe(200);
};

describe('credit for what was paid and not used', () => {
  let florin: Florin;
  beforeAll(async () => {
    florin = await startFlorin();
  });
  afterAll(async () => {
    await expectHealthy(florin);
    await florin.stop();
  });

  it.each([
    {
      id: 'terminate-pia-same-day-5000',
      cents: 5000,
      rate: 20,
      startsAt: '2023-02-08T00:00:00Z',
      firstTotal: 4500,
      credit: [3571, 714, 4285],
    },
    {
      id: 'terminate-pia-anniversary-5000',
      cents: 5000,
      rate: 20,
      startsAt: '2023-02-08T00:00:00Z',
      billingTime: 'anniversary',
      firstTotal: 6000,
      credit: [4821, 964, 5785],
    },
    {
      id: 'terminate-pia-la-timezone',
      cents: 5000,
      rate: 20,
      startsAt: '2023-02-08T00:00:00Z',
      timezone: 'America/Los_Angeles',
      firstTotal: 4715,
      credit: [3750, 750, 4500],
    },
    {
      id: 'terminate-in-advance-same-day',
      cents: 2900,
      rate: 0,
      startsAt: '2024-02-01T03:00:00Z',
      endsAt: '2024-02-01T18:00:00Z',
      firstTotal: 2900,
      credit: [2800, 0, 2800],
    },
    {
      id: 'cn-16000-tax25',
      cents: 16_000,
      rate: 25,
      startsAt: '2024-04-01T00:00:00Z',
      firstTotal: 20_000,
      credit: [15_467, 3867, 19_334],
    },
  ])(
    '$id',
    async ({ cents, rate, startsAt, endsAt = startsAt, billingTime = 'calendar', timezone = 'UTC', firstTotal, credit }) => {
      const { call } = await openAt(florin, startsAt);
      await tax(call, rate);
      await sell(call, 'plan', cents);
      await take(call, 'sub', 'plan', { billing_time: billingTime }, { timezone });
      await bill(call);
      await advance(call, endsAt);
      await end(call);
      await bill(call);
      const [first, last] = await wholeInvoices(call, 'sub');
      expect([first.total_amount_cents, last.total_amount_cents]).toEqual([firstTotal, 0]);
      const [note] = await notes(call);
      expect(amounts(note)).toEqual(credit);
      expect(note).toMatchObject({ number: `${first.number}-CN001`, reason: 'order_cancellation', invoice_number: first.number });
    },
  );

  it('takes the credit when the last invoice is issued (terminate-same-day-rounding)', async () => {
    const { call } = await openAt(florin, '2025-02-08T00:00:00Z');
    await tax(call, 20);
    const metric = await meter(call);
    const charges = [{ billable_metric_id: metric.lago_id, charge_model: 'standard', properties: { amount: '1' } }];
    await sell(call, 'plan', 10_000, { charges });
    await take(call, 'sub', 'plan');
    await use(call, 'sub', 'units', { count: 50 }, '2025-02-08T06:00:00Z');
    await advance(call, '2025-02-08T12:00:00Z');
    await end(call);
    await advance(call, '2025-02-08T13:30:00Z');
    const [, last] = await wholeInvoices(call, 'sub');
    expect(last).toMatchObject({
      fees_amount_cents: 5000,
      taxes_amount_cents: 1000,
      sub_total_including_taxes_amount_cents: 6000,
      credit_notes_amount_cents: 6000,
      total_amount_cents: 0,
    });
    const [note] = await notes(call);
    expect(amounts(note)).toEqual([7143, 1429, 8572]);
    expect(note).toMatchObject({ balance_amount_cents: 2572, credit_status: 'available' });
    expect(last.credits).toMatchObject([{ amount_cents: 6000, item: { type: 'credit_note', code: note.number } }]);
  });

  it('gives no credit before the credited invoice is issued (grace-termination-credit-note-applied-at-finalization)', async () => {
    const { call } = await openAt(florin, '2022-12-15T00:00:00Z');
    await tax(call, 20);
    const metric = await meter(call);
    const charges = [{ billable_metric_id: metric.lago_id, charge_model: 'standard', properties: { amount: '3' } }];
    await sell(call, 'plan', 1000, { charges });
    await take(call, 'sub', 'plan', {}, { billing_configuration: { invoice_grace_period: 30 } });
    await use(call, 'sub', 'units', { count: 1 }, '2022-12-16T00:00:00Z');
    await use(call, 'sub', 'units', { count: 1 }, '2022-12-17T00:00:00Z');
    await advance(call, '2022-12-20T00:00:00Z');
    await end(call);
    await bill(call);
    const [first, last] = await wholeInvoices(call, 'sub');
    expect(first).toMatchObject({ status: 'draft', total_amount_cents: 658 });
    expect(last).toMatchObject({ status: 'draft', total_amount_cents: 720 });
    expect((await notes(call))[0]).toMatchObject({ status: 'draft', total_amount_cents: 426 });
    await call('PUT', `/api/v1/invoices/${first.lago_id}/finalize`);
    await call('PUT', `/api/v1/invoices/${last.lago_id}/finalize`);
    expect((await notes(call))[0]).toMatchObject({ status: 'finalized', credit_status: 'consumed' });
    expect((await wholeInvoices(call, 'sub'))[1]).toMatchObject({ total_amount_cents: 294, credit_notes_amount_cents: 426 });
  });

  it('skips the last invoice, not the credit (terminate-skip-invoice)', async () => {
    const { call } = await openAt(florin, '2025-02-08T00:00:00Z');
    await tax(call, 20);
    const metric = await meter(call);
    const charges = [{ billable_metric_id: metric.lago_id, charge_model: 'standard', properties: { amount: '1' } }];
    await sell(call, 'plan', 10_000, { charges });
    await take(call, 'sub', 'plan');
    await use(call, 'sub', 'units', { count: 50 }, '2025-02-10T00:00:00Z');
    await advance(call, '2025-02-21T10:00:00Z');
    await end(call, '?on_termination_invoice=skip');
    await advance(call, '2025-03-02T00:00:00Z');
    expect(await wholeInvoices(call, 'sub')).toHaveLength(1);
    expect((await notes(call)).map(amounts)).toEqual([[2500, 500, 3000]]);
  });

  it.each([
    ['refund', true, [{ refund_amount_cents: 3000, credit_amount_cents: 0, refund_status: 'pending' }], 0],
    ['refund', false, [{ refund_amount_cents: 0, credit_amount_cents: 3000, refund_status: null }], 9000],
    ['offset', false, [{ offset_amount_cents: 3000, credit_amount_cents: 0 }], 6000],
    ['skip', true, [], 0],
  ] as const)('on_termination_credit_note=%s of a paid (%s) invoice', async (mode, isPaid, expected, due) => {
    const { call } = await openAt(florin, '2025-02-08T00:00:00Z');
    await tax(call, 20);
    await sell(call, 'plan', 10_000);
    await take(call, 'sub', 'plan');
    await advance(call, '2025-02-21T10:00:00Z');
    const [first] = await wholeInvoices(call, 'sub');
    if (isPaid) await pay(call, first.lago_id);
    await end(call, `?on_termination_credit_note=${mode}`);
    await bill(call);
    expect(await notes(call)).toMatchObject(expected);
    expect((await wholeInvoices(call, 'sub'))[0].total_due_amount_cents).toBe(due);
  });

  it('credits an upgrade including its day, on one invoice with both plans (upgrade-in-advance-calendar-feb12-2024)', async () => {
    const { call } = await openAt(florin, '2024-01-01T00:00:00Z');
    await sell(call, 'small', 2900);
    await sell(call, 'large', 29_000);
    await take(call, 'sub', 'small');
    await advance(call, '2024-02-12T06:00:00Z');
    await take(call, 'sub', 'large');
    await advance(call, '2024-03-01T02:00:00Z');
    const invoices = await wholeInvoices(call, 'sub');
    expect(invoices.map(linesOf)).toEqual([
      ['subscription 2900 2024-01-01/2024-02-01'],
      ['subscription 2900 2024-02-01/2024-03-01'],
      ['subscription 18000 2024-02-12/2024-03-01'],
      ['subscription 29000 2024-03-01/2024-04-01'],
    ]);
    expect(invoices[2]).toMatchObject({ credit_notes_amount_cents: 1800, total_amount_cents: 16_200 });
    expect((await notes(call)).map((note: { reason: string }) => note.reason)).toEqual(['order_change']);
  });

  it('upgrades from a month to a year on the old anchor (upgrade-monthly-to-yearly-anniversary)', async () => {
    const { call } = await openAt(florin, '2023-06-29T12:12:00Z');
    await sell(call, 'month', 1000);
    await sell(call, 'year', 12_000, { interval: 'yearly' });
    await take(call, 'sub', 'month', { billing_time: 'anniversary' });
    await advance(call, '2023-09-28T05:00:00Z');
    await take(call, 'sub', 'year');
    await advance(call, '2023-09-28T07:00:00Z');
    const invoices = await wholeInvoices(call, 'sub');
    expect(linesOf(invoices.at(-1))).toEqual(['subscription 9016 2023-09-28/2024-06-29']);
    expect((await notes(call)).map(amounts)).toEqual([[32, 0, 32]]);
  });

  it('credits all of it when the trial ended on the day of the termination (trial-terminate-on-trial-end-day)', async () => {
    const { call } = await openAt(florin, '2024-03-04T21:00:00Z');
    await sell(call, 'plan', 3500, { trial_period: 7 });
    await take(call, 'sub', 'plan');
    await advance(call, '2024-03-11T23:00:00Z');
    expect((await wholeInvoices(call, 'sub')).map(linesOf)).toEqual([['subscription 2371 2024-03-11/2024-04-01']]);
    await end(call);
    await bill(call);
    expect((await notes(call)).map(amounts)).toEqual([[2371, 0, 2371]]);
    await advance(call, '2024-03-11T23:05:00Z');
    expect(await take(call, 'sub', 'plan')).toMatchObject({ status: 'active' });
    await bill(call);
    expect(linesOf((await wholeInvoices(call, 'sub')).at(-1))).toEqual(['subscription 2371 2024-03-11/2024-04-01']);
  });

  it('credits a pause from its day on, and bills the resumption in advance (KB-E2E-06)', async () => {
    const { call } = await openAt(florin, '2012-03-02T00:00:00Z');
    await sell(call, 'plan', 24_995);
    await take(call, 'sub', 'plan', { billing_time: 'anniversary' });
    await advance(call, '2012-03-04T10:00:00Z');
    await call('POST', '/api/v1/subscriptions/sub/pause');
    await advance(call, '2012-04-05T10:00:00Z');
    // 29 of 31 days
    expect((await notes(call)).map(amounts)).toEqual([[23_382, 0, 23_382]]);
    await call('POST', '/api/v1/subscriptions/sub/resume');
    await advance(call, '2012-04-05T13:00:00Z');
    const last = (await wholeInvoices(call, 'sub')).at(-1);
    // 249.95 × 27/30 is exactly 224.955
    expect(linesOf(last)).toEqual(['subscription 22496 2012-04-05/2012-05-02']);
    expect(last).toMatchObject({ credit_notes_amount_cents: 22_496, total_amount_cents: 0 });
  });

  it.each([
    ['days', '2024-04-11T10:00:00Z', '2024-04-21T09:00:00Z', 2000, 'subscription 1000 2024-04-21/2024-05-01'],
    ['hours', '2024-04-11T10:00:00Z', '2024-04-11T15:00:00Z', 2000, 'subscription 2000 2024-04-11/2024-05-01'],
  ])('bills the resumption in the period of the pause, %s later, once', async (_, paused, resumed, credited, line) => {
    const { call } = await openAt(florin, '2024-04-01T00:00:00Z');
    await make(call, '/api/v1/add_ons', 'add_on', { code: 'seat', name: 'Seat', amount_cents: 900, amount_currency: 'EUR' });
    await sell(call, 'plan', 3000, { fixed_charges: [{ add_on_code: 'seat', units: '1', pay_in_advance: true }] });
    await take(call, 'sub', 'plan');
    await advance(call, paused);
    await call('POST', '/api/v1/subscriptions/sub/pause');
    await bill(call);
    await advance(call, resumed);
    expect((await notes(call)).map((note: { items: { amount_cents: number }[] }) => note.items[0]?.amount_cents)).toEqual([
      credited,
    ]);
    await call('POST', '/api/v1/subscriptions/sub/resume');
    await bill(call);
    expect(linesOf((await wholeInvoices(call, 'sub')).at(-1))).toContain(line);
    await advance(call, '2024-05-01T02:00:00Z');
    expect(linesOf((await wholeInvoices(call, 'sub')).at(-1))).toContain('subscription 3000 2024-05-01/2024-06-01');
  });

  it.each([0, 60])(
    'gives each day back once, and what counts no days is paid once a period (grace of %d days)',
    async (grace) => {
      const { call } = await openAt(florin, '2024-04-01T00:00:00Z');
      await makeAddOns(call, 900, 'seat', 'setup');
      await sell(call, 'plan', 3000, {
        fixed_charges: [
          { add_on_code: 'seat', units: '1', pay_in_advance: true, prorated: true },
          { add_on_code: 'setup', units: '1', pay_in_advance: true, prorated: false },
        ],
      });
      await take(call, 'sub', 'plan', {}, { billing_configuration: { invoice_grace_period: grace } });
      for (const [paused, resumed] of [
        ['2024-04-11T10:00:00Z', '2024-04-16T09:00:00Z'],
        ['2024-04-16T12:00:00Z', '2024-04-16T18:00:00Z'],
      ] as const)
        await pauseBetween(call, paused, resumed);
      await advance(call, '2024-04-25T10:00:00Z');
      await end(call);
      await bill(call);
      for (const invoice of await wholeInvoices(call, 'sub')) await call('PUT', `/api/v1/invoices/${invoice.lago_id}/finalize`);
      const invoices = await wholeInvoices(call, 'sub');
      expect(invoices.map((invoice) => invoice.status)).not.toContain('draft');
      const net = { subscription: 0, seat: 0, setup: 0 };
      const add = (name: string, cents: number) => {
        net[name === 'plan' ? 'subscription' : (name as 'seat' | 'setup')] += cents;
      };
      for (const fee of invoices.flatMap((invoice) => invoice.fees)) add(fee.item.name, fee.amount_cents);
      for (const note of await notes(call)) for (const item of note.items) add(item.fee.item.name, -item.amount_cents);
      // The first ten days and the ten from the 16th on, at 30 days a month.
      expect(net).toEqual({ subscription: 2000, seat: 600, setup: 900 });
    },
  );

  it('makes, estimates, voids and refuses credit notes by hand (cn-last-one-absorbs-rounding)', async () => {
    const { call } = await openAt(florin, '2024-01-01T00:00:00Z');
    await tax(call, 20);
    await makeAddOns(call, 6833, 'a', 'b');
    await make(call, '/api/v1/customers', 'customer', { external_id: 'buyer' });
    const invoice = await make(call, '/api/v1/invoices', 'invoice', {
      external_customer_id: 'buyer',
      currency: 'EUR',
      fees: [{ add_on_code: 'a' }, { add_on_code: 'b' }],
    });
    expect(invoice).toMatchObject({ taxes_amount_cents: 2733, total_amount_cents: 16_399 });
    const [a, b] = invoice.fees.map((fee: { lago_id: string }) => fee.lago_id);
    const whole = (fee: string, cents = 6833) => ({ invoice_id: invoice.lago_id, items: [{ fee_id: fee, amount_cents: cents }] });
    const estimate = await call('POST', '/api/v1/credit_notes/estimate', { credit_note: whole(a) });
    expect(estimate.body.estimated_credit_note).toMatchObject({
      max_creditable_amount_cents: 8200,
      max_refundable_amount_cents: 0,
      max_offsettable_amount_cents: 8200,
    });
    const first = await make(call, '/api/v1/credit_notes', 'credit_note', { ...whole(a), reason: 'product_unsatisfactory' });
    expect(first).toMatchObject({
      total_amount_cents: 8200,
      taxes_amount_cents: 1367,
      credit_amount_cents: 8200,
      reason: 'product_unsatisfactory',
    });
    const second = await make(call, '/api/v1/credit_notes', 'credit_note', whole(b));
    expect(second).toMatchObject({ number: `${invoice.number}-CN002`, total_amount_cents: 8199, taxes_amount_cents: 1366 });
    expect((await call('GET', `/api/v1/credit_notes/${second.lago_id}`)).body.credit_note.items[0].fee.lago_id).toBe(b);
    const refused = async (fields: object) => (await call('POST', '/api/v1/credit_notes', { credit_note: fields })).body;
    expect(await refused(whole(a, 1))).toMatchObject({
      error_details: { 'items.0.amount_cents': ['higher_than_remaining_fee_amount'] },
    });
    expect(await refused({ ...whole(a, 0), refund_amount_cents: 1 })).toMatchObject({
      error_details: { refund_amount_cents: ['higher_than_remaining_invoice_amount'], base: ['does_not_match_item_amounts'] },
    });
    expect(await refused({ ...whole(first.lago_id) })).toMatchObject({ error_details: { 'items.0.fee_id': ['fee_not_found'] } });
    expect(await refused({ ...whole(a), invoice_id: first.lago_id })).toMatchObject({ status: 404, code: 'invoice_not_found' });
    expect((await call('PUT', `/api/v1/credit_notes/${first.lago_id}/void`)).body.credit_note).toMatchObject({
      credit_status: 'voided',
      balance_amount_cents: 0,
    });
    expect((await call('PUT', `/api/v1/credit_notes/${first.lago_id}/void`)).body.code).toBe('not_voidable');
    expect((await call('PUT', `/api/v1/credit_notes/${first.lago_id}`, { refund_status: 'succeeded' })).body.code).toBe(
      'not_editable',
    );
  });

  it('gives back what a voided invoice came to (void-with-credit), and refuses drafts (void-not-finalized)', async () => {
    const { call } = await openAt(florin, '2024-01-01T00:00:00Z');
    await tax(call, 20);
    await sell(call, 'plan', 1000);
    await take(call, 'sub', 'plan');
    await bill(call);
    const first = async () => (await wholeInvoices(call, 'sub'))[0];
    const { lago_id: id } = await first();
    const voiding = (fields: object) => call('POST', `/api/v1/invoices/${id}/void`, { generate_credit_note: true, ...fields });
    expect((await voiding({})).body).toMatchObject({ status: 405, code: 'not_voidable' });
    await call('PUT', `/api/v1/invoices/${id}/finalize`);
    expect((await voiding({ credit_amount: 1201 })).body.error_details).toEqual({
      credit_amount: ['higher_than_remaining_invoice_amount'],
    });
    expect((await voiding({ refund_amount: 1 })).body.error_details).toEqual({
      refund_amount: ['higher_than_remaining_invoice_amount'],
    });
    expect((await first()).status).toBe('finalized');
    expect(await notes(call)).toEqual([]);
    const voided = await voiding({ credit_amount: 1200, refund_amount: 0 });
    expect(voided.body.invoice).toMatchObject({ status: 'voided', voided_at: expect.any(String) });
    const [note] = await notes(call);
    expect(note).toMatchObject({
      status: 'finalized',
      credit_status: 'available',
      credit_amount_cents: 1200,
      refund_amount_cents: 0,
      total_amount_cents: 1200,
      balance_amount_cents: 1200,
    });
    expect((await voiding({})).body.code).toBe('not_voidable');
    const ofCustomer = await call('GET', '/api/v1/customers/customer%20of%20sub/credit_notes');
    expect(ofCustomer.body).toMatchObject({ credit_notes: [{ lago_id: note.lago_id }], meta: { total_count: 1 } });
    expect((await call('GET', '/api/v1/customers/nobody/credit_notes')).body.code).toBe('customer_not_found');
  });
});
