import { CheckInvariants } from '../../../src/modules/billing/index.ts';
import { Purchases } from '../../../src/modules/payments/index.ts';
import { expectHealthy } from '../../support/doctor.ts';
import { startFlorin } from '../../support/florin.ts';
import { make, stockShop } from '../../support/shop.ts';
import { buyerOf, customerOf, openStripeShop, order, payAt, type StripeShop } from '../../support/stripe-shop.ts';

const checkout = '/api/v1/billing/checkout';
const atOnce = '/api/v1/billing/subscriptions';

/** What is sold through Stripe: once, whole, and in a currency that only a payment fixes. */
describe('selling', () => {
  let shop: StripeShop;
  beforeAll(async () => {
    shop = await openStripeShop();
  });
  afterEach(() => shop.sim.control('DELETE', 'faults'));
  afterAll(async () => {
    await expectHealthy(shop.florin);
    await shop.stop();
  });

  const plan = (code: string, fields: object = {}) =>
    make(shop.tenant.call, '/api/v1/plans', 'plan', {
      code,
      name: code,
      interval: 'monthly',
      amount_cents: 4900,
      amount_currency: 'USD',
      pay_in_advance: true,
      ...fields,
    });
  /** Has bought once, and so has a card on file. */
  async function payer() {
    const { name, owner } = await buyerOf(shop);
    await payAt((await owner('POST', checkout, order)).body.checkout_url);
    await shop.settle();
    const { body } = await owner('GET', '/api/v1/billing/customer');
    const customer = body.customer.stripe_customer_id as string;
    const live = async () =>
      (await shop.sim.stripe.subscriptions.list({ customer, status: 'all', limit: 100 })).data.filter(
        ({ status }) => status === 'active',
      ).length;
    return { name, owner, live };
  }
  const count = async (table: string) => Number((await shop.florin.sql.query(`select count(*) from ${table}`)).rows[0].count);
  const more = { ...order, resource_type: 'repository', resource_config: { name: 'Atlas' } };

  describe('at once', () => {
    it('two clicks, with other keys or with none, are one purchase and one answer', async () => {
      const { owner, live } = await payer();
      const answers = await Promise.all([
        owner('POST', atOnce, { subscription: more }, { 'idempotency-key': 'one' }),
        owner('POST', atOnce, { subscription: more }, { 'idempotency-key': 'another' }),
        owner('POST', atOnce, { subscription: more }),
      ]);
      expect(new Set(answers.map(({ status, body }) => `${status} ${body.subscription?.id}`)).size).toBe(1);
      const later = await owner('POST', atOnce, { subscription: more });
      expect(later.body.subscription.id).toBe(answers[0].body.subscription.id);
      expect(await live()).toBe(2);
      await shop.settle();
    });

    it('another order, or the same one later, is another purchase', async () => {
      const { owner, live } = await payer();
      const ids = [
        (await owner('POST', atOnce, { subscription: more })).body.subscription.id,
        (await owner('POST', atOnce, { subscription: { ...more, resource_config: { name: 'Other' } } })).body.subscription.id,
      ];
      await shop.florin.sql.query(`update purchases set finished_at = finished_at - interval '2 minutes'`);
      ids.push((await owner('POST', atOnce, { subscription: more })).body.subscription.id);
      expect([new Set(ids).size, await live()]).toEqual([3, 4]);
      await shop.settle();
    });

    it('an answer of Stripe that was lost is found by the next click', async () => {
      const { owner, live } = await payer();
      const lost = { on: 'request', method: 'POST', path: '/v1/subscriptions' };
      await shop.sim.control('POST', 'faults', { ...lost, fault: { kind: 'reset', when: 'after' } });
      await shop.sim.control('POST', 'faults', { ...lost, times: 9, fault: { kind: 'reset', when: 'before' } });
      const first = await owner('POST', atOnce, { subscription: more });
      expect([first.status, first.body.code]).toEqual([503, 'payment_provider_unavailable']);
      await shop.sim.control('DELETE', 'faults');
      expect((await owner('POST', atOnce, { subscription: more })).status).toBe(201);
      expect(await live()).toBe(2);
      await shop.settle();
    });

    it('what was paid for a purchase that broke off goes back', async () => {
      const { owner, live } = await payer();
      const lost = { on: 'request', method: 'POST', path: '/v1/subscriptions' };
      await shop.sim.control('POST', 'faults', { ...lost, fault: { kind: 'reset', when: 'after' } });
      await shop.sim.control('POST', 'faults', { ...lost, times: 9, fault: { kind: 'reset', when: 'before' } });
      const before = await count('subscriptions');
      await owner('POST', atOnce, { subscription: more });
      await shop.sim.control('DELETE', 'faults');
      expect(await live()).toBe(2);
      await shop.florin.sql.query(
        `update purchases set locked_until = locked_until - interval '2 hours' where finished_at is null`,
      );
      const violations = await shop.florin.app.get(CheckInvariants).execute();
      expect(violations.map(({ invariant }) => invariant.name)).toEqual(['purchases_are_settled']);
      const purchases = shop.florin.app.get(Purchases, { strict: false });
      expect([await purchases.settle(), await purchases.settle()]).toEqual([1, 0]);
      expect([await live(), await count('subscriptions')]).toEqual([1, before]);
      await shop.settle();
    });

    it('a decline leaves nothing, and the next click tries again', async () => {
      const { owner, live } = await payer();
      await shop.sim.control('POST', 'faults', {
        on: 'request',
        method: 'POST',
        path: '/v1/subscriptions',
        fault: { kind: 'status', status: 402 },
      });
      expect((await owner('POST', atOnce, { subscription: more })).status).toBeGreaterThanOrEqual(400);
      expect(
        Number((await shop.florin.sql.query('select count(*) from purchases where finished_at is null')).rows[0].count),
      ).toBe(0);
      expect((await owner('POST', atOnce, { subscription: more })).status).toBe(201);
      expect(await live()).toBe(2);
    });
  });

  describe('whole', () => {
    it.each([
      ['team', ['plan_has_usage', 'plan_has_fixed_charges']],
      ['committed', ['plan_has_minimum_commitment']],
      ['taxed', ['plan_is_taxed']],
    ])('%s costs more than Stripe would take and is refused by name at every door', async (code, names) => {
      if (code === 'committed') await plan(code, { minimum_commitment: { amount_cents: 10_000 } });
      if (code === 'taxed') {
        await make(shop.tenant.call, '/api/v1/taxes', 'tax', { code: 'vat', name: 'VAT', rate: '19' });
        await plan(code, { tax_codes: ['vat'] });
      }
      const { owner } = await buyerOf(shop);
      const before = [await count('subscriptions'), (await shop.requests()).length];
      const page = await owner('POST', checkout, { ...order, plan_name: code });
      expect([page.status, page.body.code, page.body.error_details]).toEqual([400, 'plan_not_offered', { plan_name: names }]);
      expect([await count('subscriptions'), (await shop.requests()).length]).toEqual(before);
      const paying = await payer();
      const bought = await paying.owner('POST', atOnce, { subscription: { ...more, plan_name: code } });
      expect([bought.status, bought.body.error_details]).toEqual([400, { plan_name: names }]);
      const { rows } = await shop.florin.sql.query(
        `select s.resource_id from subscriptions s join customers c on c.id = s.customer_id where c.external_id = $1`,
        [paying.name],
      );
      for (const [call, path] of [
        [shop.tenant.call, '/api/v1/resources'],
        [paying.owner, '/api/v1/billing/resources'],
      ] as const) {
        const upgrade = await call('PUT', `${path}/graph/${encodeURIComponent(rows[0].resource_id)}/subscriptions/upgrade`, {
          subscription: { plan_code: code },
        });
        expect([upgrade.status, upgrade.body.error_details]).toEqual([400, { plan_code: names }]);
      }
    });

    it('a German consumer of a German seller owes a tax that Stripe would not take', async () => {
      const tenant = await shop.florin.openOrganization();
      await stockShop(tenant.call);
      await make(tenant.call, '/api/v1/plans', 'plan', {
        code: 'solo',
        name: 'Solo',
        interval: 'monthly',
        amount_cents: 4900,
        amount_currency: 'USD',
        pay_in_advance: true,
      });
      const seller = { country: 'DE', tax_by_address: true };
      await tenant.call('PUT', '/api/v1/billing_entities/default', { billing_entity: seller });
      const buy = async (customer: object) => {
        await make(tenant.call, '/api/v1/customers', 'customer', { external_id: 'eve', email: 'eve@example.com', ...customer });
        const { body } = await tenant.call('POST', '/api/v1/customers/eve/sessions', {
          session: { role: 'owner', subject: 'eve' },
        });
        return shop.florin.as(body.token)('POST', checkout, order);
      };
      const german = await buy({ country: 'DE' });
      expect([german.status, german.body.error_details]).toEqual([400, { plan_name: ['plan_is_taxed'] }]);
      const american = await buy({ country: 'US', state: 'NY' });
      expect(american.status).toBe(201);
    });

    it('a payment that nobody made is not noted as one of Stripe', async () => {
      const customer = await customerOf(shop, 'invoiced', { country: 'US' });
      const invoice = await make(shop.tenant.call, '/api/v1/invoices', 'invoice', {
        external_customer_id: customer.external_id,
        currency: 'USD',
        line_items: [{ description: 'Work', quantity: '1', unit_amount: '10' }],
      });
      const id = invoice.lago_id as string;
      await shop.tenant.call('PUT', `/api/v1/invoices/${id}/finalize`);
      for (const [call, method, path, root] of [
        [shop.tenant.call, 'POST', `/api/v1/invoices/${id}/pay`, 'payment'],
        [shop.florin.operator, 'PATCH', `/admin/v1/invoices/${id}/mark-paid`, 'invoice'],
      ] as const) {
        const refused = await call(method, path, { [root]: { payment_method: 'Stripe' } });
        expect([refused.status, refused.body.error_details]).toEqual([422, { payment_method: ['moves_no_money'] }]);
      }
      const noted = await shop.tenant.call('POST', `/api/v1/invoices/${id}/pay`, {
        payment: { payment_method: 'bank_transfer' },
      });
      expect(noted.body.invoice.state).toBe('paid');
    });
  });

  describe('in a currency', () => {
    const currencyOf = async (name: string) =>
      (await shop.tenant.call('GET', `/api/v1/customers/${name}`)).body.customer.currency;

    it('that an opened checkout does not fix', async () => {
      await plan('euro', { amount_currency: 'EUR' });
      const { name, owner } = await buyerOf(shop);
      expect((await owner('POST', checkout, order)).status).toBe(201);
      expect(await currencyOf(name)).toBeNull();
      const { status, body } = await owner('POST', checkout, { ...order, plan_name: 'euro' });
      expect(status).toBe(201);
      await shop.tenant.call('PUT', `/api/v1/customers/${name}`, { customer: { currency: 'EUR' } });
      expect(await currencyOf(name)).toBe('EUR');
      await payAt(body.checkout_url);
      await shop.settle();
      expect([await currencyOf(name), (await owner('GET', `${checkout}/${body.session_id}/status`)).body.status]).toEqual([
        'EUR',
        'active',
      ]);
    });

    it('that the first payment fixes; what was paid in another one meanwhile goes back', async () => {
      const { name, owner } = await buyerOf(shop);
      const dollars = (await owner('POST', checkout, order)).body;
      const euros = (await owner('POST', checkout, { ...order, plan_name: 'euro', resource_type: 'repository' })).body;
      await payAt(dollars.checkout_url);
      await shop.settle();
      expect(await currencyOf(name)).toBe('USD');
      await payAt(euros.checkout_url);
      await shop.settle();
      const status = (session: string) => owner('GET', `${checkout}/${session}/status`);
      expect((await status(dollars.session_id)).body.status).toBe('active');
      expect((await status(euros.session_id)).body).toMatchObject({
        status: 'canceled',
        error: 'The customer pays in another currency',
      });
      const { data } = await shop.sim.stripe.refunds.list();
      expect(data.filter(({ currency }) => currency === 'eur').map(({ amount }) => amount)).toEqual([4900]);
    });
  });

  it('through a simulator sells to test organizations only, unless it is told to serve all', async () => {
    const florin = await startFlorin(
      {
        STRIPE_SIMULATOR_SERVES: 'test',
        STRIPE_WEBHOOK_SECRET: 'whsec_of_another_door',
        STRIPE_API_BASE: shop.sim.simulator.url,
      },
      shop.florin.databaseUrl,
    );
    try {
      const { name } = await buyerOf(shop);
      const session = { session: { role: 'owner', subject: 'ada' } };
      const owner = florin.as((await shop.tenant.call('POST', `/api/v1/customers/${name}/sessions`, session)).body.token);
      const paying = await payer();
      const old = florin.as((await shop.tenant.call('POST', `/api/v1/customers/${paying.name}/sessions`, session)).body.token);
      for (const [call, path, body] of [
        [owner, checkout, order],
        [owner, '/api/v1/billing/portal', undefined],
        [old, atOnce, { subscription: more }],
      ] as const) {
        const refused = await call('POST', path, body);
        expect([path, refused.status, refused.body.code]).toEqual([path, 501, 'payment_provider_not_configured']);
      }
      const test = await florin.openOrganization('test');
      await make(test.call, '/api/v1/plans', 'plan', {
        code: 'solo',
        name: 'Solo',
        interval: 'monthly',
        amount_cents: 4900,
        amount_currency: 'USD',
        pay_in_advance: true,
      });
      await make(test.call, '/api/v1/customers', 'customer', { external_id: 'bob', email: 'bob@example.com' });
      const { body } = await test.call('POST', '/api/v1/customers/bob/sessions', session);
      expect((await florin.as(body.token)('POST', checkout, order)).status).toBe(201);
    } finally {
      await florin.stop();
    }
  });
});
