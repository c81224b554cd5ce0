import { expectHealthy } from '../../support/doctor.ts';
import { type Florin, startFlorin, type Tenant } from '../../support/florin.ts';
import { stockShop } from '../../support/shop.ts';
import { inboxOf, type StripeBuyer, stripeBuyer } from '../../support/stripe-buyer.ts';
import { deliver, stripeEvent, webhookSecret, workOff } from '../../support/stripe.ts';
import {
  checkoutSession,
  feb1,
  finalized,
  invoiceLine,
  invoicePayment,
  jan1,
  olderInvoice,
  paid,
  stripeCharge,
  stripeInvoice,
  stripeSubscription,
} from '../../support/stripe-objects.ts';

/** Each Stripe event over HTTP into the inbox, from there into the database, and read by the API. */
describe('events of Stripe', () => {
  let florin: Florin;
  let tenant: Tenant;
  let buyer: StripeBuyer;
  beforeAll(async () => {
    florin = await startFlorin({ STRIPE_WEBHOOK_SECRET: webhookSecret });
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

  const send = (...events: object[]) => buyer.send(...events);
  const bought = () => send(stripeEvent('checkout.session.completed', checkoutSession()));
  const subscription = () => buyer.subscription();
  const invoices = () => buyer.invoices();
  const audit = (type: string) => buyer.audit(type);
  const inbox = (eventId: string) => inboxOf(florin, eventId);

  describe('checkout', () => {
    it('links the customer, swaps the session for the subscription beside other metadata, and starts it', async () => {
      await bought();
      expect(await subscription()).toMatchObject({
        status: 'active',
        provider_subscription_id: expect.stringMatching(/^sub_/),
        provider_customer_id: expect.stringMatching(/^cus_/),
        has_payment_method: true,
        metadata: { colour: 'green', checkout_session_id: expect.stringMatching(/^cs_/) },
        started_at: expect.stringMatching(/Z$/),
      });
      const before = await subscription();
      await bought();
      expect(await subscription()).toEqual(before);
      expect(await audit('subscription_started')).toHaveLength(1);
    });

    it('with a resource that nobody has to make is active with it at once, and gives access to the end of its last period', async () => {
      const order = { organization_id: tenant.id, external_customer_id: buyer.customer, plan_code: 'team' };
      const { body } = await florin.operator('POST', '/admin/v1/subscriptions', {
        subscription: {
          ...order,
          external_id: `graph ${buyer.mark}`,
          provider_subscription_id: `cs_graph${buyer.mark}`,
          resource_type: 'graph',
          resource_config: { schema: 'company' },
        },
      });
      expect(body.subscription).toMatchObject({ status: 'pending_payment', resource_type: 'graph', resource_id: null });
      await deliver(
        florin,
        stripeEvent(
          'checkout.session.completed',
          checkoutSession({ id: `cs_graph${buyer.mark}`, subscription: `sub_g${buyer.mark}` }),
        ),
      );
      const { subscriptions } = (await florin.operator('GET', '/admin/v1/subscriptions?resource_type=graph')).body;
      expect(subscriptions).toMatchObject([{ status: 'active', resource_id: `graph ${buyer.mark}` }]);
      const leaving = { id: `sub_g${buyer.mark}`, cancel_at_period_end: true, cancel_at: feb1, canceled_at: jan1 + 500 };
      await deliver(florin, stripeEvent('customer.subscription.updated', stripeSubscription(leaving)));
      const access = await tenant.call(
        'GET',
        `/api/v1/resources/graph/${encodeURIComponent(`graph ${buyer.mark}`)}/subscriptions`,
      );
      expect(access.body.subscriptions).toMatchObject([{ status: 'canceled', ending_at: '2026-02-01T00:00:00Z' }]);
      const wrong = await florin.operator('POST', '/admin/v1/subscriptions', {
        subscription: {
          ...order,
          external_id: 'y',
          provider_subscription_id: 'cs_y',
          resource_type: 'A graph',
          resource_config: [],
        },
      });
      expect(wrong.body.error_details).toEqual({ resource_type: ['value_is_invalid'], resource_config: ['value_is_invalid'] });
    });

    it('of which payment is still open changes nothing', async () => {
      await send(stripeEvent('checkout.session.completed', checkoutSession({ payment_status: 'unpaid' })));
      expect(await subscription()).toMatchObject({ status: 'pending_payment', has_payment_method: false });
      await send(stripeEvent('checkout.session.async_payment_succeeded', checkoutSession()));
      expect(await subscription()).toMatchObject({ status: 'active' });
    });

    it('is found by our id in its metadata too, but not against the customer that Stripe knows', async () => {
      await send(
        stripeEvent(
          'checkout.session.completed',
          checkoutSession({ id: 'cs_other', metadata: { subscription_id: buyer.subscriptionId } }),
        ),
      );
      expect(await subscription()).toMatchObject({ status: 'active' });
      const unknown = stripeEvent('checkout.session.completed', checkoutSession({ id: 'cs_nobody', subscription: 'sub_nobody' }));
      await send(unknown);
      expect(await inbox(unknown.id)).toMatchObject({
        status: 'deferred',
        error: expect.stringContaining('subscription not found'),
      });
    });

    it.each([
      ['checkout.session.async_payment_failed', 'unpaid', 'Payment failed'],
      ['checkout.session.expired', 'canceled', 'Checkout expired'],
    ])('ended by %s is %s', async (type, status, error) => {
      await send(stripeEvent(type, checkoutSession({ payment_status: 'unpaid', subscription: null })));
      expect(await subscription()).toMatchObject({ status, metadata: { colour: 'green', error } });
    });
  });

  it('come in without a key, and then whoever asks Stripe is told what is missing: nothing stands in for it', async () => {
    await bought();
    const path = `/api/v1/customers/${encodeURIComponent(buyer.customer)}/sessions`;
    const { body } = await tenant.call('POST', path, { session: { role: 'owner', subject: 'ada' } });
    expect(await florin.as(body.token)('GET', '/api/v1/billing/invoices/upcoming')).toMatchObject({
      status: 501,
      body: { code: 'payment_provider_not_configured', error_details: { STRIPE_SECRET_KEY: ['value_is_mandatory'] } },
    });
  });

  describe('invoices', () => {
    beforeEach(() => bought());

    it('are captured with a local line for each of theirs, under a placeholder until Stripe numbers them, in one row', async () => {
      const lines = [
        invoiceLine({ taxes: [{ amount: 435, tax_behavior: 'exclusive' }] }),
        invoiceLine({
          id: 'il_2',
          amount: 3000,
          description: null,
          quantity: 3,
          pricing: { unit_amount_decimal: '1000' },
          period: null,
          taxes: null,
        }),
        invoiceLine({ id: 'il_3', amount: 250, quantity: null, pricing: null, description: 'Setup', parent: null }),
      ];
      const amounts = {
        subtotal: 8150,
        total: 8085,
        total_taxes: [{ amount: 435, tax_behavior: 'exclusive' }],
        total_discount_amounts: [{ amount: 500, discount: 'di_1' }],
        amount_due: 8085,
      };
      await send(stripeEvent('invoice.created', stripeInvoice(amounts, lines)));
      const [draft] = await invoices();
      expect(draft).toMatchObject({
        number: 'STRIPE-12345678',
        source: 'stripe',
        state: 'draft',
        lago_subscription_id: buyer.subscriptionId,
        currency: 'USD',
        fees_amount_cents: 8150,
        coupons_amount_cents: 500,
        taxes_amount_cents: 435,
        total_amount_cents: 8085,
        invoice_pdf: null,
        period_start: '2026-01-01T00:00:00Z',
        period_end: '2026-02-01T00:00:00Z',
      });
      expect(draft.fees.map((fee: Record<string, never>) => [fee['description'] ?? fee['invoice_display_name'], fee['units'], fee['precise_unit_amount'], fee['amount_cents'], fee['taxes_amount_cents'], fee['from_date']])).toEqual([
        ['1 × Team (at $49.00 / month)', '1', '49', 4900, 435, '2026-01-01T00:00:00Z'],
        ['Team', '3', '10', 3000, 0, '2026-01-01T00:00:00Z'],
        ['Setup', '1', '2.5', 250, 0, '2026-01-01T00:00:00Z'],
      ]); // prettier-ignore
      await send(stripeEvent('invoice.finalized', stripeInvoice({ ...amounts, ...finalized }, lines)));
      await send(
        stripeEvent('invoice.updated', stripeInvoice({ ...amounts, ...finalized, number: 'OTHER-9', invoice_pdf: null }, lines), {
          created: 1_770_000_009,
        }),
      );
      const [open, ...more] = await invoices();
      expect(more).toEqual([]);
      expect(open).toMatchObject({
        id: draft.id,
        number: buyer.number,
        state: 'open',
        invoice_pdf: finalized.invoice_pdf,
        hosted_invoice_url: finalized.hosted_invoice_url,
        finalized_at: '2026-01-01T00:01:00Z',
      });
    });

    it('are paid once, however it is said, and by whatever came first', async () => {
      await send(stripeEvent('invoice.payment_succeeded', stripeInvoice(paid)), stripeEvent('invoice.paid', stripeInvoice(paid)));
      await send(stripeEvent('invoice.created', stripeInvoice()), stripeEvent('invoice.updated', stripeInvoice(finalized)));
      const later = { finalized_at: jan1 + 60, paid_at: jan1 + 5_000, voided_at: null, marked_uncollectible_at: null };
      await send(
        stripeEvent('invoice.updated', stripeInvoice({ ...paid, status_transitions: later }), { created: 1_770_000_050 }),
      );
      const all = await invoices();
      expect(all).toHaveLength(1);
      expect(all[0]).toMatchObject({
        number: buyer.number,
        state: 'paid',
        payment_status: 'succeeded',
        paid_at: '2026-01-01T00:01:30Z',
        payment_method: 'stripe',
        payment_reference: expect.stringMatching(/^in_/),
        total_paid_amount_cents: 4900,
        total_due_amount_cents: 0,
      });
      expect(await audit('payment_succeeded')).toHaveLength(1);
      expect(await audit('subscription_started')).toHaveLength(1);
    });

    it.each([
      ['open before paid', ['open', 'paid']],
      ['paid before open', ['paid', 'open']],
    ])('of one second end paid: %s', async (_, order) => {
      await send(stripeEvent('invoice.created', stripeInvoice()));
      const events = {
        open: stripeEvent('invoice.updated', stripeInvoice(finalized), {
          data: { object: stripeInvoice(finalized), previous_attributes: { status: 'draft' } },
        }),
        paid: stripeEvent('invoice.updated', stripeInvoice(paid), {
          data: { object: stripeInvoice(paid), previous_attributes: { status: 'open', amount_paid: 0 } },
        }),
      };
      await send(...order.map((name) => events[name as 'open' | 'paid']));
      expect((await invoices())[0]).toMatchObject({ state: 'paid', number: buyer.number });
    });

    it('of an older version say the same', async () => {
      await send(stripeEvent('invoice.paid', olderInvoice(paid), { api_version: '2022-11-15' }));
      expect((await invoices())[0]).toMatchObject({
        state: 'paid',
        lago_subscription_id: buyer.subscriptionId,
        total_amount_cents: 4900,
      });
      await send(stripeEvent('charge.refunded', stripeCharge({ amount_refunded: 900 }), { api_version: '2022-11-15' }));
      expect((await invoices())[0]).toMatchObject({ total_amount_cents: 4000 });
    });

    it.each([
      [
        'void',
        'invoice.voided',
        { ...finalized, status: 'void', status_transitions: { finalized_at: jan1 + 60, voided_at: jan1 + 70 } },
        { state: 'void', status: 'voided', voided_at: '2026-01-01T00:01:10Z' },
      ],
      [
        'uncollectible',
        'invoice.marked_uncollectible',
        { ...finalized, status: 'uncollectible' },
        { state: 'uncollectible', payment_status: 'failed' },
      ],
    ])('become %s', async (_, type, fields, expected) => {
      await send(stripeEvent('invoice.created', stripeInvoice()), stripeEvent('invoice.finalized', stripeInvoice(finalized)));
      await send(stripeEvent(type, stripeInvoice(fields)));
      expect((await invoices())[0]).toMatchObject(expected);
      expect(await audit(type)).toHaveLength(1);
    });

    it('that are deleted as drafts are voided', async () => {
      await send(stripeEvent('invoice.created', stripeInvoice()), stripeEvent('invoice.deleted', stripeInvoice()));
      expect((await invoices())[0]).toMatchObject({ state: 'void', number: 'STRIPE-12345678' });
    });

    it.each([
      ['invoice.updated', 'processed'],
      ['invoice.finalized', 'processed'],
      ['invoice.voided', 'processed'],
      ['invoice.upcoming', 'processed'],
      // What somebody may have to act on waits for its invoice.
      ['invoice.payment_action_required', 'deferred'],
      ['invoice.overdue', 'deferred'],
      ['invoice.finalization_failed', 'deferred'],
    ])('are not made by %s', async (type, status) => {
      const event = stripeEvent(type, stripeInvoice(finalized));
      await send(event);
      expect(await invoices()).toEqual([]);
      expect(await inbox(event.id)).toMatchObject({ status });
    });

    it('make up for what came before them: an update is remembered until the invoice is there', async () => {
      await send(stripeEvent('invoice.updated', stripeInvoice(finalized), { created: 1_770_000_005 }));
      await send(stripeEvent('invoice.created', stripeInvoice()));
      expect((await invoices())[0]).toMatchObject({ state: 'open', number: buyer.number });
    });

    it.each([
      ['dollars beyond 2^31 cents', 'usd', 3_000_000_000, 'USD', '30000000.00'],
      ['yen', 'jpy', 4900, 'JPY', '4900'],
      ['dinars', 'kwd', 4900, 'KWD', '4.900'],
    ])('of %s keep every digit', async (_, currency, total, code, text) => {
      const line = invoiceLine({ amount: total, pricing: null, quantity: null, currency });
      await send(
        stripeEvent(
          'invoice.paid',
          stripeInvoice({ ...paid, currency, subtotal: total, total, amount_due: total, amount_paid: total }, [line]),
        ),
      );
      expect((await invoices())[0]).toMatchObject({
        currency: code,
        total_amount_cents: total,
        total: text,
        total_paid_amount_cents: total,
        fees: [{ amount_cents: total }],
      });
    });

    it.each([
      // Stripe's 100 is one krona or one shilling, which have no smaller coin; its 1 is an ariary, which has (docs/decisions/0062).
      ['isk', 100, 'ISK'],
      ['ugx', 100, 'UGX'],
      ['mga', 0.01, 'MGA'],
    ])('whose amounts Stripe counts in other units than the world: %s', async (currency, theirs, code) => {
      const tax = [{ amount: 1000 * theirs, tax_behavior: 'exclusive' }];
      const amounts = {
        currency,
        subtotal: 4900 * theirs,
        total: 5400 * theirs,
        total_discount_amounts: [{ amount: 500 * theirs }],
        total_taxes: tax,
        amount_due: 5400 * theirs,
        amount_paid: 5400 * theirs,
      };
      const line = invoiceLine({
        currency,
        amount: 4900 * theirs,
        quantity: 2,
        taxes: tax,
        pricing: { unit_amount_decimal: String(2450 * theirs) },
      });
      await send(stripeEvent('invoice.created', stripeInvoice({ ...amounts, amount_paid: 0 }, [line])));
      await send(stripeEvent('invoice.payment_failed', stripeInvoice({ ...amounts, ...finalized, amount_paid: 0 }, [line])));
      await send(stripeEvent('invoice.paid', stripeInvoice({ ...paid, ...amounts }, [line])));
      const payment = { currency, amount_paid: 5400 * theirs, amount_requested: 5400 * theirs };
      await send(stripeEvent('invoice_payment.paid', invoicePayment(payment)));
      await send(stripeEvent('charge.refunded', stripeCharge({ currency, amount_refunded: 400 * theirs })));
      const dispute = { id: 'dp_1', object: 'dispute', charge: 'ch_1', payment_intent: 'pi_1', currency, amount: 5000 * theirs };
      await send(stripeEvent('charge.dispute.created', dispute));
      const note = { id: 'cn_1', object: 'credit_note', invoice: 'in_1ABCDEFGH12345678', status: 'issued', currency };
      const credited = { total: 300 * theirs, pre_payment_amount: 0, post_payment_amount: 300 * theirs };
      await send(stripeEvent('credit_note.created', { ...note, ...credited }));
      const [invoice] = await invoices();
      expect(invoice).toMatchObject({
        currency: code,
        coupons_amount_cents: 500,
        taxes_amount_cents: 1000,
        total_amount_cents: 5000,
        total_paid_amount_cents: 5000,
        total: currency === 'mga' ? '50.00' : '5000',
        fees: [
          { units: '2', precise_unit_amount: currency === 'mga' ? '24.5' : '2450', amount_cents: 4900, taxes_amount_cents: 1000 },
          { amount_cents: -400 },
        ],
      });
      const told = async (type: string) => (await audit(type)).map((entry) => (entry as { event_data: object }).event_data);
      expect(await told('payment_failed')).toMatchObject([{ amount_due_cents: 5400 }]);
      expect(await told('payment_succeeded')).toMatchObject([{ amount_cents: 5400 }]);
      expect(await told('dispute.created')).toMatchObject([{ amount_cents: 5000 }]);
      expect(await told('provider_credit_note.created')).toMatchObject([{ total_cents: 300, post_payment_cents: 300 }]);
      const { rows } = await florin.sql.query('select amount_cents, refunded_cents from invoice_payments where invoice_id = $1', [
        invoice.id,
      ]);
      expect(rows).toEqual([{ amount_cents: '5400', refunded_cents: '400' }]);
    });

    it('in kronur of before 2023, with hundredths: rounded, and what that shifts is a line of its own', async () => {
      const lines = ['il_1', 'il_2'].map((id) =>
        invoiceLine({ id, amount: 4040, currency: 'isk', pricing: null, quantity: null }),
      );
      await send(stripeEvent('invoice.created', stripeInvoice({ currency: 'isk', subtotal: 8080, total: 8080 }, lines)));
      const [invoice] = await invoices();
      expect([invoice.total_amount_cents, invoice.fees.map((fee: Record<string, never>) => fee['amount_cents'])]).toEqual([
        81,
        [40, 40, 1],
      ]);
    });

    it('whose total holds more than their lines keep it, with a line that says so', async () => {
      await send(
        stripeEvent('invoice.created', stripeInvoice({ total: 5900, amount_due: 5900, shipping_cost: { amount_total: 1000 } })),
      );
      const [invoice] = await invoices();
      expect([invoice.total_amount_cents, invoice.fees.map((fee: Record<string, never>) => fee['amount_cents'])]).toEqual([
        5900,
        [4900, 1000],
      ]);
    });

    it('whose lines hold their tax show it apart', async () => {
      const taxes = [{ amount: 900, tax_behavior: 'inclusive' }];
      await send(stripeEvent('invoice.created', stripeInvoice({ total_taxes: taxes }, [invoiceLine({ taxes })])));
      expect((await invoices())[0]).toMatchObject({ fees_amount_cents: 4000, taxes_amount_cents: 900, total_amount_cents: 4900 });
    });

    it('of an unknown subscription wait for it', async () => {
      const other = { parent: { subscription_details: { subscription: 'sub_later', metadata: {} } }, customer: 'cus_later' };
      const line = invoiceLine({ parent: { subscription_item_details: { subscription: 'sub_later' } } });
      const event = stripeEvent('invoice.created', stripeInvoice(other, [line]));
      await send(event);
      expect(await inbox(event.id)).toMatchObject({
        status: 'deferred',
        error: expect.stringMatching(/^subscription not found: sub_/),
      });
      const { mark } = buyer;
      await florin.operator('POST', '/admin/v1/subscriptions', {
        subscription: {
          organization_id: tenant.id,
          external_customer_id: `customer ${mark}`,
          plan_code: 'team',
          external_id: `later ${mark}`,
          provider_subscription_id: `cs_${mark}later`,
        },
      });
      await send(
        stripeEvent(
          'checkout.session.completed',
          checkoutSession({ id: 'cs_later', subscription: 'sub_later', customer: 'cus_later' }),
        ),
      );
      expect(await inbox(event.id)).toMatchObject({ status: 'processed', outcome: 'captured' });
    });

    it('of a known customer without any subscription are one-off', async () => {
      await send(stripeEvent('invoice.created', stripeInvoice({ parent: null }, [])));
      const { body } = await tenant.call('GET', `/api/v1/invoices?external_customer_id=${encodeURIComponent(buyer.customer)}`);
      expect(body.invoices).toEqual([
        expect.objectContaining({ invoice_type: 'one_off', lago_subscription_id: null, source: 'stripe' }),
      ]);
    });

    it('leave nothing half-written when a line cannot be', async () => {
      await florin.sql.query(`create function refuse_second() returns trigger language plpgsql as $$
        begin if new.name = 'poison' then raise exception 'no'; end if; return new; end $$;
        create trigger refuse_second before insert on fees for each row execute function refuse_second()`);
      const event = stripeEvent(
        'invoice.created',
        stripeInvoice({ subtotal: 9800, total: 9800 }, [invoiceLine(), invoiceLine({ id: 'il_2', description: 'poison' })]),
      );
      await send(event);
      expect(await invoices()).toEqual([]);
      expect(await inbox(event.id)).toMatchObject({ status: 'failed', attempts: 1, error: expect.stringContaining('no') });
      await florin.sql.query('drop trigger refuse_second on fees; drop function refuse_second()');
      await florin.operator('POST', `/admin/v1/inbound_events/${(await inbox(event.id)).id}/replay`);
      await workOff(florin);
      expect(await invoices()).toHaveLength(1);
    });

    it("are not the generator's to make", async () => {
      const { rows } = await florin.sql.query(
        'select count(*)::int as n from invoices where subscription_id = $1 and source <> $2',
        [buyer.subscriptionId, 'STRIPE'],
      );
      await send(stripeEvent('customer.subscription.updated', stripeSubscription()));
      const answer = await tenant.call('POST', `/api/v1/subscriptions/${buyer.subscriptionId}/generate-invoice`, {});
      expect([rows[0].n, answer.body.code]).toEqual([0, 'subscription_not_billable']);
    });
  });

  describe('refunds', () => {
    beforeEach(async () => {
      await bought();
      await send(stripeEvent('invoice.paid', stripeInvoice(paid)), stripeEvent('invoice_payment.paid', invoicePayment()));
    });
    const lines = async () => (await invoices())[0].fees.map((fee: Record<string, never>) => fee['amount_cents']) as number[];

    it('are booked as what came since the last one, in any order and however often', async () => {
      await send(stripeEvent('charge.refunded', stripeCharge({ amount_refunded: 1000 })));
      await send(
        stripeEvent('charge.refunded', stripeCharge({ amount_refunded: 2500 })),
        stripeEvent('charge.refunded', stripeCharge({ amount_refunded: 2500 })),
      );
      await send(stripeEvent('charge.refunded', stripeCharge({ amount_refunded: 1000 })));
      expect(await lines()).toEqual([4900, -1000, -1500]);
      const [invoice] = await invoices();
      expect(invoice).toMatchObject({ state: 'paid', total_amount_cents: 2400, total_paid_amount_cents: 2400 });
      expect(invoice.fees[1]).toMatchObject({ item: { type: 'refund' } });
      expect(await audit('refund_processed')).toHaveLength(2);
      const { rows } = await florin.sql.query('select refunded_cents from invoice_payments where invoice_id = $1', [invoice.id]);
      expect(rows).toEqual([{ refunded_cents: '2500' }]);
    });

    it('may go back as a whole', async () => {
      await send(stripeEvent('charge.refunded', stripeCharge({ amount_refunded: 4900, refunded: true })));
      expect((await invoices())[0]).toMatchObject({ state: 'paid', total_amount_cents: 0, total_paid_amount_cents: 0 });
    });

    it('that arrive before the payment is linked wait for it', async () => {
      const event = stripeEvent(
        'charge.refunded',
        stripeCharge({ id: 'ch_2', payment_intent: null, invoice: 'in_nowhere', amount_refunded: 100 }),
      );
      await send(event);
      expect(await inbox(event.id)).toMatchObject({ status: 'deferred' });
    });

    it('of what paid no invoice are none of ours', async () => {
      const event = stripeEvent('charge.refunded', stripeCharge({ id: 'ch_3', payment_intent: null, amount_refunded: 100 }));
      await send(event);
      expect([await lines(), (await inbox(event.id)).outcome]).toEqual([[4900], 'no invoice']);
    });
  });

  it('a failed payment leaves a purchase unpaid with its reason, and an active subscription active', async () => {
    await send(
      stripeEvent(
        'customer.subscription.created',
        stripeSubscription({ status: 'incomplete', metadata: { subscription_id: buyer.subscriptionId } }),
      ),
    );
    const failed = stripeInvoice({ ...finalized, attempt_count: 1 });
    await send(stripeEvent('invoice.payment_failed', failed), stripeEvent('invoice.payment_failed', failed));
    expect(await subscription()).toMatchObject({ status: 'unpaid', metadata: { colour: 'green', error: 'Payment failed' } });
    expect(await audit('payment_failed')).toEqual([
      expect.objectContaining({
        event_data: expect.objectContaining({ attempt_count: 1, amount_due_cents: 4900, subscription_status: 'pending_payment' }),
      }),
    ]);
    await send(stripeEvent('invoice.paid', stripeInvoice(paid)));
    expect(await subscription()).toMatchObject({ status: 'active' });
    await send(stripeEvent('invoice.payment_failed', stripeInvoice({ ...finalized, id: 'in_second', attempt_count: 1 })));
    expect(await subscription()).toMatchObject({ status: 'active' });
    expect(await audit('payment_failed')).toHaveLength(2);
  });

  describe('subscriptions', () => {
    beforeEach(() => bought());
    const update = (fields: object, created = 1_770_000_100) =>
      send(stripeEvent('customer.subscription.updated', stripeSubscription(fields), { created }));
    const iso = (seconds: number) => new Date(seconds * 1_000).toISOString().replace('.000', '');

    it.each([
      ['trialing', 'active'],
      ['past_due', 'past_due'],
      ['unpaid', 'unpaid'],
      ['canceled', 'canceled'],
      ['incomplete_expired', 'canceled'],
      ['incomplete', 'active'],
      ['paused', 'paused'],
      ['something_new', 'active'],
    ])('that Stripe calls %s are %s, with their period', async (word, status) => {
      await update({ status: word });
      expect(await subscription()).toMatchObject({ status, provider_status: word, current_billing_period_ending_at: iso(feb1) });
    });

    it('read their period from the root in older versions', async () => {
      await update({ items: undefined, current_period_start: jan1, current_period_end: feb1 });
      expect(await subscription()).toMatchObject({
        current_billing_period_started_at: iso(jan1),
        current_billing_period_ending_at: iso(feb1),
      });
    });

    it('that will end stay usable until then, can be taken back before, and not after', async () => {
      const leaving = { cancel_at_period_end: true, cancel_at: feb1, canceled_at: jan1 + 500 };
      await update(leaving);
      const canceled = await subscription();
      expect(canceled).toMatchObject({ status: 'canceled', canceled_at: iso(jan1 + 500), ending_at: iso(feb1) });
      await update(leaving, 1_770_000_101);
      expect(await subscription()).toEqual(canceled);
      await update({}, 1_770_000_102);
      expect(await subscription()).toMatchObject({ status: 'active', canceled_at: null, ending_at: null });
      const past = { cancel_at_period_end: true, cancel_at: jan1 + 1_000, canceled_at: jan1 + 500 };
      await update(past, 1_770_000_103);
      await update({}, 1_770_000_104);
      expect(await subscription()).toMatchObject({ status: 'canceled', ending_at: iso(jan1 + 1_000) });
      expect((await audit('subscription.canceled')).length).toBe(2);
      expect(await audit('subscription.resumed')).toHaveLength(1);
    });

    it('that are deleted end at once, or when it was said they would', async () => {
      await send(
        stripeEvent(
          'customer.subscription.deleted',
          stripeSubscription({ status: 'canceled', ended_at: jan1 + 900, canceled_at: jan1 + 900 }),
        ),
      );
      expect(await subscription()).toMatchObject({
        status: 'canceled',
        canceled_at: iso(jan1 + 900),
        ending_at: iso(jan1 + 900),
      });
      await update({ cancel_at_period_end: true });
      expect(await subscription()).toMatchObject({ status: 'canceled', ending_at: iso(jan1 + 900) });
    });

    it('canceled before they are deleted keep that day and end with their period', async () => {
      await update({ cancel_at_period_end: true, canceled_at: jan1 + 500 });
      await send(
        stripeEvent(
          'customer.subscription.deleted',
          stripeSubscription({ status: 'canceled', ended_at: jan1 + 900, canceled_at: jan1 + 900 }),
          { created: 1_770_000_200 },
        ),
      );
      expect(await subscription()).toMatchObject({ status: 'canceled', canceled_at: iso(jan1 + 500), ending_at: iso(feb1) });
    });

    it('unknown to us touch no other of the customer', async () => {
      const before = await subscription();
      const event = stripeEvent('customer.subscription.deleted', stripeSubscription({ id: 'sub_foreign', status: 'canceled' }));
      await send(event);
      expect(await subscription()).toEqual(before);
      expect(await inbox(event.id)).toMatchObject({ status: 'deferred' });
    });

    it.each([
      ['in order', [0, 1]],
      ['reversed', [1, 0]],
    ])('of one second are told apart by what each says of before, %s', async (_, order) => {
      const first = stripeEvent(
        'customer.subscription.updated',
        {},
        { data: { object: stripeSubscription({ status: 'past_due' }), previous_attributes: { status: 'active' } } },
      );
      const second = stripeEvent(
        'customer.subscription.updated',
        {},
        {
          data: {
            object: stripeSubscription({ status: 'canceled', ended_at: jan1 + 900 }),
            previous_attributes: { status: 'past_due', ended_at: null },
          },
        },
      );
      await send(stripeEvent('customer.subscription.created', stripeSubscription()));
      await send(...order.map((i) => [first, second][i] ?? {}));
      expect(await subscription()).toMatchObject({ status: 'canceled' });
    });
  });

  it('payment methods: kept, by default, and gone with the customer', async () => {
    await bought();
    const links = async () =>
      (
        await florin.sql.query(
          'select has_payment_method, default_payment_method_id, deleted_at from provider_customers where customer_id = $1',
          [buyer.customerId],
        )
      ).rows[0] as object;
    await send(
      stripeEvent('setup_intent.succeeded', { id: 'seti_1', object: 'setup_intent', customer: 'cus_1', payment_method: 'pm_1' }),
    );
    expect(await links()).toMatchObject({ has_payment_method: true, default_payment_method_id: 'pm_1' });
    await send(
      stripeEvent('customer.updated', {
        id: 'cus_1',
        object: 'customer',
        invoice_settings: { default_payment_method: 'pm_2' },
        metadata: {},
      }),
    );
    expect(await links()).toMatchObject({ default_payment_method_id: 'pm_2' });
    await send(stripeEvent('customer.deleted', { id: 'cus_1', object: 'customer', metadata: {} }));
    expect(await links()).toMatchObject({
      has_payment_method: false,
      default_payment_method_id: null,
      deleted_at: expect.any(Date),
    });
  });

  it('a default that came and went within a second is gone, whichever was heard of first', async () => {
    const customer = (method: string | null) => ({
      id: 'cus_1',
      object: 'customer',
      invoice_settings: { default_payment_method: method },
      metadata: { customer_id: buyer.customerId },
    });
    const updated = (to: string | null, from: string | null) =>
      stripeEvent('customer.updated', customer(to), {
        data: { object: customer(to), previous_attributes: { invoice_settings: { default_payment_method: from } } },
      });
    await send(stripeEvent('customer.created', customer(null)), updated(null, 'pm_1'));
    const late = updated('pm_1', null);
    await send(late);
    // Only Stripe can tell now, and here is none to ask.
    expect(await inbox(late.id)).toMatchObject({
      status: 'failed',
      error: expect.stringContaining('payment_provider_not_configured'),
    });
  });

  it('disputes, credit notes and declines stand in the trail of the subscription, once', async () => {
    await bought();
    await send(stripeEvent('invoice.created', stripeInvoice()), stripeEvent('invoice.finalized', stripeInvoice(finalized)));
    await send(stripeEvent('invoice_payment.paid', invoicePayment({ status: 'open', amount_paid: null })));
    const dispute = {
      id: 'dp_1',
      object: 'dispute',
      charge: 'ch_1',
      payment_intent: 'pi_1',
      amount: 4900,
      currency: 'usd',
      reason: 'fraudulent',
      status: 'needs_response',
    };
    await send(stripeEvent('charge.dispute.created', dispute), stripeEvent('charge.dispute.created', dispute));
    await send(stripeEvent('charge.dispute.closed', { ...dispute, status: 'lost' }));
    await send(
      stripeEvent('payment_intent.payment_failed', {
        id: 'pi_1',
        object: 'payment_intent',
        customer: 'cus_1',
        last_payment_error: { code: 'card_declined', decline_code: 'insufficient_funds' },
      }),
    );
    await send(
      stripeEvent('credit_note.created', {
        id: 'cn_1',
        object: 'credit_note',
        invoice: 'in_1ABCDEFGH12345678',
        status: 'issued',
        total: 100,
        customer: 'cus_1',
      }),
    );
    await send(stripeEvent('invoice.payment_action_required', stripeInvoice(finalized)));
    const data = async (type: string) => (await audit(type)).map((entry) => (entry as { event_data: object }).event_data);
    expect(await data('dispute.created')).toEqual([expect.objectContaining({ reason: 'fraudulent', amount_cents: 4900 })]);
    expect(await data('dispute.closed')).toEqual([expect.objectContaining({ status: 'lost' })]);
    const error = expect.objectContaining({ decline_code: 'insufficient_funds' }) as object;
    expect(await data('payment.declined')).toEqual([expect.objectContaining({ error })]);
    expect(await data('provider_credit_note.created')).toEqual([expect.objectContaining({ total_cents: 100 })]);
    expect(await data('payment.action_required')).toHaveLength(1);
  });

  it('the operator reads captured invoices, and marks none while Stripe cannot be told', async () => {
    await bought();
    await send(stripeEvent('invoice.created', stripeInvoice()), stripeEvent('invoice.finalized', stripeInvoice(finalized)));
    const [{ id }] = await invoices();
    expect((await florin.operator('GET', `/admin/v1/invoices?organization_id=${tenant.id}&status=open`)).body.invoices).toEqual(
      expect.arrayContaining([expect.objectContaining({ id, organization_id: tenant.id })]),
    );
    // Where Stripe cannot be told nothing is changed: test/http/payments/told-to-stripe.spec.ts has what becomes of it where it can.
    const marked = await florin.operator('PATCH', `/admin/v1/invoices/${id}/mark-paid`);
    expect([marked.status, marked.body.code]).toEqual([501, 'payment_provider_not_configured']);
    expect((await tenant.call('GET', '/admin/v1/invoices')).status).toBe(401);
    const patched = await florin.operator('PATCH', `/admin/v1/subscriptions/${buyer.subscriptionId}`, {
      cancel_at_period_end: true,
    });
    expect([patched.status, patched.body.code]).toEqual([501, 'payment_provider_not_configured']);
    const list = await florin.operator(
      'GET',
      `/admin/v1/subscriptions?organization_id=${tenant.id}&include_canceled=true&per_page=1000`,
    );
    expect(list.body.subscriptions.map((each: { id: string }) => each.id)).toContain(buyer.subscriptionId);
  });
});
