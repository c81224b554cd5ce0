import { type PaymentProvider, PaymentProviders, type Purchase, type SoldPlan } from '../../src/modules/payments/index.ts';
import { type Florin, startFlorin } from '../support/florin.ts';
import { until } from '../support/processes.ts';
import { customerWith, openStripe, priceOf, type SimulatedStripe } from '../support/simulated-stripe.ts';
import { sign } from '../support/stripe.ts';

interface SeenRequest {
  method: string;
  url: string;
  form: string;
  idempotencyKey: string | null;
  status: number;
}

const secret = 'sk_test_secret_of_the_vendor';
const organizationId = '01a1feb0-0000-7000-8000-000000000001';
const plan: SoldPlan = {
  organizationId,
  id: '01a1feb0-0000-7000-8000-000000000002',
  code: 'team_monthly',
  displayName: 'Team plan',
  amountCents: 4900n,
  currency: 'USD',
  interval: 'quarterly',
};
const buyer = {
  organizationId,
  id: '01a1feb0-0000-7000-8000-000000000003',
  name: 'Ada',
  email: 'ada@example.com',
  replaces: null,
};

/** The real SDK against the simulator. */
describe('Stripe as a payment provider', () => {
  let sim: SimulatedStripe;
  let florin: Florin;
  let provider: PaymentProvider;
  beforeEach(async () => {
    sim = await openStripe();
    florin = await startFlorin({
      STRIPE_SECRET_KEY: secret,
      STRIPE_API_BASE: sim.simulator.url,
      STRIPE_TIMEOUT_SECONDS: '1',
      STRIPE_WEBHOOK_SECRET: 'whsec_of_these_tests_0123456789',
    });
    provider = florin.app.get(PaymentProviders, { strict: false }).get('STRIPE');
  });
  afterEach(async () => {
    await florin.stop();
    await sim.stop();
  });

  const requests = async (): Promise<SeenRequest[]> =>
    (await sim.control<{ requests: SeenRequest[] }>('GET', 'requests')).requests;
  const keysOf = async (path: string): Promise<(string | null)[]> =>
    (await requests()).filter(({ method, url }) => method === 'POST' && url === path).map(({ idempotencyKey }) => idempotencyKey);
  const fault = (fields: object) => sim.control('POST', 'faults', { on: 'request', ...fields });
  const codeOf = (work: Promise<unknown>): Promise<unknown> =>
    work.then(
      () => 'done',
      (error: { code?: string }) => error.code,
    );
  const purchaseFor = async (providerCustomerId: string, serial = 4): Promise<Purchase> => ({
    providerCustomerId,
    providerPriceId: await provider.getOrCreatePrice(plan),
    subscriptionId: `01a1feb0-0000-7000-8000-00000000000${serial}`,
    metadata: { subscription_id: `01a1feb0-0000-7000-8000-00000000000${serial}` },
    trialDays: 0,
  });

  it('C16: is found by its name, beside manual; another name is an error', () => {
    const providers = florin.app.get(PaymentProviders, { strict: false });
    expect([providers.get('STRIPE').name, providers.get('MANUAL').name]).toEqual(['STRIPE', 'MANUAL']);
    expect(() => providers.get('CROSSMINT')).toThrow('{"payment_provider":["value_is_invalid"]}');
  });

  it('C19: sells a product named as the buyer knows the plan, with no name of an environment', async () => {
    const price = await sim.stripe.prices.retrieve(await provider.getOrCreatePrice(plan), { expand: ['product'] });
    expect(price).toMatchObject({
      unit_amount: 4900,
      currency: 'usd',
      recurring: { interval: 'month', interval_count: 3 },
      product: { name: 'Team plan', metadata: { plan_code: 'team_monthly' } },
    });
  });

  it('finds the price it made, makes another for another amount, and follows the name', async () => {
    const first = await provider.getOrCreatePrice(plan);
    expect(await provider.getOrCreatePrice(plan)).toBe(first);
    const dearer = await provider.getOrCreatePrice({ ...plan, amountCents: 5900n, displayName: 'Team' });
    expect(dearer).not.toBe(first);
    const { data: products } = await sim.stripe.products.list();
    expect(products.map(({ name }) => name)).toEqual(['Team']);
    await sim.stripe.prices.update(first, { active: false });
    const again = await provider.getOrCreatePrice({ ...plan, displayName: 'Team' });
    expect((await sim.stripe.prices.retrieve(again)).active).toBe(true);
  });

  it.each([
    ['USD', 4900, '4900'],
    ['JPY', 4900, '4900'],
    ['KWD', 4900, '4900'],
    ['ISK', 490_000, '490000'],
    ['UGX', 490_000, '490000'],
    ['MGA', 49, '49'],
  ])('sells 4900 of the smallest unit of %s as Stripe counts it, both ways', async (currency, amount, decimal) => {
    const id = await provider.getOrCreatePrice({ ...plan, currency });
    const price = await sim.stripe.prices.retrieve(id);
    expect([price.unit_amount, String(price.unit_amount_decimal)]).toEqual([amount, decimal]);
    const customer = await customerWith(sim.stripe);
    const { id: subscription } = await sim.stripe.subscriptions.create({ customer: customer.id, items: [{ price: id }] });
    expect((await provider.listInvoices(customer.id, 10)).invoices).toMatchObject([
      { currency, total: '4900', amountPaid: '4900', lines: [{ amount: '4900', unitAmount: '4900' }] },
    ]);
    expect(await provider.getUpcomingInvoice(customer.id, subscription)).toMatchObject({ currency, amountDue: '4900' });
  });

  it('what Stripe cannot charge to the last unit is refused before it is asked', async () => {
    expect(await codeOf(provider.getOrCreatePrice({ ...plan, currency: 'MGA', amountCents: 4950n }))).toBe(
      'payment_configuration',
    );
    expect(await requests()).toEqual([]);
  });

  it('C8: asked twenty times at once, makes one customer and one price', async () => {
    const twenty = Array.from({ length: 20 });
    const customers = await Promise.all(twenty.map(() => provider.createCustomer(buyer)));
    const prices = await Promise.all(twenty.map(() => provider.getOrCreatePrice(plan)));
    expect([new Set(customers).size, new Set(prices).size]).toEqual([1, 1]);
    expect((await sim.stripe.customers.list()).data).toMatchObject([
      { name: 'Ada', email: 'ada@example.com', metadata: { customer_id: buyer.id } },
    ]);
    expect([(await sim.stripe.prices.list()).data.length, (await sim.stripe.products.list()).data.length]).toEqual([1, 1]);
  });

  it('C17: cancels; what is gone already counts as canceled', async () => {
    const customer = await customerWith(sim.stripe);
    const { id } = await sim.stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: (await priceOf(sim.stripe)).id }],
    });
    await provider.cancelSubscription(id);
    expect((await sim.stripe.subscriptions.retrieve(id)).status).toBe('canceled');
    await provider.cancelSubscription(id);
    await provider.cancelSubscription('sub_that_never_was');
    expect((await requests()).filter(({ method }) => method === 'DELETE')).toHaveLength(1);
  });

  it('C18: buys with the default payment method, else the first; with none it says so', async () => {
    const customerId = await provider.createCustomer(buyer);
    const purchase = await purchaseFor(customerId);
    expect(await codeOf(provider.createSubscription(purchase))).toBe('payment_method_missing');
    const first = await sim.stripe.paymentMethods.attach('pm_card_mastercard', { customer: customerId });
    const bought = await sim.stripe.subscriptions.retrieve(await provider.createSubscription(purchase));
    expect(bought).toMatchObject({ status: 'active', default_payment_method: first.id, metadata: purchase.metadata });
    const second = await sim.stripe.paymentMethods.attach('pm_card_visa', { customer: customerId });
    await provider.setDefaultPaymentMethod(customerId, second.id);
    expect((await sim.stripe.subscriptions.retrieve(bought.id)).default_payment_method).toBe(second.id);
    const next = await sim.stripe.subscriptions.retrieve(await provider.createSubscription(await purchaseFor(customerId, 5)));
    expect(next.default_payment_method).toBe(second.id);
    const methods = await provider.listPaymentMethods(customerId);
    expect(methods.toSorted((a, b) => Number(b.isDefault) - Number(a.isDefault))).toMatchObject([
      { id: second.id, type: 'card', card: { brand: 'visa', last4: '4242' }, isDefault: true },
      { id: first.id, type: 'card', card: { brand: 'mastercard' }, isDefault: false },
    ]);
    await provider.removePaymentMethod(customerId, first.id);
    expect((await provider.listPaymentMethods(customerId)).map(({ id }) => id)).toEqual([second.id]);
    const stranger = await provider.createCustomer({ ...buyer, id: '01a1feb0-0000-7000-8000-000000000009' });
    expect(await codeOf(provider.removePaymentMethod(stranger, second.id))).toBe('payment_method_not_found');
  });

  it('a declined card buys nothing and leaves nothing', async () => {
    const customer = await customerWith(sim.stripe, 'pm_card_chargeCustomerFail');
    expect(await codeOf(provider.createSubscription(await purchaseFor(customer.id)))).toBe('payment_declined');
    expect((await sim.stripe.subscriptions.list({ customer: customer.id, status: 'all' })).data).toEqual([]);
  });

  it('lists invoices, says what comes next, refunds the latest once, opens the portal and checks signatures', async () => {
    const customer = await customerWith(sim.stripe);
    const purchase = await purchaseFor(customer.id);
    const id = await provider.createSubscription(purchase);
    const { invoices, hasMore } = await provider.listInvoices(customer.id, 10);
    expect([invoices.map(({ status, total }) => [status, total]), hasMore]).toEqual([[['paid', '4900']], false]);
    expect(await provider.getUpcomingInvoice(customer.id, id)).toMatchObject({ amountDue: '4900', currency: 'USD' });
    await provider.changeSubscriptionPrice(id, await provider.getOrCreatePrice({ ...plan, amountCents: 9900n }));
    expect((await sim.stripe.subscriptions.retrieve(id)).items.data.map(({ price }) => price.unit_amount)).toEqual([9900]);
    await provider.cancelSubscriptionAtPeriodEnd(id);
    expect((await sim.stripe.subscriptions.retrieve(id)).cancel_at_period_end).toBe(true);
    await provider.refundSubscription(id);
    await provider.refundSubscription(id);
    expect((await sim.stripe.refunds.list()).data.map(({ amount }) => amount)).toEqual([4900]);
    const portal = await fetch(await provider.createPortalSession(customer.id, 'https://vendor.example/billing'));
    expect(await portal.text()).toContain('https://vendor.example/billing');
    const body = Buffer.from('{}');
    provider.verifyWebhook(body, sign('{}', { secret: 'whsec_of_these_tests_0123456789' }));
    expect(() => provider.verifyWebhook(body, sign('{}'))).toThrow('invalid_webhook_signature');
    expect(() => provider.verifyWebhook(body, undefined)).toThrow('missing_webhook_signature');
  });

  it('expires a session that nobody paid in, and says when somebody did', async () => {
    const customer = await provider.createCustomer(buyer);
    const urls = { successUrl: 'https://vendor.example/done?s={CHECKOUT_SESSION_ID}', cancelUrl: 'https://vendor.example' };
    const open = async (serial: number) => provider.createCheckoutSession({ ...(await purchaseFor(customer, serial)), ...urls });
    const first = await open(6);
    expect(await provider.expireCheckoutSession(first.sessionId)).toBe('expired');
    expect(await provider.expireCheckoutSession(first.sessionId)).toBe('expired');
    const second = await open(7);
    const card = { cardNumber: '4242424242424242', cardExpiry: '12 / 34', cardCvc: '123', email: 'a@b.c', billingName: 'Ada' };
    await fetch(second.checkoutUrl, { method: 'POST', body: new URLSearchParams(card), redirect: 'manual' });
    expect(await provider.expireCheckoutSession(second.sessionId)).toBe('complete');
  });

  it('no request names a secret of ours, and every one that changes something has a key', async () => {
    const customer = await provider.createCustomer(buyer);
    await provider.getOrCreatePrice(plan);
    await provider.createPortalSession(customer, 'https://vendor.example');
    const seen = await requests();
    expect(seen.filter(({ method, idempotencyKey }) => method === 'POST' && !idempotencyKey?.startsWith('florin:'))).toEqual([]);
    expect(JSON.stringify(seen)).not.toContain(secret);
  });

  describe('when Stripe is not well', () => {
    it('429: it waits as long as Stripe says and asks again with the same key', async () => {
      await fault({ path: '/v1/customers', fault: { kind: 'status', status: 429, retryAfterSeconds: 1 } });
      const begun = performance.now();
      await provider.createCustomer(buyer);
      expect(performance.now() - begun).toBeGreaterThanOrEqual(1_000);
      const keys = await keysOf('/v1/customers');
      expect([keys.length, new Set(keys).size]).toEqual([2, 1]);
    });

    it('500: the answer stands under its key, so it looks whether it was done, and takes the next key', async () => {
      await fault({ method: 'POST', path: '/v1/customers', fault: { kind: 'status', status: 500 } });
      const id = await provider.createCustomer(buyer);
      expect(new Set(await keysOf('/v1/customers')).size).toBe(2);
      // Later, in another process, the kept answer is read out again and passed by.
      expect(await provider.createCustomer(buyer)).toBe(id);
      expect((await sim.stripe.customers.list()).data).toHaveLength(1);
    });

    it('a lost answer: the same key finds what was made', async () => {
      await fault({ method: 'POST', path: '/v1/customers', times: 2, fault: { kind: 'reset', when: 'after' } });
      await provider.createCustomer(buyer);
      expect(new Set(await keysOf('/v1/customers')).size).toBe(1);
      expect((await sim.stripe.customers.list()).data).toHaveLength(1);
    });

    it('too slow: the request is given up and asked again', async () => {
      await fault({ method: 'POST', path: '/v1/customers', fault: { kind: 'delay', ms: 1_500 } });
      await provider.createCustomer(buyer);
      expect((await sim.stripe.customers.list()).data).toHaveLength(1);
    });

    it('for long: it says failed, then leaves Stripe alone and says unavailable at once, until Stripe is well again', async () => {
      await fault({ times: 1_000, fault: { kind: 'status', status: 503 } });
      expect(await codeOf(provider.createCustomer(buyer))).toBe('payment_provider_failed');
      expect(await codeOf(provider.createCustomer({ ...buyer, name: 'Bob' }))).toMatch(/^payment_provider_(failed|unavailable)$/);
      const asked = (await requests()).length;
      expect(await codeOf(provider.getOrCreatePrice(plan))).toBe('payment_provider_unavailable');
      expect((await requests()).length).toBe(asked);
      await sim.control('DELETE', 'faults');
      await until('Stripe to be asked again', async () => (await codeOf(provider.getOrCreatePrice(plan))) === 'done');
    });

    it('C9: what Stripe refuses of the price is a matter of configuration, in words that give nothing away', async () => {
      await fault({ method: 'POST', path: '/v1/prices', fault: { kind: 'status', status: 400 } });
      const refusal = await provider.getOrCreatePrice(plan).catch((error: Error) => error);
      expect(refusal).toMatchObject({ code: 'payment_configuration', message: 'payment_configuration' });
    });
  });
});
