import { expectHealthy } from '../../support/doctor.ts';
import type { Caller } from '../../support/florin.ts';
import { buyerOf, customerOf, openStripeShop, order, payAt, type StripeShop } from '../../support/stripe-shop.ts';

const checkout = '/api/v1/billing/checkout';

describe('the checkout', () => {
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
  const row = async (id: string) =>
    (
      await shop.florin.sql.query(
        `select s.status, s.resource_type, s.resource_id, s.resource_config, s.payment_provider, s.canceled_at, s.ending_at, s.canceled_at = s.ending_at as ended_at_once,
           p.provider_subscription_id, p.provider_customer_id, p.metadata, p.closes, p.closed_at
         from subscriptions s join provider_subscriptions p on p.subscription_id = s.id where s.id = $1`,
        [id],
      )
    ).rows[0];
  const count = async (table: string) => Number((await shop.florin.sql.query(`select count(*) from ${table}`)).rows[0].count);
  const statusOf = async (call: Caller, session: string) => (await call('GET', `${checkout}/${session}/status`)).body;

  it('C1: answers 201 with the page to pay on', async () => {
    const { owner } = await buyer();
    const { status, body } = await owner('POST', checkout, order);
    expect([status, body]).toEqual([
      201,
      {
        checkout_url: expect.stringMatching(/^http/),
        session_id: expect.stringMatching(/^cs_/),
        subscription_id: expect.any(String),
        requires_checkout: true,
        billing_disabled: false,
      },
    ]);
    expect(await (await fetch(body.checkout_url)).text()).toContain('$49.00');
  });

  it('C2: only owners buy', async () => {
    const { name, owner } = await buyer();
    const before = await count('subscriptions');
    for (const role of ['admin', 'member'] as const)
      expect((await (await shop.person(name, role))('POST', checkout, order)).status).toBe(403);
    expect((await shop.florin.as('no-token')('POST', checkout, order)).status).toBe(401);
    expect((await shop.tenant.call('POST', checkout, order)).status).toBe(401);
    expect(await count('subscriptions')).toBe(before);
    expect((await owner('POST', checkout, order)).status).toBe(201);
  });

  it('C3: where nothing is billed there is nothing to pay, and nothing is stored', async () => {
    const free = await openStripeShop({ BILLING_ENABLED: 'false' });
    try {
      await customerOf(free, 'ada');
      const { status, body } = await (await free.person('ada'))('POST', checkout, order);
      expect([status, body]).toEqual([
        201,
        { checkout_url: null, session_id: null, subscription_id: null, requires_checkout: false, billing_disabled: true },
      ]);
      const atOnce = await (await free.person('ada'))('POST', '/api/v1/billing/subscriptions', { subscription: order });
      expect([atOnce.status, atOnce.body.code]).toEqual([403, 'billing_disabled']);
      expect((await free.florin.sql.query('select from subscriptions')).rowCount).toBe(0);
      expect((await free.requests()).filter(({ url }) => !url.startsWith('/v1/webhook_endpoints'))).toEqual([]);
    } finally {
      await free.stop();
    }
  });

  it('C4: a customer who is billed by invoice, or has a card on file, has no page to pay on', async () => {
    const before = await count('subscriptions');
    const invoiced = await buyer({ billing_configuration: { payment_provider: 'manual' } });
    const refused = await invoiced.owner('POST', checkout, order);
    expect([refused.status, refused.body.code]).toEqual([400, 'customer_billed_by_invoice']);
    await shop.tenant.call('PUT', '/api/v1/billing_entities/default', {
      billing_entity: { billing_configuration: { payment_provider: 'manual' } },
    });
    const inheriting = await buyer();
    expect((await inheriting.owner('POST', checkout, order)).body.code).toBe('customer_billed_by_invoice');
    await shop.tenant.call('PUT', '/api/v1/billing_entities/default', {
      billing_entity: { billing_configuration: { payment_provider: 'stripe' } },
    });
    const paying = await buyer();
    const bought = (await paying.owner('POST', checkout, order)).body;
    await payAt(bought.checkout_url);
    await shop.settle();
    const again = await paying.owner('POST', checkout, { ...order, resource_type: 'repository' });
    expect([again.status, again.body.code]).toEqual([400, 'payment_method_on_file']);
    expect(await count('subscriptions')).toBe(before + 1);
  });

  it.each([
    [{ ...order, plan_name: 'nothing' }, 400, 'plan_not_offered', { plan_name: ['plan_not_found'] }],
    [{ ...order, plan_name: undefined }, 422, 'validation_errors', { plan_name: ['value_is_mandatory'] }],
    [{ ...order, resource_type: 'Graph!' }, 422, 'validation_errors', { resource_type: ['value_is_invalid'] }],
    [{ plan_name: 'team' }, 422, 'validation_errors', { resource_type: ['value_is_mandatory'] }],
    [{ ...order, resource_config: 'x' }, 422, 'validation_errors', { resource_config: ['value_is_invalid'] }],
    [{ ...order, price: 1 }, 422, 'validation_errors', { price: ['unknown_field'] }],
  ])('C5: %j is one clear error, and nothing is stored or asked', async (input, status, code, details) => {
    const { owner } = await buyer();
    const before = [await count('subscriptions'), await count('provider_customers'), (await shop.requests()).length];
    const answer = await owner('POST', checkout, input);
    expect([answer.status, answer.body.code, answer.body.error_details]).toEqual([status, code, details]);
    expect([await count('subscriptions'), await count('provider_customers'), (await shop.requests()).length]).toEqual(before);
  });

  it('a customer who pays in another currency is told so before anything is asked', async () => {
    const { owner } = await buyer({ currency: 'EUR' });
    const before = (await shop.requests()).length;
    expect((await owner('POST', checkout, order)).body.error_details).toEqual({ currency: ['currencies_does_not_match'] });
    expect((await shop.requests()).length).toBe(before);
  });

  it('C6, C10: the subscription waits for payment, and the session names it', async () => {
    const { name, owner } = await buyer();
    const { body } = await owner('POST', checkout, order);
    expect(await row(body.subscription_id)).toMatchObject({
      status: 'PENDING_PAYMENT',
      resource_type: 'graph',
      resource_id: null,
      resource_config: { graph_name: 'Atlas' },
      payment_provider: 'STRIPE',
      provider_subscription_id: body.session_id,
      provider_customer_id: expect.stringMatching(/^cus_/),
      metadata: { resource_config: { graph_name: 'Atlas' }, user_id: `owner of ${name}` },
    });
    const session = await shop.sim.stripe.checkout.sessions.retrieve(body.session_id);
    expect(session.metadata).toEqual({
      subscription_id: body.subscription_id,
      user_id: `owner of ${name}`,
      resource_type: 'graph',
    });
    expect(session.success_url).toBe('http://localhost:3000/?session_id={CHECKOUT_SESSION_ID}');
  });

  it('leads back where the vendor said when it let the person in', async () => {
    const { name } = await buyer();
    const owner = await shop.person(name, 'owner', { return_url: 'https://vendor.example/billing?tab=plans' });
    const { body } = await owner('POST', checkout, order);
    expect(await shop.sim.stripe.checkout.sessions.retrieve(body.session_id)).toMatchObject({
      success_url: 'https://vendor.example/billing?tab=plans&session_id={CHECKOUT_SESSION_ID}',
      cancel_url: 'https://vendor.example/billing?tab=plans',
    });
    const refused = await shop.tenant.call('POST', `/api/v1/customers/${name}/sessions`, {
      session: { role: 'owner', subject: 'x', return_url: 'javascript:alert(1)' },
    });
    expect(refused.body.error_details).toEqual({ return_url: ['url_is_invalid'] });
  });

  it('C7: a newer checkout for the same type of resource takes the place of the older', async () => {
    const { owner } = await buyer();
    const first = (await owner('POST', checkout, order)).body;
    const other = (await owner('POST', checkout, { ...order, resource_type: 'repository' })).body;
    const second = (await owner('POST', checkout, order)).body;
    expect(await row(first.subscription_id)).toMatchObject({ status: 'CANCELED', ended_at_once: true, closes: 'SESSION' });
    expect((await row(first.subscription_id)).closed_at).not.toBeNull();
    expect([(await row(other.subscription_id)).status, (await row(second.subscription_id)).status]).toEqual([
      'PENDING_PAYMENT',
      'PENDING_PAYMENT',
    ]);
    const sessions = await Promise.all(
      [first, other, second].map(({ session_id: id }) => shop.sim.stripe.checkout.sessions.retrieve(id as string)),
    );
    expect(sessions.map(({ status }) => status)).toEqual(['expired', 'open', 'open']);
    expect(await statusOf(owner, first.session_id)).toMatchObject({
      status: 'canceled',
      error: 'Superseded by a newer checkout',
    });
  });

  it('C7: an older one that was paid a moment ago is not thrown away', async () => {
    const { owner } = await buyer();
    const first = (await owner('POST', checkout, order)).body;
    await payAt(first.checkout_url);
    const second = await owner('POST', checkout, order);
    expect([second.status, second.body.code]).toEqual([409, 'checkout_already_paid']);
    await shop.settle();
    expect((await row(first.subscription_id)).status).toBe('ACTIVE');
  });

  it('F3: invoices and subscriptions are read without asking Stripe', async () => {
    const { name, owner } = await buyer();
    const { body } = await owner('POST', checkout, order);
    await payAt(body.checkout_url);
    await shop.settle();
    const before = await shop.requests();
    const { invoices } = (await owner('GET', '/api/v1/billing/invoices')).body;
    expect(invoices).toMatchObject([{ status: 'paid', subscription_id: body.subscription_id }]);
    const pages = [`/api/v1/billing/invoices/${invoices[0].id}`, `/api/v1/billing/subscriptions/${body.subscription_id}`];
    for (const page of [...pages, '/api/v1/billing/subscriptions'])
      expect([page, (await owner('GET', page)).status]).toEqual([page, 200]);
    const vendors = await shop.tenant.call('GET', `/api/v1/invoices?external_customer_id=${name}`);
    expect(vendors.body.invoices).toHaveLength(1);
    expect(await shop.requests()).toEqual(before);
  });

  it('what was paid in a session that had lost its subscription goes back', async () => {
    const { owner } = await buyer();
    const { body } = await owner('POST', checkout, order);
    // As by a checkout that took its place, before Stripe has heard of it.
    await shop.florin.sql.query(
      `update subscriptions set status = 'CANCELED', canceled_at = now(), ending_at = now() where id = $1`,
      [body.subscription_id],
    );
    await payAt(body.checkout_url);
    await shop.settle();
    const { provider_subscription_id: id, closes, closed_at: closedAt } = await row(body.subscription_id);
    expect([closes, closedAt]).toEqual(['PURCHASE', expect.any(Date)]);
    const subscription = await shop.sim.stripe.subscriptions.retrieve(id);
    expect(subscription.status).toBe('canceled');
    const refunds = (await shop.sim.stripe.refunds.list()).data.filter(({ metadata }) => metadata?.['subscription'] === id);
    expect(refunds.map(({ amount }) => amount)).toEqual([4900]);
  });

  it('C8: twenty at once, of four customers, make four customers, one price and one open session each', async () => {
    const buyers = await Promise.all(Array.from({ length: 4 }, () => buyer()));
    const { length: pricesBefore } = (await shop.sim.stripe.prices.list({ limit: 100 })).data;
    await shop.florin.sql.query('delete from provider_prices');
    const answers = await Promise.all(
      buyers.flatMap(({ owner }) => Array.from({ length: 5 }, () => owner('POST', checkout, order))),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 201));
    await shop.settle();
    const { data: customers } = await shop.sim.stripe.customers.list({ limit: 100 });
    for (const { name } of buyers) expect(customers.filter(({ email }) => email === `${name}@example.com`)).toHaveLength(1);
    expect((await shop.sim.stripe.prices.list({ limit: 100 })).data).toHaveLength(pricesBefore);
    const ids = answers.map(({ body }) => body.session_id as string);
    const sessions = await Promise.all(ids.map((id) => shop.sim.stripe.checkout.sessions.retrieve(id)));
    expect(sessions.filter(({ status }) => status === 'open')).toHaveLength(4);
    expect(
      (await Promise.all(answers.map(({ body }) => row(body.subscription_id)))).map(({ status }) => status).toSorted(),
    ).toEqual([...Array.from({ length: 16 }, () => 'CANCELED'), ...Array.from({ length: 4 }, () => 'PENDING_PAYMENT')]);
  });

  it('C8: a customer that was deleted at Stripe is made anew', async () => {
    const { name, owner } = await buyer();
    await owner('POST', checkout, order);
    const [former] = (await shop.sim.stripe.customers.list({ email: `${name}@example.com` })).data;
    await shop.sim.stripe.customers.del(former?.id ?? '');
    await shop.settle();
    const { status, body } = await owner('POST', checkout, order);
    expect(status).toBe(201);
    const session = await shop.sim.stripe.checkout.sessions.retrieve(body.session_id);
    expect([session.customer === former?.id, session.customer]).toEqual([false, expect.stringMatching(/^cus_/)]);
  });

  it('C9: a price that Stripe refuses is 500 payment_configuration; Stripe away is 503; neither stores anything', async () => {
    const { owner } = await buyer();
    const plan = {
      code: 'odd',
      name: 'Odd',
      interval: 'monthly',
      amount_cents: 1234,
      amount_currency: 'USD',
      pay_in_advance: true,
    };
    await shop.tenant.call('POST', '/api/v1/plans', { plan });
    const before = await count('subscriptions');
    await shop.sim.control('POST', 'faults', {
      on: 'request',
      method: 'POST',
      path: '/v1/prices',
      fault: { kind: 'status', status: 400 },
    });
    const refused = await owner('POST', checkout, { ...order, plan_name: 'odd' });
    expect([refused.status, refused.body.code, Object.keys(refused.body).toSorted()]).toEqual([
      500,
      'payment_configuration',
      ['code', 'error', 'request_id', 'status'],
    ]);
    await shop.sim.control('POST', 'faults', {
      on: 'request',
      method: 'POST',
      path: '/v1/checkout/sessions',
      fault: { kind: 'status', status: 429, retryAfterSeconds: 3_600 },
    });
    const away = await owner('POST', checkout, order);
    expect([away.status, away.body.code, away.headers['retry-after']]).toEqual([503, 'payment_provider_unavailable', '1']);
    expect(await count('subscriptions')).toBe(before);
    const resumed = await owner('POST', checkout, order);
    expect(resumed.status).toBe(201);
  });

  it('C11–C13: the status can be asked by its people before and after the session became a subscription', async () => {
    const { name, owner } = await buyer();
    const { body } = await owner('POST', checkout, order);
    const member = await shop.person(name, 'member');
    const pending = {
      status: 'pending_payment',
      subscription_id: body.subscription_id,
      resource_id: null,
      operation_id: null,
      error: null,
    };
    expect(await statusOf(member, body.session_id)).toEqual(pending);
    const stranger = (await buyer()).owner;
    for (const [call, id] of [
      [stranger, body.session_id],
      [member, 'cs_unknown'],
    ] as const) {
      const answer = await call('GET', `${checkout}/${id}/status`);
      expect([answer.status, answer.body.code]).toEqual([404, 'checkout_not_found']);
    }
    await payAt(body.checkout_url);
    await shop.settle();
    expect((await row(body.subscription_id)).provider_subscription_id).toMatch(/^sub_/);
    expect(await statusOf(member, body.session_id)).toMatchObject({
      status: 'active',
      subscription_id: body.subscription_id,
      error: null,
    });
    const swapped = await row(body.subscription_id);
    expect(swapped.metadata).toMatchObject({ checkout_session_id: body.session_id, user_id: `owner of ${name}` });
  });

  it('a declined card keeps the session open; the next card pays', async () => {
    const { owner } = await buyer();
    const { body } = await owner('POST', checkout, order);
    expect((await payAt(body.checkout_url, '4000000000000002')).status).toBe(402);
    await shop.settle();
    expect((await statusOf(owner, body.session_id)).status).toMatch(/^(pending_payment|unpaid)$/);
    await shop.florin.sql.query(
      `update provider_subscriptions set metadata = metadata || '{"error": "Payment failed"}' where subscription_id = $1`,
      [body.subscription_id],
    );
    await payAt(body.checkout_url);
    await shop.settle();
    expect(await statusOf(owner, body.session_id)).toMatchObject({ status: 'active', error: null });
    expect((await row(body.subscription_id)).metadata).not.toHaveProperty('error');
  });

  it('a checkout that nobody paid within a day ends, also where Stripe says nothing', async () => {
    const { owner } = await buyer();
    const { body } = await owner('POST', checkout, order);
    await shop.settle();
    expect((await statusOf(owner, body.session_id)).status).toBe('pending_payment');
    await shop.florin.sql.query(`update subscriptions set created_at = now() - interval '25 hours' where id = $1`, [
      body.subscription_id,
    ]);
    await shop.settle();
    expect(await statusOf(owner, body.session_id)).toMatchObject({ status: 'canceled', error: 'Checkout expired' });
    expect((await shop.sim.stripe.checkout.sessions.retrieve(body.session_id)).status).toBe('expired');
  });
});
