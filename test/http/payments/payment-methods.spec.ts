import { expectHealthy } from '../../support/doctor.ts';
import { type Caller, startFlorin } from '../../support/florin.ts';
import { buyerOf, openStripeShop, order, payAt, type StripeShop } from '../../support/stripe-shop.ts';

const methodsPath = '/api/v1/billing/payment_methods';

describe('how a customer pays', () => {
  let shop: StripeShop;
  beforeAll(async () => {
    shop = await openStripeShop();
  });
  afterEach(() => shop.sim.control('DELETE', 'faults'));
  afterAll(async () => {
    await expectHealthy(shop.florin);
    await shop.stop();
  });

  const buyer = (fields: object = {}) => buyerOf(shop, fields);
  /** A customer who bought once, and so has a card on file. */
  async function payer() {
    const { name, owner } = await buyer();
    await payAt((await owner('POST', '/api/v1/billing/checkout', order)).body.checkout_url);
    await shop.settle();
    const { body } = await owner('GET', '/api/v1/billing/customer');
    return { name, owner, stripeId: body.customer.stripe_customer_id as string };
  }
  const page = async (call: Caller) => (await call('GET', '/api/v1/billing/customer')).body.customer;

  it('C14: an owner is led to the portal; the customer is made there when it is first needed', async () => {
    const { name, owner } = await buyer();
    const { status, body } = await owner('POST', '/api/v1/billing/portal');
    expect([status, body]).toEqual([200, { portal_url: expect.stringMatching(/^http/) }]);
    expect(await (await fetch(body.portal_url)).text()).toContain('http://localhost:3000/');
    await owner('POST', '/api/v1/billing/portal');
    expect((await shop.sim.stripe.customers.list({ email: `${name}@example.com` })).data).toHaveLength(1);
    const own = await shop.person(name, 'owner', { return_url: 'https://vendor.example/account' });
    const { portal_url: url } = (await own('POST', '/api/v1/billing/portal')).body;
    expect(await (await fetch(url)).text()).toContain('https://vendor.example/account');
    for (const role of ['admin', 'member'] as const)
      expect((await (await shop.person(name, role))('POST', '/api/v1/billing/portal')).status).toBe(403);
    const invoiced = await buyer({ billing_configuration: { payment_provider: 'manual' } });
    expect((await invoiced.owner('POST', '/api/v1/billing/portal')).body).toMatchObject({
      status: 400,
      code: 'customer_billed_by_invoice',
    });
  });

  it('whose session names no page is led back to FLORIN_BILLING_PAGE_URL', async () => {
    const page = 'https://shop.example/billing';
    const joined = await startFlorin(
      { FLORIN_BILLING_PAGE_URL: page, STRIPE_WEBHOOK_SECRET: 'whsec_of_another_door', STRIPE_API_BASE: shop.sim.simulator.url },
      shop.florin.databaseUrl,
    );
    try {
      const { name } = await buyer();
      const session = { session: { role: 'owner', subject: 'ada' } };
      const { body } = await joined.as(shop.tenant.key)('POST', `/api/v1/customers/${name}/sessions`, session);
      const owner = joined.as(body.token);
      const { portal_url: url } = (await owner('POST', '/api/v1/billing/portal')).body;
      expect(await (await fetch(url)).text()).toContain(page);
      const opened = (await owner('POST', '/api/v1/billing/checkout', order)).body.session_id;
      expect((await shop.sim.stripe.checkout.sessions.retrieve(opened)).cancel_url).toBe(page);
    } finally {
      await joined.stop();
    }
  });

  it('C15: everybody sees whether the customer can pay, only owners with what', async () => {
    const { name, owner, stripeId } = await payer();
    expect(await page(owner)).toMatchObject({
      external_id: name,
      payment_provider: 'stripe',
      has_payment_method: true,
      invoice_billing_enabled: false,
      payment_methods: [{ type: 'card', brand: 'visa', last4: '4242', exp_month: 12, exp_year: 2034 }],
      stripe_customer_id: stripeId,
    });
    for (const role of ['admin', 'member'] as const)
      expect(await page(await shop.person(name, role))).toMatchObject({
        has_payment_method: true,
        payment_methods: [],
        stripe_customer_id: null,
      });
    const fault = { on: 'request', path: '/v1/customers', times: 100, fault: { kind: 'status', status: 400 } };
    await shop.sim.control('POST', 'faults', fault);
    expect(await page(owner)).toMatchObject({ has_payment_method: true, payment_methods: [] });
    const { owner: newcomer } = await buyer();
    expect(await page(newcomer)).toMatchObject({ has_payment_method: false, payment_methods: [], stripe_customer_id: null });
  });

  it('methods are listed, one is chosen, one is removed, and the customer knows at once', async () => {
    const { owner, stripeId } = await payer();
    const second = await shop.sim.stripe.paymentMethods.attach('pm_card_mastercard', { customer: stripeId });
    const listed = (await owner('GET', methodsPath)).body.payment_methods as { id: string; brand: string }[];
    expect(listed.map(({ brand }) => brand).toSorted()).toEqual(['mastercard', 'visa']);
    const chosen = await owner('PUT', `${methodsPath}/${second.id}/set_as_default`, {});
    expect(chosen.status).toBe(200);
    expect(chosen.body.payment_methods).toContainEqual(expect.objectContaining({ id: second.id, is_default: true }));
    for (const { id } of listed) expect((await owner('DELETE', `${methodsPath}/${id}`)).status).toBe(200);
    expect(await page(owner)).toMatchObject({ has_payment_method: false, payment_methods: [] });
    await shop.settle();
    expect((await page(owner)).has_payment_method).toBe(false);
  });

  it("another customer's method, and one that never was, are not found", async () => {
    const { owner } = await payer();
    const other = await payer();
    const [theirs] = (await other.owner('GET', methodsPath)).body.payment_methods as { id: string }[];
    for (const id of [theirs?.id, 'pm_unknown', 'a%2F..%2Fb'])
      for (const answer of [
        await owner('DELETE', `${methodsPath}/${id}`),
        await owner('PUT', `${methodsPath}/${id}/set_as_default`, {}),
      ])
        expect([id, answer.status, answer.body.code]).toEqual([id, 404, 'payment_method_not_found']);
    expect((await other.owner('GET', methodsPath)).body.payment_methods).toHaveLength(1);
  });

  it('who has a card on file buys at once; a decline buys nothing', async () => {
    const { owner, stripeId } = await payer();
    const bought = await owner('POST', '/api/v1/billing/subscriptions', { ...order, resource_type: 'repository' });
    expect([bought.status, bought.body.subscription]).toMatchObject([201, { status: 'active' }]);
    await shop.settle();
    const { data } = await shop.sim.stripe.subscriptions.list({ customer: stripeId });
    expect(data.map(({ metadata }) => metadata['subscription_id'])).toContain(bought.body.subscription.id);
    const listed = (await owner('GET', '/api/v1/billing/subscriptions')).body.subscriptions as { id: string; status: string }[];
    expect(listed.map(({ status }) => status)).toEqual(['active', 'active']);
    const bad = await shop.sim.stripe.paymentMethods.attach('pm_card_chargeCustomerFail', { customer: stripeId });
    await owner('PUT', `${methodsPath}/${bad.id}/set_as_default`, {});
    const declined = await owner('POST', '/api/v1/billing/subscriptions', { ...order, resource_type: 'workspace' });
    expect([declined.status, declined.body.code, declined.body.error_details]).toEqual([
      402,
      'payment_declined',
      { payment: ['generic_decline'] },
    ]);
    expect((await owner('GET', '/api/v1/billing/subscriptions')).body.subscriptions).toHaveLength(2);
  });

  it('who has none is told where to pay', async () => {
    const { owner } = await buyer();
    const { status, body } = await owner('POST', '/api/v1/billing/subscriptions', order);
    expect([status, body.code]).toEqual([402, 'payment_method_missing']);
  });
});
