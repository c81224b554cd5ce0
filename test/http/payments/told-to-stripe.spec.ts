import { CheckInvariants } from '../../../src/modules/billing/index.ts';
import { TellProvider } from '../../../src/modules/payments/index.ts';
import { Reconcile } from '../../../src/modules/webhooks/index.ts';
import { expectHealthy } from '../../support/doctor.ts';
import type { Caller } from '../../support/florin.ts';
import { until } from '../../support/processes.ts';
import { make } from '../../support/shop.ts';
import { buyerOf, openStripeShop, order, payAt, type StripeShop } from '../../support/stripe-shop.ts';

/** A subscription that Stripe bills is never ended, changed or marked paid here without Stripe being told. */
describe('what Stripe bills', () => {
  let shop: StripeShop;
  let call: Caller;
  beforeAll(async () => {
    shop = await openStripeShop();
    ({ call } = shop.tenant);
    for (const [code, amount_cents] of [
      ['large', 9900],
      ['huge', 19900],
    ] as const)
      await make(call, '/api/v1/plans', 'plan', {
        code,
        name: code,
        interval: 'monthly',
        amount_cents,
        amount_currency: 'USD',
        pay_in_advance: true,
      });
  });
  afterEach(() => shop.sim.control('DELETE', 'faults'));
  afterAll(async () => {
    await expectHealthy(shop.florin);
    await shop.stop();
  });

  /** Bought on Stripe's page, paid and active. */
  async function bought() {
    const { name, owner } = await buyerOf(shop);
    const { body } = await owner('POST', '/api/v1/billing/checkout', order);
    await payAt(body.checkout_url);
    await shop.settle();
    const { rows } = await shop.florin.sql.query(
      `select p.provider_subscription_id, s.resource_id from provider_subscriptions p join subscriptions s on s.id = p.subscription_id where s.id = $1`,
      [body.subscription_id],
    );
    return {
      name,
      owner,
      id: body.subscription_id as string,
      stripeId: rows[0].provider_subscription_id as string,
      resource: `/api/v1/resources/graph/${encodeURIComponent(rows[0].resource_id as string)}/subscriptions`,
    };
  }
  const atStripe = (id: string) => shop.sim.stripe.subscriptions.retrieve(id);
  const read = async (id: string) => (await call('GET', `/api/v1/subscriptions/${id}`)).body.subscription;
  const tell = () => shop.florin.app.get(TellProvider, { strict: false }).execute();
  const writes = async () => (await shop.requests()).filter(({ method }) => method !== 'GET').length;
  const ended = (id: string) => until('Stripe to end it', async () => (await atStripe(id)).status === 'canceled');
  const stripeIsAway = (path: string, times: number, fault: object) =>
    shop.sim.control('POST', 'faults', { on: 'request', path, times, fault });
  const offenders = async () =>
    Object.fromEntries(
      (await shop.florin.app.get(CheckInvariants).execute()).map(({ invariant, offenders: of }) => [invariant.name, of]),
    );
  const anHourAgo = (id: string) =>
    shop.florin.sql.query(`update subscriptions set updated_at = now() - interval '2 hours' where id = $1`, [id]);

  it('DELETE ends it there too, at once and once', async () => {
    const { id, stripeId } = await bought();
    const { status, body } = await call('DELETE', `/api/v1/subscriptions/${id}`);
    expect([status, body.subscription.status]).toEqual([200, 'terminated']);
    await ended(stripeId);
    await shop.settle();
    expect(await tell()).toBe(0);
    expect((await read(id)).status).toBe('terminated');
    const cancellations = (await shop.requests()).filter(
      ({ method, url }) => method === 'DELETE' && url === `/v1/subscriptions/${stripeId}`,
    );
    expect(cancellations).toHaveLength(1);
  });

  it('DELETE refuses to decide what becomes of money that Stripe took', async () => {
    const { id, stripeId } = await bought();
    for (const [query, field] of [
      ['on_termination_credit_note=credit', 'on_termination_credit_note'],
      ['on_termination_invoice=generate', 'on_termination_invoice'],
    ] as const) {
      const refused = await call('DELETE', `/api/v1/subscriptions/${id}?${query}`);
      expect([refused.status, refused.body.error_details]).toEqual([422, { [field]: ['billed_by_provider'] }]);
    }
    expect([(await read(id)).status, (await atStripe(stripeId)).status]).toEqual(['active', 'active']);
  });

  it('Stripe that did not hear of an end is told again; meanwhile doctor and reconcile see that it is live there', async () => {
    const { id, stripeId } = await bought();
    await stripeIsAway('/v1/subscriptions', 20, { kind: 'status', status: 429, retryAfterSeconds: 3_600 });
    expect((await call('DELETE', `/api/v1/subscriptions/${id}`)).status).toBe(200);
    await until('Stripe to be asked', async () =>
      (await shop.requests()).some(({ url, status }) => url.includes(stripeId) && status === 429),
    );
    await shop.sim.control('DELETE', 'faults');
    expect((await atStripe(stripeId)).status).toBe('active');
    const report = await shop.florin.app.get(Reconcile, { strict: false }).execute();
    expect(report.differences).toContainEqual(
      expect.objectContaining({ objectType: 'subscription', objectId: stripeId, fields: ['ended_here_live_there'] }),
    );
    await anHourAgo(id);
    expect(await offenders()).toEqual({ ended_here_ended_there: [id] });
    expect(await tell()).toBe(1);
    expect((await atStripe(stripeId)).status).toBe('canceled');
    expect(await offenders()).toEqual({});
    await shop.settle();
  });

  it('an answer of Stripe that was lost ends it once', async () => {
    const { id, stripeId } = await bought();
    await shop.sim.control('POST', 'faults', {
      on: 'request',
      method: 'DELETE',
      path: `/v1/subscriptions/${stripeId}`,
      fault: { kind: 'reset', when: 'after' },
    });
    await call('DELETE', `/api/v1/subscriptions/${id}`);
    await ended(stripeId);
    await until('it to be heard', async () => (await tell()) === 0);
    const { data } = await shop.sim.stripe.events.list({ type: 'customer.subscription.deleted', limit: 100 });
    expect(data.filter(({ data: { object } }) => (object as { id?: string }).id === stripeId)).toHaveLength(1);
    await shop.settle();
  });

  it('one that Stripe has ended while it was not heard is live here to doctor, and reconcile ends it', async () => {
    const { id, stripeId } = await bought();
    await shop.sim.control('POST', 'faults', {
      on: 'delivery',
      type: 'customer.subscription.*',
      times: 9,
      fault: { kind: 'drop' },
    });
    await shop.sim.stripe.subscriptions.cancel(stripeId);
    await shop.florin.sql.query(`update provider_subscriptions set provider_status = 'canceled' where subscription_id = $1`, [
      id,
    ]);
    await anHourAgo(id);
    expect(await offenders()).toEqual({ ended_there_ended_here: [id] });
    await shop.florin.sql.query(`update provider_subscriptions set provider_status = 'active' where subscription_id = $1`, [id]);
    const report = await shop.florin.app.get(Reconcile, { strict: false }).execute();
    expect([...report.eventsMissed, ...report.differences].length).toBeGreaterThan(0);
    expect((await read(id)).status).toBe('canceled');
  });

  it('another plan, an end announced, a pause and a resumption are refused, and Stripe is asked nothing', async () => {
    const { id, name } = await bought();
    const before = await writes();
    const subscription = { external_customer_id: name, plan_code: 'large', external_id: id };
    const other = await call('POST', '/api/v1/subscriptions', { subscription });
    expect([other.status, other.body.error_details]).toEqual([422, { plan_code: ['billed_by_provider'] }]);
    const endingAt = new Date(Date.now() + 86_400_000).toISOString();
    const ending = { ending_at: endingAt };
    for (const refused of [
      await call('PATCH', `/api/v1/subscriptions/${id}`, { subscription: ending }),
      await call('PUT', `/api/v1/subscriptions/${id}`, { subscription: ending }),
      await call('POST', '/api/v1/subscriptions', { subscription: { ...subscription, plan_code: order.plan_name, ...ending } }),
    ])
      expect([refused.status, refused.body.error_details]).toEqual([422, { ending_at: ['billed_by_provider'] }]);
    for (const verb of ['pause', 'resume']) {
      const refused = await call('POST', `/api/v1/subscriptions/${id}/${verb}`);
      expect([refused.status, refused.body.code]).toEqual([405, 'billed_by_provider']);
    }
    expect((await call('PATCH', `/api/v1/subscriptions/${id}`, { subscription: { name: 'Ours' } })).status).toBe(200);
    expect((await shop.florin.sql.query('select from subscriptions where external_id = $1', [id])).rowCount).toBe(1);
    expect(await writes()).toBe(before);
  });

  it('an operator ends it there, at once or with its period; what Stripe alone can do is refused', async () => {
    const [atOnce, later] = [await bought(), await bought()];
    const ask = (id: string, subscription: object) =>
      shop.florin.operator('PATCH', `/admin/v1/subscriptions/${id}`, { subscription });
    for (const status of ['paused']) {
      const refused = await ask(atOnce.id, { status });
      expect([refused.status, refused.body.code]).toEqual([405, 'billed_by_provider']);
    }
    expect((await ask(atOnce.id, { status: 'canceled' })).status).toBe(200);
    await ended(atOnce.stripeId);
    const announced = await ask(later.id, { cancel_at_period_end: true });
    expect(announced.body.subscription.status).toBe('canceled');
    expect((await atStripe(later.stripeId)).cancel_at_period_end).toBe(true);
    const back = await ask(later.id, { cancel_at_period_end: false });
    expect([back.status, back.body.code]).toEqual([405, 'billed_by_provider']);
    await shop.settle();
  });

  it('a checkout that an operator cancels can be paid no more', async () => {
    const { owner } = await buyerOf(shop);
    const { body } = await owner('POST', '/api/v1/billing/checkout', order);
    await shop.florin.operator('PATCH', `/admin/v1/subscriptions/${body.subscription_id}`, {
      subscription: { status: 'canceled' },
    });
    expect((await shop.sim.stripe.checkout.sessions.retrieve(body.session_id)).status).toBe('expired');
  });

  it('an upgrade whose answer is lost is settled by the next round: the same plan there and here', async () => {
    const { id, stripeId, resource } = await bought();
    const stripePath = `/v1/subscriptions/${stripeId}`;
    await shop.sim.control('POST', 'faults', {
      on: 'request',
      method: 'POST',
      path: stripePath,
      fault: { kind: 'reset', when: 'after' },
    });
    await shop.sim.control('POST', 'faults', {
      on: 'request',
      method: 'POST',
      path: stripePath,
      times: 9,
      fault: { kind: 'reset', when: 'before' },
    });
    const lost = await call('PUT', `${resource}/upgrade`, { subscription: { plan_code: 'large' } });
    expect([lost.status, lost.body.code]).toEqual([503, 'payment_provider_unavailable']);
    expect((await atStripe(stripeId)).items.data[0]?.price.unit_amount).toBe(9900);
    expect((await read(id)).plan_code).toBe(order.plan_name);
    const meanwhile = await call('PUT', `${resource}/upgrade`, { subscription: { plan_code: 'huge' } });
    expect([meanwhile.status, meanwhile.body.error_details]).toEqual([409, { plan_code: ['change_in_progress'] }]);
    await shop.sim.control('DELETE', 'faults');
    await until('Stripe to be well again', async () => (await tell()) > 0);
    expect((await read(id)).plan_code).toBe('large');
    expect((await atStripe(stripeId)).items.data).toMatchObject([{ price: { unit_amount: 9900 } }]);
    expect(await tell()).toBe(0);
  });

  it('an upgrade that Stripe refuses changes nothing, and another one can be asked for', async () => {
    const { id, stripeId, resource } = await bought();
    await shop.sim.control('POST', 'faults', {
      on: 'request',
      method: 'POST',
      path: `/v1/subscriptions/${stripeId}`,
      fault: { kind: 'status', status: 400 },
    });
    expect((await call('PUT', `${resource}/upgrade`, { subscription: { plan_code: 'large' } })).status).toBe(500);
    expect([(await read(id)).plan_code, await tell()]).toEqual([order.plan_name, 0]);
    expect((await call('PUT', `${resource}/upgrade`, { subscription: { plan_code: 'huge' } })).status).toBe(200);
    expect((await read(id)).plan_code).toBe('huge');
  });

  it('an open invoice of Stripe is marked paid there first; the doors of the tenant leave it alone', async () => {
    const { name, owner } = await bought();
    const customer = (await owner('GET', '/api/v1/billing/customer')).body.customer.stripe_customer_id as string;
    const { stripe } = shop.sim;
    const { id: stripeInvoice } = await stripe.invoices.create({
      customer,
      collection_method: 'send_invoice',
      days_until_due: 30,
    });
    await stripe.invoiceItems.create({ customer, invoice: stripeInvoice ?? '', amount: 700, currency: 'usd' });
    await stripe.invoices.finalizeInvoice(stripeInvoice ?? '');
    await shop.settle();
    const { body: list } = await call('GET', `/api/v1/invoices?external_customer_id=${name}`);
    const { lago_id: id } = list.invoices.find(({ state }: { state: string }) => state === 'open');
    for (const [method, path, body] of [
      ['POST', 'pay', undefined],
      ['POST', 'void', undefined],
      ['PATCH', 'status', { invoice: { status: 'uncollectible' } }],
    ] as const) {
      const refused = await call(method, `/api/v1/invoices/${id}/${path}`, body);
      expect([path, refused.status, refused.body.code]).toEqual([path, 405, 'billed_by_provider']);
    }
    await shop.sim.control('POST', 'faults', {
      on: 'request',
      method: 'POST',
      path: `/v1/invoices/${stripeInvoice}/pay`,
      fault: { kind: 'reset', when: 'after' },
    });
    const paid = await shop.florin.operator('PATCH', `/admin/v1/invoices/${id}/mark-paid`, { payment_method: 'bank_transfer' });
    expect([paid.status, paid.body.invoice.state, paid.body.invoice.payment_method]).toEqual([200, 'paid', 'bank_transfer']);
    const again = await shop.florin.operator('PATCH', `/admin/v1/invoices/${id}/mark-paid`);
    expect([again.status, again.body.code]).toEqual([400, 'already_paid']);
    expect(await stripe.invoices.retrieve(stripeInvoice ?? '')).toMatchObject({ status: 'paid', amount_remaining: 0 });
    await shop.settle();
    await shop.florin.sql.query(
      `update provider_objects set state = jsonb_set(state, '{status}', '"open"') where object_id = $1`,
      [stripeInvoice],
    );
    await shop.florin.sql.query(`update invoices set updated_at = now() - interval '2 hours' where id = $1`, [id]);
    expect(Object.keys(await offenders())).toEqual(['paid_here_paid_there']);
    await shop.florin.sql.query(
      `update provider_objects set state = jsonb_set(state, '{status}', '"paid"') where object_id = $1`,
      [stripeInvoice],
    );
  });
});
