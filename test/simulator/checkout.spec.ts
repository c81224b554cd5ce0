import { customerWith, openStripe, priceOf, type SimulatedStripe } from '../support/simulated-stripe.ts';

/** What a browser does with the page's form: post it, and follow where it leads within the simulator. */
async function fill(url: string, fields: Record<string, string>): Promise<Response> {
  let response = await fetch(url, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' });
  for (let hops = 0; response.status === 303 && hops < 5; hops += 1) {
    const next = new URL(response.headers.get('location') ?? '', url);
    if (!next.href.startsWith(new URL(url).origin)) break;
    response = await fetch(next, { redirect: 'manual' });
  }
  return response;
}

const card = (cardNumber: string) => ({
  email: 'ada@example.com',
  billingName: 'Ada',
  cardNumber,
  cardExpiry: '12 / 34',
  cardCvc: '123',
});
const success_url = 'https://florin.example/done?session={CHECKOUT_SESSION_ID}';

describe('the pages Stripe hosts', () => {
  let sim: SimulatedStripe;
  beforeAll(async () => {
    sim = await openStripe();
  });
  afterAll(() => sim.stop());

  it('subscribe a new customer: a decline is told, the next card pays', async () => {
    const { stripe } = sim;
    const { id: price } = await priceOf(stripe);
    const session = await stripe.checkout.sessions.create({
      mode: 'subscription',
      success_url,
      line_items: [{ price, quantity: 3 }],
      client_reference_id: 'acme',
      subscription_data: { metadata: { florin_subscription: '42' } },
    });
    expect(session).toMatchObject({ status: 'open', payment_status: 'unpaid', amount_total: 6000 });
    const shown = await fetch(session.url ?? '');
    expect(await shown.text()).toContain('$60.00');

    const declined = await fill(session.url ?? '', card('4000 0000 0000 0341'));
    expect(declined.status).toBe(402);
    expect(await declined.text()).toContain('<p role="alert">Your card was declined.</p>');
    expect((await stripe.checkout.sessions.retrieve(session.id)).status).toBe('open');

    const paid = await fill(session.url ?? '', card('4242 4242 4242 4242'));
    expect(paid.headers.get('location')).toBe(`https://florin.example/done?session=${session.id}`);
    const done = await stripe.checkout.sessions.retrieve(session.id, { expand: ['subscription', 'line_items', 'invoice'] });
    expect(done).toMatchObject({
      status: 'complete',
      payment_status: 'paid',
      client_reference_id: 'acme',
      subscription: { status: 'active', metadata: { florin_subscription: '42' } },
      invoice: { status: 'paid', amount_paid: 6000, attempt_count: 2 },
      customer_details: { email: 'ada@example.com' },
    });
    expect(done.line_items?.data).toMatchObject([{ quantity: 3, amount_total: 6000 }]);
  });

  it('pay once behind 3-D Secure, which the customer fails first', async () => {
    const { stripe } = sim;
    const { id: price } = await stripe.prices.create({ currency: 'jpy', unit_amount: 500, product_data: { name: 'Mug' } });
    const session = await stripe.checkout.sessions.create({ mode: 'payment', success_url, line_items: [{ price, quantity: 1 }] });
    const asked = await fill(session.url ?? '', card('4000 0000 0000 3220'));
    expect(asked.url).toMatch(/\/_sim\/3ds\/pi_/);
    const failed = await fill(asked.url, { outcome: 'fail' });
    expect(await failed.text()).toContain('unable to authenticate');
    const again = await fill(session.url ?? '', card('4000 0000 0000 3220'));
    const passed = await fill(again.url, { outcome: 'complete' });
    expect(passed.headers.get('location')).toContain(session.id);
    const done = await stripe.checkout.sessions.retrieve(session.id, { expand: ['payment_intent'] });
    expect(done).toMatchObject({
      status: 'complete',
      payment_status: 'paid',
      payment_intent: { status: 'succeeded', amount_received: 500 },
    });
  });

  it('keep a card in setup mode, and expire', async () => {
    const { stripe } = sim;
    const customer = await stripe.customers.create();
    const session = await stripe.checkout.sessions.create({ mode: 'setup', currency: 'usd', customer: customer.id, success_url });
    await fill(session.url ?? '', card('4242424242424242'));
    const done = await stripe.checkout.sessions.retrieve(session.id, { expand: ['setup_intent'] });
    expect(done).toMatchObject({
      status: 'complete',
      payment_status: 'no_payment_required',
      setup_intent: { status: 'succeeded' },
    });
    expect((await stripe.customers.listPaymentMethods(customer.id)).data).toHaveLength(1);

    const other = await stripe.checkout.sessions.create({ mode: 'setup', currency: 'usd', success_url });
    sim.simulator.advance(25 * 3600);
    expect((await stripe.checkout.sessions.retrieve(other.id)).status).toBe('expired');
    const { data } = await stripe.events.list({ type: 'checkout.session.expired' });
    expect(data).toMatchObject([{ data: { object: { id: other.id } } }]);
  });

  it('complete with a debit that comes through, or not, later', async () => {
    const { stripe } = sim;
    const { id: price } = await stripe.prices.create({ currency: 'eur', unit_amount: 900, product_data: { name: 'Mug' } });
    const { id } = await stripe.checkout.sessions.create({ mode: 'payment', success_url, line_items: [{ price, quantity: 1 }] });
    const method = await stripe.paymentMethods.create({
      type: 'sepa_debit',
      sepa_debit: { iban: 'AT611904300234573201' },
      billing_details: { email: 'a@b.c', name: 'Ada' },
    });
    await stripe.rawRequest('POST', `/v1/payment_pages/${id}/confirm`, { payment_method: method.id });
    expect(await stripe.checkout.sessions.retrieve(id)).toMatchObject({ status: 'complete', payment_status: 'unpaid' });
    sim.simulator.advance(200);
    expect(await stripe.checkout.sessions.retrieve(id)).toMatchObject({ payment_status: 'paid' });
    expect((await stripe.events.list({ type: 'checkout.session.async_payment_succeeded' })).data).toHaveLength(1);
  });

  it('let a customer pay an open invoice, and cancel, go on and change the card in the portal', async () => {
    const { stripe } = sim;
    const customer = await customerWith(stripe, 'pm_card_chargeCustomerFail');
    const { id: price } = await priceOf(stripe);
    const subscription = await stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price }],
      expand: ['latest_invoice'],
    });
    const { hosted_invoice_url, id } = subscription.latest_invoice as { hosted_invoice_url: string; id: string };
    expect(subscription.status).toBe('incomplete');
    const page = await fill(hosted_invoice_url, card('4242424242424242'));
    expect(await page.text()).toContain('<span id="status">paid</span>');
    expect((await stripe.invoices.retrieve(id)).status).toBe('paid');

    const portal = await stripe.billingPortal.sessions.create({ customer: customer.id, return_url: 'https://florin.example' });
    await fill(portal.url, { action: 'cancel', subscription: subscription.id });
    expect(await stripe.subscriptions.retrieve(subscription.id)).toMatchObject({ status: 'active', cancel_at_period_end: true });
    await fill(portal.url, { action: 'renew', subscription: subscription.id });
    expect(await stripe.subscriptions.retrieve(subscription.id)).toMatchObject({ cancel_at_period_end: false, cancel_at: null });
    const refused = await fill(portal.url, { action: 'card', cardNumber: '4000000000000002' });
    expect(await refused.text()).toContain('Your card was declined.');
    await fill(portal.url, { action: 'card', cardNumber: '5555555555554444' });
    expect(await (await fetch(portal.url)).text()).toContain('mastercard •••• 4444');
  });

  it.each([
    ['usd', 2000, '$20.00'],
    ['jpy', 2000, '¥2,000'],
    ['kwd', 2000, 'KWD 2.000'],
    ['isk', 200_000, 'ISK 2,000'],
    ['mga', 2000, 'MGA 2,000'],
  ])('show %s as people write it', async (currency, amount, text) => {
    const customer = await customerWith(sim.stripe);
    const { id } = await sim.stripe.invoices.create({ customer: customer.id, currency });
    await sim.stripe.invoiceItems.create({ customer: customer.id, invoice: id, amount, currency });
    const { hosted_invoice_url } = await sim.stripe.invoices.finalizeInvoice(id);
    expect((await (await fetch(String(hosted_invoice_url))).text()).replaceAll('\u00a0', ' ')).toContain(text);
  });
});
