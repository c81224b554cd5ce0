import type { Stripe } from 'stripe';
import { customerWith, openStripe, priceOf, type SimulatedStripe } from '../support/simulated-stripe.ts';

const day = 86_400;
const start = Date.UTC(2026, 0, 1) / 1000;

describe('billing in the simulated Stripe', () => {
  let sim: SimulatedStripe;
  let stripe: Stripe;
  beforeAll(async () => {
    sim = await openStripe();
    ({ stripe } = sim);
  });
  afterAll(() => sim.stop());

  const clockAt = async (frozen_time = start): Promise<string> =>
    (await stripe.testHelpers.testClocks.create({ frozen_time })).id;
  const advance = async (clock: string, frozen_time: number): Promise<void> => {
    await stripe.testHelpers.testClocks.advance(clock, { frozen_time });
    while ((await stripe.testHelpers.testClocks.retrieve(clock)).status !== 'ready');
  };
  const eventsOf = async (customer: string): Promise<string[]> => {
    const types: string[] = [];
    for await (const { type, data } of stripe.events.list({ limit: 100 }))
      if ((data.object as { customer?: string }).customer === customer) types.unshift(type);
    return types;
  };

  it('prorates a change to the second, previews what it then invoices', async () => {
    const clock = await clockAt();
    const customer = await customerWith(stripe, 'pm_card_visa', { test_clock: clock });
    const small = await priceOf(stripe, { unit_amount: 3100 });
    const large = await priceOf(stripe, { unit_amount: 6200 });
    const subscription = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: small.id }] });
    await advance(clock, start + 10 * day);
    const items = [{ id: subscription.items.data[0]!.id, price: large.id }];
    const preview = await stripe.invoices.createPreview({
      subscription: subscription.id,
      subscription_details: { items, proration_behavior: 'always_invoice', proration_date: start + 10 * day },
    });
    expect(preview.id).toMatch(/^upcoming_in_/);
    expect(preview.lines.data.map(({ amount, description }) => [amount, description])).toEqual([
      [-2100, 'Unused time on Plan after 11 Jan 2026'],
      [4200, 'Remaining time on Plan after 11 Jan 2026'],
    ]);
    const changed = await stripe.subscriptions.update(subscription.id, {
      items,
      proration_behavior: 'always_invoice',
      expand: ['latest_invoice'],
    });
    expect(changed.latest_invoice).toMatchObject({
      status: 'paid',
      billing_reason: 'subscription_update',
      total: preview.total,
      amount_paid: 2100,
    });
    await advance(clock, Date.UTC(2026, 1, 2) / 1000);
    const { data } = await stripe.invoices.list({ subscription: subscription.id });
    expect(data.map(({ total, status }) => [total, status])).toEqual([
      [6200, 'paid'],
      [2100, 'paid'],
      [3100, 'paid'],
    ]);
  });

  it('tries a failing card after 3, 5 and 7 days, then cancels', async () => {
    const clock = await clockAt();
    const customer = await customerWith(stripe, 'pm_card_visa', { test_clock: clock });
    const { id: price } = await priceOf(stripe);
    const subscription = await stripe.subscriptions.create({ customer: customer.id, items: [{ price }] });
    const bad = await stripe.paymentMethods.attach('pm_card_chargeCustomerFail', { customer: customer.id });
    await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: bad.id } });
    const due = Date.UTC(2026, 1, 1) / 1000 + 3600;
    await advance(clock, due + 60);
    const [failed] = (await stripe.invoices.list({ subscription: subscription.id })).data;
    expect(failed).toMatchObject({ status: 'open', attempt_count: 1, next_payment_attempt: due + 3 * day });
    expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe('past_due');
    await advance(clock, due + 16 * day);
    expect(await stripe.subscriptions.retrieve(subscription.id)).toMatchObject({
      status: 'canceled',
      cancellation_details: { reason: 'payment_failed' },
      ended_at: due + 15 * day,
    });
    expect((await eventsOf(customer.id)).filter((type) => type === 'invoice.payment_failed')).toHaveLength(4);
  });

  it('recovers when a good card pays within the dunning', async () => {
    const clock = await clockAt();
    const customer = await customerWith(stripe, 'pm_card_visa', { test_clock: clock });
    const { id: price } = await priceOf(stripe);
    const { id } = await stripe.subscriptions.create({ customer: customer.id, items: [{ price }] });
    const bad = await stripe.paymentMethods.attach('pm_card_chargeCustomerFail', { customer: customer.id });
    await stripe.subscriptions.update(id, { default_payment_method: bad.id });
    await advance(clock, Date.UTC(2026, 1, 2) / 1000);
    await stripe.subscriptions.update(id, { default_payment_method: '' });
    await advance(clock, Date.UTC(2026, 1, 5) / 1000);
    expect((await stripe.subscriptions.retrieve(id)).status).toBe('active');
  });

  it('lets a trial end: told three days before, active, invoiced, paid', async () => {
    const clock = await clockAt();
    const customer = await customerWith(stripe, 'pm_card_visa', { test_clock: clock });
    const { id: price } = await priceOf(stripe);
    const subscription = await stripe.subscriptions.create({ customer: customer.id, items: [{ price }], trial_period_days: 14 });
    expect(subscription).toMatchObject({ status: 'trialing', trial_end: start + 14 * day });
    await advance(clock, start + 15 * day);
    const types = (await eventsOf(customer.id)).slice(
      (await eventsOf(customer.id)).indexOf('customer.subscription.trial_will_end'),
    );
    expect(types).toEqual(
      [
        'customer.subscription.trial_will_end',
        'invoice.created',
        'customer.subscription.updated',
        'payment_intent.created',
        'invoice.finalized',
        'charge.succeeded',
        'payment_intent.succeeded',
        'invoice.paid',
        'invoice.payment_succeeded',
      ].toSorted((a, b) => types.indexOf(a) - types.indexOf(b)),
    );
    expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe('active');
  });

  it('pauses and resumes, cancels at the period’s end, expires what was never paid', async () => {
    const clock = await clockAt();
    const customer = await customerWith(stripe, 'pm_card_visa', { test_clock: clock });
    const { id: price } = await priceOf(stripe);
    const { id } = await stripe.subscriptions.create({ customer: customer.id, items: [{ price }] });
    expect(await stripe.subscriptions.pause(id, { type: 'subscription' })).toMatchObject({
      status: 'paused',
      status_details: { paused: { type: 'subscription' } },
    });
    await advance(clock, Date.UTC(2026, 1, 10) / 1000);
    expect((await stripe.invoices.list({ subscription: id })).data).toHaveLength(1);
    const resumed = await stripe.subscriptions.resume(id);
    expect(resumed).toMatchObject({ status: 'active', billing_cycle_anchor: Date.UTC(2026, 1, 10) / 1000 });
    await stripe.subscriptions.update(id, { cancel_at_period_end: true });
    await advance(clock, Date.UTC(2026, 2, 11) / 1000);
    expect(await stripe.subscriptions.retrieve(id)).toMatchObject({ status: 'canceled', ended_at: Date.UTC(2026, 2, 10) / 1000 });

    const broke = await customerWith(stripe, 'pm_card_chargeCustomerFail', { test_clock: clock });
    const never = await stripe.subscriptions.create({ customer: broke.id, items: [{ price }] });
    await advance(clock, Date.UTC(2026, 2, 12) / 1000);
    expect(await stripe.subscriptions.retrieve(never.id, { expand: ['latest_invoice'] })).toMatchObject({
      status: 'incomplete_expired',
      latest_invoice: { status: 'void' },
    });
  });

  it('takes coupons off, puts taxes on, and the customer’s credit in', async () => {
    const customer = await customerWith(stripe);
    await stripe.customers.createBalanceTransaction(customer.id, { amount: -300, currency: 'usd' });
    const coupon = await stripe.coupons.create({ percent_off: 25, duration: 'once' });
    const { id: code } = await stripe.promotionCodes.create({ promotion: { type: 'coupon', coupon: coupon.id }, code: 'SPRING' });
    const vat = await stripe.taxRates.create({ display_name: 'VAT', percentage: 20, inclusive: false });
    const { id: price } = await priceOf(stripe);
    const { latest_invoice } = await stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price }],
      discounts: [{ promotion_code: code }],
      default_tax_rates: [vat.id],
      expand: ['latest_invoice'],
    });
    expect(latest_invoice).toMatchObject({
      subtotal: 2000,
      total_discount_amounts: [{ amount: 500 }],
      total_taxes: [{ amount: 300, taxable_amount: 1500, tax_behavior: 'exclusive', tax_rate_details: { tax_rate: vat.id } }],
      total: 1800,
      starting_balance: -300,
      ending_balance: 0,
      amount_due: 1500,
      amount_paid: 1500,
    });
    expect(await stripe.coupons.retrieve(coupon.id)).toMatchObject({ times_redeemed: 1 });
  });

  it('takes an invoice from draft to paid, void, uncollectible, and credits it', async () => {
    const customer = await customerWith(stripe);
    const draft = async (amount: number, params: Partial<Stripe.InvoiceCreateParams> = {}) => {
      const invoice = await stripe.invoices.create({ customer: customer.id, ...params });
      await stripe.invoiceItems.create({
        customer: customer.id,
        invoice: invoice.id,
        amount,
        currency: 'usd',
        description: 'Work',
      });
      return invoice.id;
    };
    const first = await draft(1000);
    expect(await stripe.invoices.retrieve(first)).toMatchObject({ status: 'draft', number: null, total: 1000, parent: null });
    expect(await stripe.invoices.finalizeInvoice(first)).toMatchObject({
      status: 'open',
      number: expect.stringMatching(/-0001$/),
    });
    const paid = await stripe.invoices.pay(first, { expand: ['payments'] });
    expect(paid).toMatchObject({ status: 'paid', amount_paid: 1000 });
    const [payment] = paid.payments?.data ?? [];
    const { data } = await stripe.invoicePayments.list({
      payment: { type: 'payment_intent', payment_intent: payment!.payment.payment_intent as string },
    });
    expect(data).toMatchObject([{ invoice: first }]);
    const note = await stripe.creditNotes.create({ invoice: first, amount: 400, refund_amount: 300, credit_amount: 100 });
    expect(note).toMatchObject({ type: 'post_payment', total: 400, refunds: [{ amount_refunded: 300 }] });
    expect(await stripe.customers.retrieve(customer.id)).toMatchObject({ balance: -100 });
    await expect(stripe.creditNotes.create({ invoice: first, amount: 601, credit_amount: 601 })).rejects.toThrow(
      'greater than the invoice',
    );

    const second = await draft(500, { collection_method: 'send_invoice', days_until_due: 30 });
    await stripe.invoices.sendInvoice(second);
    await stripe.creditNotes.create({ invoice: second, amount: 150 });
    expect(await stripe.invoices.retrieve(second)).toMatchObject({
      status: 'open',
      amount_due: 250,
      pre_payment_credit_notes_amount: 150,
    });
    await stripe.invoices.markUncollectible(second);
    expect(await stripe.invoices.pay(second, { paid_out_of_band: true })).toMatchObject({
      status: 'paid',
      amount_paid_off_stripe: 250,
    });

    const third = await draft(500);
    await stripe.invoices.finalizeInvoice(third);
    expect(await stripe.invoices.voidInvoice(third)).toMatchObject({ status: 'void' });
    await expect(stripe.invoices.pay(third)).rejects.toThrow('Voided invoices');
    const fourth = await draft(500);
    await stripe.invoices.del(fourth);
    await expect(stripe.invoices.retrieve(fourth)).rejects.toThrow('No such invoice');
  });

  it('refunds in parts, lets refunds fail, and charges be disputed', async () => {
    const pay = async (card: string) =>
      (await stripe.paymentIntents.create({ amount: 1000, currency: 'usd', confirm: true, payment_method: card }))
        .latest_charge as string;
    const charge = await pay('pm_card_visa');
    await stripe.refunds.create({ charge, amount: 400 });
    expect(await stripe.charges.retrieve(charge, { expand: ['refunds'] })).toMatchObject({
      amount_refunded: 400,
      refunded: false,
      refunds: { data: [{ amount: 400 }] },
    });
    await stripe.refunds.create({ charge });
    await expect(stripe.refunds.create({ charge })).rejects.toMatchObject({ code: 'charge_already_refunded' });

    const failing = await pay('pm_card_refundFail');
    const refund = await stripe.refunds.create({ charge: failing });
    expect(refund.status).toBe('succeeded');
    sim.simulator.advance(61);
    expect(await stripe.refunds.retrieve(refund.id)).toMatchObject({ status: 'failed', failure_reason: 'unknown' });
    expect(await stripe.charges.retrieve(failing)).toMatchObject({ amount_refunded: 0, refunded: false });

    const disputed = await pay('pm_card_createDispute');
    const [dispute] = (await stripe.disputes.list({ charge: disputed })).data;
    expect(dispute).toMatchObject({
      status: 'needs_response',
      amount: 1000,
      balance_transactions: [{ amount: -1000, fee: 1500 }],
    });
    expect(await stripe.disputes.update(dispute!.id, { evidence: { uncategorized_text: 'winning_evidence' } })).toMatchObject({
      status: 'won',
    });
    const types = (await stripe.events.list({ types: ['charge.dispute.closed', 'charge.dispute.funds_reinstated'] })).data.map(
      ({ type }) => type,
    );
    expect(types).toEqual(['charge.dispute.closed', 'charge.dispute.funds_reinstated']);
  });

  it('renews for two years', async () => {
    const clock = await clockAt();
    const customer = await customerWith(stripe, 'pm_card_visa', { test_clock: clock });
    const { id: price } = await priceOf(stripe);
    const { id } = await stripe.subscriptions.create({ customer: customer.id, items: [{ price }] });
    for (let month = 1; month <= 24; month += 1) await advance(clock, Date.UTC(2026, month, 1) / 1000 + 3600);
    let invoices = 0;
    for await (const invoice of stripe.invoices.list({ subscription: id, limit: 100 }))
      invoices += invoice.status === 'paid' ? 1 : 0;
    expect(invoices).toBe(25);
  });
});
