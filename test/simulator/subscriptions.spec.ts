import {
  customerWith,
  openReceiver,
  openStripe,
  priceOf,
  type Receiver,
  type SimulatedStripe,
} from '../support/simulated-stripe.ts';

describe('a simulated subscription', () => {
  let sim: SimulatedStripe;
  let receiver: Receiver;
  beforeAll(async () => {
    sim = await openStripe();
    receiver = await openReceiver();
  });
  afterAll(async () => {
    await sim.stop();
    await receiver.stop();
  });

  it('is paid at once by a good card, and its events are delivered, signed', async () => {
    const { stripe, simulator } = sim;
    const endpoint = await stripe.webhookEndpoints.create({ url: receiver.url, enabled_events: ['*'] });
    const customer = await customerWith(stripe);
    const price = await priceOf(stripe);
    const subscription = await stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: price.id, quantity: 2 }],
      metadata: { florin: 'yes' },
      expand: ['latest_invoice.payments', 'latest_invoice.confirmation_secret'],
    });
    expect(subscription.status).toBe('active');
    const invoice = subscription.latest_invoice as Exclude<typeof subscription.latest_invoice, string | null>;
    expect(invoice).toMatchObject({ status: 'paid', total: 4000, amount_paid: 4000, billing_reason: 'subscription_create' });
    expect(invoice.parent?.subscription_details).toEqual({ metadata: { florin: 'yes' }, subscription: subscription.id });
    expect(invoice.payments?.data).toMatchObject([{ status: 'paid', amount_paid: 4000, payment: { type: 'payment_intent' } }]);

    await simulator.idle();
    const events = receiver.received.map(({ body, signature }) =>
      stripe.webhooks.constructEvent(body, signature, endpoint.secret ?? ''),
    );
    const types = events.map(({ type }) => type);
    expect(types).toEqual(
      expect.arrayContaining([
        'customer.subscription.created',
        'invoice.created',
        'invoice.finalized',
        'charge.succeeded',
        'payment_intent.succeeded',
        'invoice_payment.paid',
        'invoice.paid',
        'customer.subscription.updated',
      ]),
    );
    const updated = events.find(({ type }) => type === 'customer.subscription.updated');
    expect(updated?.data.previous_attributes).toEqual({ status: 'incomplete' });
    const paid = events.find(({ type }) => type === 'invoice.paid');
    expect(paid?.data.object).not.toHaveProperty('payments');
  });

  it('renews on its test clock: created, an hour later finalized and paid', async () => {
    const { stripe } = sim;
    const start = Date.UTC(2026, 0, 31) / 1000;
    const clock = await stripe.testHelpers.testClocks.create({ frozen_time: start });
    const customer = await customerWith(stripe, 'pm_card_visa', { test_clock: clock.id });
    const { id: price } = await priceOf(stripe);
    const subscription = await stripe.subscriptions.create({ customer: customer.id, items: [{ price }] });
    expect(subscription.items.data[0]?.current_period_end).toBe(Date.UTC(2026, 1, 28) / 1000);

    await stripe.testHelpers.testClocks.advance(clock.id, { frozen_time: Date.UTC(2026, 2, 1) / 1000 });
    let ready = await stripe.testHelpers.testClocks.retrieve(clock.id);
    while (ready.status !== 'ready') ready = await stripe.testHelpers.testClocks.retrieve(clock.id);
    const renewed = await stripe.subscriptions.retrieve(subscription.id, { expand: ['latest_invoice'] });
    expect(renewed.latest_invoice).toMatchObject({
      status: 'paid',
      billing_reason: 'subscription_cycle',
      created: Date.UTC(2026, 1, 28) / 1000,
    });
    // The 31st comes back after February.
    expect(renewed.items.data[0]).toMatchObject({
      current_period_start: Date.UTC(2026, 1, 28) / 1000,
      current_period_end: Date.UTC(2026, 2, 31) / 1000,
    });
    const { data } = await stripe.events.list({ types: ['invoice.created', 'invoice.finalized', 'invoice.paid'], limit: 100 });
    const times = data
      .filter((event) => (event.data.object as { customer?: string }).customer === customer.id)
      .map(({ type, created }) => [type, created]);
    expect(times.slice(0, 3)).toEqual([
      ['invoice.paid', Date.UTC(2026, 1, 28, 1) / 1000],
      ['invoice.finalized', Date.UTC(2026, 1, 28, 1) / 1000],
      ['invoice.created', Date.UTC(2026, 1, 28) / 1000],
    ]);
  });
});
