import { CloseCheckouts } from '../../../src/modules/payments/index.ts';
import { expectHealthy } from '../../support/doctor.ts';
import { type Florin, startFlorin, type Tenant } from '../../support/florin.ts';
import { make, stockShop } from '../../support/shop.ts';
import { stripeEvent, webhookSecret, workOff } from '../../support/stripe.ts';
import { inboxOf, type StripeBuyer, stripeBuyer } from '../../support/stripe-buyer.ts';
import {
  checkoutSession,
  feb1,
  finalized,
  invoiceLine,
  jan1,
  paid,
  stripeCharge,
  stripeInvoice,
  stripeSubscription,
} from '../../support/stripe-objects.ts';

/** What Stripe says late, before its time, or in amounts that are not the total. */
describe('what Stripe says', () => {
  let florin: Florin;
  let tenant: Tenant;
  let buyer: StripeBuyer;
  beforeAll(async () => {
    florin = await startFlorin({ STRIPE_WEBHOOK_SECRET: webhookSecret, FLORIN_WEBHOOKS_ALLOW_PRIVATE: 'true' });
    tenant = await florin.openOrganization('test');
    await florin.sql.query(`update organizations set virtual_now = '2026-01-15T00:00:00Z'`);
    await stockShop(tenant.call);
  });
  beforeEach(async () => {
    buyer = await stripeBuyer(florin, tenant);
  });
  afterAll(async () => {
    await expectHealthy(florin);
    await florin.stop();
  });

  const completed = () => stripeEvent('checkout.session.completed', checkoutSession());
  const bought = () => buyer.send(completed());
  const updated = (fields: object, created = 1_770_000_100) =>
    stripeEvent('customer.subscription.updated', stripeSubscription(fields), { created });
  const data = async (type: string) =>
    (await buyer.audit(type)).map((entry) => (entry as { event_data: Record<string, unknown> }).event_data);
  const page = async (path: string) => {
    const session = { session: { role: 'owner', subject: 'ada' } };
    const { body } = await tenant.call('POST', `/api/v1/customers/${encodeURIComponent(buyer.customer)}/sessions`, session);
    return (await florin.as(body.token as string)('GET', `/api/v1/billing/${path}`)).body;
  };
  const dueAgain = async (eventId: string) => {
    await florin.sql.query('update inbound_events set next_attempt_at = now() where event_id = $1', [eventId]);
    await workOff(florin);
  };

  describe('of a subscription that has ended before its checkout is heard of', () => {
    const ended = { status: 'canceled', ended_at: jan1 + 900, canceled_at: jan1 + 900 };
    const link = async () =>
      (
        await florin.sql.query('select closes, closed_at from provider_subscriptions where subscription_id = $1', [
          buyer.subscriptionId,
        ])
      ).rows[0] as { closes: string | null };

    it('ends ours, and gives no money back by itself', async () => {
      const claim = { metadata: { subscription_id: buyer.subscriptionId } };
      await buyer.send(stripeEvent('customer.subscription.deleted', stripeSubscription({ ...ended, ...claim })));
      await buyer.send(completed(), stripeEvent('invoice.paid', stripeInvoice(paid)));
      expect(await buyer.subscription()).toMatchObject({ status: 'canceled', started_at: null });
      expect(await buyer.invoices()).toMatchObject([{ state: 'paid', total_paid_amount_cents: 4900 }]);
      expect(await link()).toEqual({ closes: null, closed_at: null });
      expect(await florin.app.get(CloseCheckouts, { strict: false }).execute()).toBe(0);
    });

    it.each([
      ['was superseded by us', `closes = 'SESSION', closed_at = now()`],
      ['was ended here', `provider_status = null`],
    ])('but what was paid in a session that %s goes back', async (_, how) => {
      await florin.sql.query(
        `update subscriptions set status = 'CANCELED', canceled_at = now(), ending_at = now() where id = $1`,
        [buyer.subscriptionId],
      );
      await florin.sql.query(`update provider_subscriptions set ${how} where subscription_id = $1`, [buyer.subscriptionId]);
      await bought();
      expect(await link()).toEqual({ closes: 'PURCHASE', closed_at: null });
      // Nobody can be asked here.
      await florin.sql.query('update provider_subscriptions set closed_at = now() where subscription_id = $1', [
        buyer.subscriptionId,
      ]);
      await bought();
      expect(await link()).toMatchObject({ closes: 'PURCHASE', closed_at: expect.any(Date) });
    });
  });

  describe('of amounts', () => {
    beforeEach(() => bought());

    it('a negative total, of a downgrade, becomes paid with nothing: the customer keeps it as a balance at Stripe', async () => {
      const lines = [
        invoiceLine({ amount: -4900, description: 'Unused time on Team' }),
        invoiceLine({ id: 'il_2', amount: 1000, description: 'Remaining time on Solo' }),
      ];
      const amounts = { subtotal: -3900, total: -3900, amount_due: 0, amount_paid: 0, amount_remaining: 0 };
      const event = stripeEvent('invoice.paid', stripeInvoice({ ...paid, ...amounts }, lines));
      await buyer.send(event);
      expect(await inboxOf(florin, event.id)).toMatchObject({ status: 'processed', outcome: 'paid' });
      expect(await buyer.invoices()).toMatchObject([
        {
          state: 'paid',
          total_amount_cents: -3900,
          total_paid_amount_cents: 0,
          total_due_amount_cents: 0,
          provider_balance_amount_cents: -3900,
        },
      ]);
    });

    it("the customer's balance and credit notes before payment lower what is due, and what is paid is what came", async () => {
      const amounts = { subtotal: 17493, total: 17493, starting_balance: -5000, amount_due: 12493, amount_remaining: 12493 };
      const line = invoiceLine({ amount: 17493, quantity: null, pricing: null });
      await buyer.send(
        stripeEvent('invoice.created', stripeInvoice(amounts, [line])),
        stripeEvent('invoice.finalized', stripeInvoice({ ...amounts, ...finalized }, [line]), { created: 1_770_000_001 }),
      );
      expect((await buyer.invoices())[0]).toMatchObject({ total_amount_cents: 17493, total_due_amount_cents: 12493 });
      expect((await page('invoices')).invoices[0]).toMatchObject({ amount_due: 12493, amount_paid: 0 });
      const noted = {
        ...amounts,
        ...finalized,
        pre_payment_credit_notes_amount: 2493,
        amount_due: 10000,
        amount_remaining: 10000,
      };
      await buyer.send(stripeEvent('invoice.updated', stripeInvoice(noted, [line]), { created: 1_770_000_010 }));
      expect((await buyer.invoices())[0]).toMatchObject({ total_due_amount_cents: 10000, provider_balance_amount_cents: 7493 });
      const part = { ...noted, amount_paid: 4000, amount_remaining: 6000 };
      await buyer.send(stripeEvent('invoice.updated', stripeInvoice(part, [line]), { created: 1_770_000_020 }));
      expect((await buyer.invoices())[0]).toMatchObject({ total_due_amount_cents: 6000, total_paid_amount_cents: 4000 });
      const partly = await tenant.call(
        'GET',
        `/api/v1/invoices?partially_paid=true&external_customer_id=${encodeURIComponent(buyer.customer)}`,
      );
      expect(partly.body.invoices).toHaveLength(1);
      const all = { ...noted, ...paid, amount_due: 10000, amount_paid: 10000, amount_remaining: 0 };
      await buyer.send(stripeEvent('invoice.paid', stripeInvoice(all, [line]), { created: 1_770_000_030 }));
      expect((await buyer.invoices())[0]).toMatchObject({
        state: 'paid',
        total_amount_cents: 17493,
        total_paid_amount_cents: 10000,
        total_due_amount_cents: 0,
      });
      expect((await page('invoices')).invoices[0]).toMatchObject({ amount_due: 10000, amount_paid: 10000 });
      expect(await data('payment_succeeded')).toMatchObject([{ amount_cents: 10000 }]);
    });

    it('a debt of the customer is collected with an invoice, and too much stands as overpaid', async () => {
      const amounts = { total: 4900, amount_due: 6900, amount_paid: 6900, amount_remaining: 0, amount_overpaid: 0 };
      await buyer.send(stripeEvent('invoice.paid', stripeInvoice({ ...paid, ...amounts })));
      const [invoice] = await buyer.invoices();
      expect(invoice).toMatchObject({ total_paid_amount_cents: 6900, total_due_amount_cents: 0, overpaid_amount_cents: 0 });
      const tooMuch = stripeInvoice({ ...paid, ...amounts, amount_overpaid: 300 });
      await buyer.send(stripeEvent('invoice.overpaid', tooMuch, { created: 1_770_000_009 }));
      expect((await buyer.invoices())[0]).toMatchObject({ overpaid_amount_cents: 300, provider_balance_amount_cents: -2000 });
      expect((await page('invoices')).invoices[0]).toMatchObject({ amount_due: 6900, amount_overpaid: 300 });
    });

    it('what went back is no longer paid, and is not due again', async () => {
      const amounts = { amount_due: 3900, amount_paid: 3900, amount_remaining: 0 };
      await buyer.send(stripeEvent('invoice.paid', stripeInvoice({ ...paid, ...amounts, payment_intent: 'pi_1' })));
      await buyer.send(stripeEvent('charge.refunded', stripeCharge({ amount_refunded: 900 })));
      const refunded = { total_amount_cents: 4000, total_paid_amount_cents: 3000, total_due_amount_cents: 0 };
      expect((await buyer.invoices())[0]).toMatchObject(refunded);
      await buyer.send(
        stripeEvent('invoice.updated', stripeInvoice({ ...paid, ...amounts, metadata: {} }), { created: 1_770_000_050 }),
      );
      expect((await buyer.invoices())[0]).toMatchObject(refunded);
    });
  });

  describe('of a subscription, late or before it has started', () => {
    it('that it waited for its first payment takes nothing away from one that is paid, and it has started once', async () => {
      const claim = { metadata: { subscription_id: buyer.subscriptionId } };
      await bought();
      await buyer.send(stripeEvent('customer.subscription.created', stripeSubscription({ status: 'incomplete', ...claim })));
      expect(await buyer.subscription()).toMatchObject({ status: 'active' });
      await buyer.send(stripeEvent('invoice.paid', stripeInvoice(paid)), updated({}));
      expect(await buyer.subscription()).toMatchObject({ status: 'active' });
      expect(await buyer.audit('subscription_started')).toHaveLength(1);
    });

    const words = [
      ['past_due', { status: 'past_due' }, { status: 'past_due' }],
      ['paused', { status: 'paused' }, { status: 'paused' }],
      ['unpaid', { status: 'unpaid' }, { status: 'unpaid' }],
      [
        'to be canceled at the end of its period',
        { cancel_at_period_end: true, cancel_at: feb1, canceled_at: jan1 + 500 },
        { status: 'canceled', ending_at: '2026-02-01T00:00:00Z', cancel_at_period_end: true },
      ],
    ] as const;

    it.each(words)('that it is %s before it has started is true once it has', async (_, fields, expected) => {
      const claim = { metadata: { subscription_id: buyer.subscriptionId } };
      await buyer.send(updated({ ...fields, ...claim }));
      await buyer.send(completed(), stripeEvent('invoice.paid', stripeInvoice(paid)));
      expect(await buyer.subscription()).toMatchObject({ ...expected, started_at: expect.any(String) });
      expect(await buyer.audit('subscription_started')).toHaveLength(1);
    });

    it.each(words)('that it is %s while its resource is made is true once it is there', async (_, fields, expected) => {
      const type = `kind_${buyer.mark}`;
      await make(tenant.call, '/api/v1/provisioners', 'provisioner', {
        resource_type: type,
        kind: 'http',
        url: 'http://127.0.0.1:9/make',
      });
      buyer = await stripeBuyer(florin, tenant, { resource_type: type });
      await bought();
      await buyer.send(updated(fields));
      const waiting = await buyer.subscription();
      expect(waiting).toMatchObject({ status: 'provisioning' });
      const done = { resource_id: `made for ${buyer.mark}` };
      const answer = await tenant.call('POST', `/api/v1/provisioning/${waiting.provisioning.operation_id}/complete`, done);
      expect(answer.status).toBe(200);
      expect(await buyer.subscription()).toMatchObject({ ...expected, resource_id: done.resource_id });
      expect(await buyer.audit('subscription_started')).toHaveLength(1);
    });
  });

  it.each([
    ['invoice.payment_action_required', 'payment.action_required'],
    ['invoice.finalization_failed', 'invoice.finalization_failed'],
  ])('%s before the invoice is made waits for it, and is told', async (type, told) => {
    await bought();
    const event = stripeEvent(type, stripeInvoice());
    await buyer.send(event);
    expect(await inboxOf(florin, event.id)).toMatchObject({
      status: 'deferred',
      error: expect.stringContaining('invoice not found'),
    });
    await buyer.send(stripeEvent('invoice.created', stripeInvoice()));
    expect(await inboxOf(florin, event.id)).toMatchObject({ status: 'processed' });
    expect(await buyer.audit(told)).toHaveLength(1);
  });

  it('each failed payment is told by its own event, once: late, reversed, and replayed', async () => {
    await bought();
    await buyer.send(stripeEvent('invoice.created', stripeInvoice()));
    const attempt = (count: number, due: number, seconds: number) =>
      stripeEvent(
        'invoice.payment_failed',
        stripeInvoice({ ...finalized, attempt_count: count, amount_due: due, amount_remaining: due }),
        { created: 1_770_000_000 + seconds },
      );
    const events = [attempt(1, 4900, 10), attempt(2, 4400, 20), attempt(2, 4400, 30)];
    await buyer.send(stripeEvent('invoice.paid', stripeInvoice({ ...paid, attempt_count: 3 }), { created: 1_770_000_040 }));
    await buyer.send(...events.toReversed());
    const expected = [
      { attempt_count: 1, amount_due_cents: 4900 },
      { attempt_count: 2, amount_due_cents: 4400 },
      { attempt_count: 2, amount_due_cents: 4400 },
    ];
    const told = async () =>
      (await data('payment_failed')).toSorted((a, b) => Number(a['attempt_count']) - Number(b['attempt_count']));
    expect(await told()).toMatchObject(expected);
    for (const { id } of events) {
      await florin.operator('POST', `/admin/v1/inbound_events/${(await inboxOf(florin, id)).id}/replay`);
      await dueAgain(id);
    }
    expect(await told()).toHaveLength(3);
    expect((await buyer.invoices())[0]).toMatchObject({ state: 'paid' });
  });

  it('what happens twice to a dispute is told twice', async () => {
    await bought();
    await buyer.send(stripeEvent('invoice.paid', stripeInvoice({ ...paid, payment_intent: 'pi_1' })));
    const dispute = {
      id: 'dp_1',
      object: 'dispute',
      charge: 'ch_1',
      payment_intent: 'pi_1',
      amount: 4900,
      currency: 'usd',
      status: 'under_review',
    };
    for (const reason of ['fraudulent', 'duplicate'])
      await buyer.send(stripeEvent('charge.dispute.updated', { ...dispute, reason }));
    expect(await data('dispute.updated')).toMatchObject([{ reason: 'fraudulent' }, { reason: 'duplicate' }].toReversed());
  });

  describe('of sessions', () => {
    it.each(['setup', 'payment'])('that sell no subscription (%s) is nothing to wait for', async (mode) => {
      await bought();
      const sessions = ['checkout.session.completed', 'checkout.session.expired'].map((type) =>
        stripeEvent(type, checkoutSession({ id: 'cs_other', mode, subscription: null })),
      );
      await buyer.send(...sessions);
      for (const { id } of sessions)
        expect(await inboxOf(florin, id)).toMatchObject({ status: 'processed', outcome: 'sells no subscription' });
    });

    it.each([
      ['checkout.session.expired', 'canceled'],
      ['checkout.session.async_payment_failed', 'unpaid'],
    ])('%s finds its subscription by our id in its metadata', async (type, status) => {
      const session = checkoutSession({
        id: 'cs_other',
        payment_status: 'unpaid',
        subscription: null,
        metadata: { subscription_id: buyer.subscriptionId },
      });
      await buyer.send(stripeEvent(type, session));
      expect(await buyer.subscription()).toMatchObject({ status });
    });

    it('which are not ours yet waits for them', async () => {
      const event = stripeEvent('checkout.session.expired', checkoutSession({ id: 'cs_later', subscription: null }));
      await buyer.send(event);
      expect(await inboxOf(florin, event.id)).toMatchObject({ status: 'deferred' });
    });
  });

  it.each([
    ['invoice.paid', { ...stripeCharge(), status: 'succeeded', paid: true }],
    ['customer.subscription.deleted', stripeInvoice(paid)],
    ['invoice.paid', { ...stripeInvoice(paid), id: null }],
  ])('%s with another kind of object, or one without an id, makes nothing', async (type, object) => {
    await bought();
    const before = await buyer.subscription();
    const event = stripeEvent(type, object);
    await buyer.send(event);
    expect([await buyer.invoices(), await buyer.subscription()]).toEqual([[], before]);
    expect(await inboxOf(florin, event.id)).toMatchObject({ status: 'ignored', error: expect.stringContaining(' holds ') });
  });

  describe('of the default payment method', () => {
    const customer = (method: string | null, before: string | null | undefined, created: number) => {
      const object = { id: 'cus_1', object: 'customer', invoice_settings: { default_payment_method: method }, metadata: {} };
      const previous =
        before === undefined ? {} : { previous_attributes: { invoice_settings: { default_payment_method: before } } };
      return stripeEvent('customer.updated', object, { created: 1_770_000_000 + created, data: { object, ...previous } });
    };
    const kept = (method: string, created: number) =>
      stripeEvent(
        'setup_intent.succeeded',
        { id: 'seti_1', object: 'setup_intent', customer: 'cus_1', payment_method: method },
        { created: 1_770_000_000 + created },
      );
    const known = async () =>
      (
        await florin.sql.query('select default_payment_method_id as by from provider_customers where customer_id = $1', [
          buyer.customerId,
        ])
      ).rows[0].by as string | null;

    it.each([
      ['that it was taken away', () => customer(null, 'pm_1', 10)],
      ['that it was another', () => customer('pm_1', null, 10)],
    ])('late, %s, leaves the newer one', async (_, late) => {
      await bought();
      await buyer.send(kept('pm_2', 20), late());
      expect(await known()).toBe('pm_2');
      await buyer.send(customer('pm_3', 'pm_2', 30), customer(null, 'pm_3', 40));
      expect(await known()).toBeNull();
    });
  });
});
