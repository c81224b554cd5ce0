import type { Stripe } from 'stripe';
import { handlerByType } from '../../src/integrations/stripe/handlers.ts';
import { Reconcile } from '../../src/modules/webhooks/index.ts';
import { expectHealthy } from '../support/doctor.ts';
import { type Florin, startFlorin, type Tenant } from '../support/florin.ts';
import { make, stockShop } from '../support/shop.ts';
import { customerWith, openStripe, priceOf, type SimulatedStripe } from '../support/simulated-stripe.ts';
import { workOff } from '../support/stripe.ts';

const day = 86_400;

/** A customer of both sides with one subscription, and what Stripe made of it. */
interface Buyer {
  readonly name: string;
  readonly subscriptionId: string;
  readonly customer: Stripe.Customer;
  readonly subscription: Stripe.Subscription;
}

/**
 * Every event type that Florin handles, caused in Stripe by what a merchant, a buyer or a bank does there, signed and delivered by it,
 * worked off by the inbox, and read back over the API. A handler without a line here fails.
 */
describe('every event of Stripe, from its cause to the API', () => {
  let sim: SimulatedStripe;
  let florin: Florin;
  let tenant: Tenant;
  let price: string;
  const buyers = new Map<string, Buyer>();
  /** Known to us since its metadata was changed. */
  let claimed: Stripe.Customer;

  const order = async (name: string, providerId: string): Promise<string> => {
    await make(tenant.call, '/api/v1/customers', 'customer', { external_id: name });
    const { body } = await florin.operator('POST', '/admin/v1/subscriptions', {
      subscription: {
        organization_id: tenant.id,
        external_customer_id: name,
        plan_code: 'team',
        external_id: name,
        provider_subscription_id: providerId,
      },
    });
    return body.subscription.id as string;
  };
  async function buy(name: string, card = 'pm_card_visa', fields: Partial<Stripe.SubscriptionCreateParams> = {}): Promise<Buyer> {
    const subscriptionId = await order(name, `cs_${name.replaceAll('-', '')}`);
    const { body } = await tenant.call('GET', `/api/v1/customers/${name}`);
    const customer = await customerWith(sim.stripe, card, { metadata: { customer_id: body.customer.lago_id } });
    const subscription = await sim.stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price }],
      payment_behavior: 'allow_incomplete',
      metadata: { subscription_id: subscriptionId },
      ...fields,
    });
    const buyer = { name, subscriptionId, customer, subscription };
    buyers.set(name, buyer);
    return buyer;
  }
  const invoiceOf = ({ subscription }: Buyer): string => String(subscription.latest_invoice);
  const chargeOf = async (buyer: Buyer): Promise<string> => {
    const [link] = (await sim.stripe.invoicePayments.list({ invoice: invoiceOf(buyer) })).data;
    const intent = await sim.stripe.paymentIntents.retrieve(String(link?.payment.payment_intent));
    return String(intent.latest_charge);
  };
  /** An invoice by hand, for what the subscription does not hold; its parent names the subscription all the same. */
  const extra = async ({ customer }: Buyer, fields: Partial<Stripe.InvoiceCreateParams> = {}): Promise<string> => {
    const { id } = await sim.stripe.invoices.create({ customer: customer.id, ...fields });
    await sim.stripe.invoiceItems.create({ customer: customer.id, invoice: id, amount: 500, currency: 'usd' });
    return id;
  };
  const settle = async (): Promise<void> => {
    await sim.simulator.idle();
    for (let rounds = 0; rounds < 14; rounds++) {
      await florin.sql.query(
        `update inbound_events set next_attempt_at = now() - interval '1 second' where status in ('PROCESSING', 'DEFERRED', 'FAILED')`,
      );
      if ((await workOff(florin)) === 0) return;
    }
  };
  /** What only others can cause at Stripe: pending updates and detached payments have no part in the simulator's API. */
  const sent = (type: string, object: object | string, more: object = {}) =>
    sim.control('POST', 'events', { type, object, ...more });

  /** What people do at Stripe: merchants, buyers, banks. */
  const acts: readonly (() => Promise<void>)[] = [
    async () => {
      await buy('paid');
      await buy('declined', 'pm_card_chargeCustomerFail');
      await buy('challenged', 'pm_card_threeDSecure2Required');
    },
    async () => {
      const { subscription } = await buy('changed');
      await sim.stripe.subscriptions.update(subscription.id, { cancel_at_period_end: true });
      const { subscription: ended } = await buy('ended');
      await sim.stripe.subscriptions.cancel(ended.id);
      const { subscription: paused } = await buy('paused');
      await sim.stripe.subscriptions.pause(paused.id, { type: 'subscription' });
      const { subscription: resumed } = await buy('resumed');
      await sim.stripe.subscriptions.pause(resumed.id, { type: 'subscription' });
      await sim.stripe.subscriptions.resume(resumed.id);
      for (const what of ['applied', 'expired'])
        await sent(`customer.subscription.pending_update_${what}`, (await buy(`pending-${what}`)).subscription.id);
    },
    async () => {
      const refunded = await buy('refunded');
      await sim.stripe.refunds.create({ charge: await chargeOf(refunded), amount: 500 });
      const failed = await buy('refund-failed', 'pm_card_refundFail');
      const { id } = await sim.stripe.refunds.create({ charge: await chargeOf(failed), amount: 700 });
      await sim.stripe.refunds.update(id, { metadata: { why: 'kind' } });
      sim.simulator.advance(61);
      const disputed = await buy('disputed');
      const dispute = await sim.control<Stripe.Dispute>('POST', `charges/${await chargeOf(disputed)}/dispute`, {});
      await sim.stripe.disputes.update(dispute.id, { metadata: { seen: 'yes' } });
      await sim.control('POST', `disputes/${dispute.id}/close`, { outcome: 'won' });
      const credited = await buy('credited');
      const note = await sim.stripe.creditNotes.create({ invoice: invoiceOf(credited), amount: 300, credit_amount: 300 });
      await sim.stripe.creditNotes.update(note.id, { memo: 'sorry' });
      const open = await extra(credited);
      await sim.stripe.invoices.finalizeInvoice(open);
      await sim.stripe.creditNotes.voidCreditNote((await sim.stripe.creditNotes.create({ invoice: open, amount: 100 })).id);
    },
    async () => {
      const buyer = await buy('invoiced');
      const { stripe } = sim;
      // Due in 20 days: the time that passes at the end brings the reminders.
      await stripe.invoices.sendInvoice(await extra(buyer, { collection_method: 'send_invoice', days_until_due: 20 }));
      const voided = await extra(buyer);
      await stripe.invoices.finalizeInvoice(voided);
      await stripe.invoices.voidInvoice(voided);
      const lost = await extra(buyer);
      await stripe.invoices.finalizeInvoice(lost);
      await stripe.invoices.markUncollectible(lost);
      const deleted = await extra(buyer);
      await sim.simulator.idle();
      await stripe.invoices.del(deleted);
      // The customer has no address that could be taxed.
      const unplaced = await extra(buyer, { automatic_tax: { enabled: true } });
      await stripe.invoices.finalizeInvoice(unplaced).catch(() => undefined);
      const { payments } = await stripe.invoices.retrieve(invoiceOf(buyer), { expand: ['payments'] });
      await sent('invoice_payment.detached', { ...payments?.data[0], status: 'canceled' });
      const overpaid = await buy('overpaid');
      const open = await extra(overpaid);
      await stripe.invoices.finalizeInvoice(open);
      const tooMuch = { amount: 800, currency: 'usd', customer: overpaid.customer.id, payment_method: 'pm_card_visa' };
      const { id: payment_intent } = await stripe.paymentIntents.create({ ...tooMuch, confirm: true });
      await stripe.invoices.attachPayment(open, { payment_intent });
    },
    async () => {
      for (const how of ['completed', 'expired', 'late', 'unpaid']) {
        const session = await sim.stripe.checkout.sessions.create({
          mode: 'subscription',
          success_url: 'https://florin.example',
          line_items: [{ price, quantity: 1 }],
        });
        const subscriptionId = await order(`checkout-${how}`, session.id);
        buyers.set(`checkout-${how}`, { name: `checkout-${how}`, subscriptionId } as Buyer);
        if (how === 'expired') await sim.stripe.checkout.sessions.expire(session.id);
        else await checkOut(session.id, how);
      }
      sim.simulator.advance(200);
    },
    async () => {
      const { lago_id: ours } = await make(tenant.call, '/api/v1/customers', 'customer', { external_id: 'claimed' });
      claimed = await customerWith(sim.stripe);
      await sim.stripe.customers.update(claimed.id, { metadata: { customer_id: ours } });
    },
    async () => {
      const { customer } = await buy('payer');
      const { stripe } = sim;
      const card = 'pm_card_visa';
      await stripe.setupIntents.create({ customer: customer.id, payment_method: card, confirm: true, usage: 'off_session' });
      await stripe.setupIntents
        .create({ customer: customer.id, payment_method: 'pm_card_chargeDeclined', confirm: true })
        .catch(() => undefined);
      const kept = await stripe.paymentMethods.attach('pm_card_mastercard', { customer: customer.id });
      await stripe.paymentMethods.update(kept.id, { metadata: { colour: 'blue' } });
      await sim.control('POST', `payment_methods/${kept.id}/renew`, { exp_month: 1, exp_year: 2040 });
      await stripe.paymentMethods.detach(kept.id);
      const held = await stripe.paymentIntents.create({
        amount: 900,
        currency: 'usd',
        customer: customer.id,
        payment_method: card,
        capture_method: 'manual',
        confirm: true,
      });
      const captured = await stripe.paymentIntents.capture(held.id);
      await stripe.charges.update(String(captured.latest_charge), { description: 'captured' });
      const dropped = await stripe.paymentIntents.create({ amount: 900, currency: 'usd', customer: customer.id });
      await stripe.paymentIntents.cancel(dropped.id);
      const { customer: gone } = await buy('gone');
      await stripe.customers.del(gone.id);
    },
    async () => {
      await buy('trial', 'pm_card_visa', { trial_period_days: 10 });
      sim.simulator.advance(26 * day);
    },
  ];
  const ibans: Record<string, string> = { late: 'AT611904300234573201', unpaid: 'AT861904300235473035' };
  const checkOut = async (id: string, how: string): Promise<void> => {
    const iban = ibans[how];
    const method = await sim.stripe.paymentMethods.create(
      iban
        ? { type: 'sepa_debit', sepa_debit: { iban }, billing_details: { email: 'a@b.c', name: 'Ada' } }
        : { type: 'card', card: { token: 'tok_visa' } },
    );
    await sim.stripe.rawRequest('POST', `/v1/payment_pages/${id}/confirm`, { payment_method: method.id });
  };

  beforeAll(async () => {
    sim = await openStripe();
    const endpoint = await sim.stripe.webhookEndpoints.create({ url: 'http://127.0.0.1:9/nowhere', enabled_events: ['*'] });
    florin = await startFlorin({ STRIPE_WEBHOOK_SECRET: endpoint.secret ?? '', STRIPE_API_BASE: sim.simulator.url });
    await sim.stripe.webhookEndpoints.update(endpoint.id, { url: `${florin.url}/api/v1/webhooks/stripe` });
    tenant = await florin.openOrganization();
    await stockShop(tenant.call);
    price = (await priceOf(sim.stripe)).id;
    for (const act of acts) {
      await act();
      await settle();
    }
    // Stripe's own words end here; this one is ours, for what it told in vain.
    await florin.sql.query(
      `update provider_objects set state = state || '{"status": "open", "total": "1"}', rank = 1 where object_type = 'invoice'`,
    );
    await florin.app.get(Reconcile, { strict: false }).execute();
    await settle();
  });
  afterAll(async () => {
    await expectHealthy(florin);
    await florin.stop();
    await sim.stop();
  });
  const inbox = async (type: string) =>
    (await florin.operator('GET', `/admin/v1/inbound_events?type=${type}&per_page=1000`)).body.inbound_events as {
      event_id: string;
      status: string;
      outcome: string;
    }[];
  const subscription = async (name: string) =>
    (await florin.operator('GET', `/admin/v1/subscriptions/${buyers.get(name)?.subscriptionId}`)).body.subscription;
  const invoices = async (name: string) =>
    (await tenant.call('GET', `/api/v1/invoices?external_customer_id=${name}`)).body.invoices as {
      lago_id: string;
      state: string;
    }[];
  const states = async (name: string) => (await invoices(name)).map(({ state }) => state);
  const lines = async (name: string) => {
    const { body } = await tenant.call('GET', `/api/v1/invoices/${(await invoices(name)).at(-1)?.lago_id}`);
    return body.invoice.fees.map((fee: { amount_cents: number }) => fee.amount_cents) as number[];
  };
  const trail = async (name: string, type: string) => {
    const query = `activity_types[]=${type}&external_customer_id=${name}`;
    return (await tenant.call('GET', `/api/v1/activity_logs?${query}`)).body.activity_logs as { activity_object: object }[];
  };

  /** What a person of this customer is shown. */
  const page = async (name: string, path: string) => {
    const session = { session: { role: 'owner', subject: 'ada' } };
    const { body } = await tenant.call('POST', `/api/v1/customers/${name}/sessions`, session);
    return (await florin.as(body.token as string)('GET', `/api/v1/billing/${path}`)).body;
  };
  /** Everything that stands in the trail, by the event of Stripe that caused it. */
  const causedBy = async (): Promise<ReadonlyMap<string, string[]>> => {
    const caused = new Map<string, string[]>();
    for (let at: number | null = 1; at !== null;) {
      const { body } = await tenant.call('GET', `/api/v1/activity_logs?per_page=100&page=${at}`);
      for (const { activity_type: type, actor } of body.activity_logs as { activity_type: string; actor: { id: string } }[])
        caused.set(actor.id, [...(caused.get(actor.id) ?? []), type]);
      at = body.meta.next_page as number | null;
    }
    return caused;
  };

  type Effect = () => Promise<void>;
  const hasStatus =
    (name: string, status: string): Effect =>
    async () =>
      expect((await subscription(name)).status).toBe(status);
  const hasInvoices =
    (name: string, ...wanted: string[]): Effect =>
    async () =>
      expect(await states(name)).toEqual(expect.arrayContaining(wanted));
  const hasLines =
    (name: string, ...wanted: number[]): Effect =>
    async () =>
      expect(await lines(name)).toEqual(wanted);
  const isTold =
    (name: string, type: string, times = 1): Effect =>
    async () =>
      expect(await trail(name, type)).toHaveLength(times);
  const foresees =
    (name: string, amountDue: number): Effect =>
    async () =>
      expect((await page(name, 'invoices/upcoming')).upcoming_invoice).toMatchObject({ amount_due: amountDue });
  /** Kept, and by design nothing changes for it: no line of the trail was caused by one. The reason stands in the row. */
  const changesNothing =
    (type: string, outcome: string, _because: string): Effect =>
    async () => {
      const caused = await causedBy();
      const events = await inbox(type);
      expect([...new Set(events.map((event) => event.outcome))]).toEqual([outcome]);
      expect(events.flatMap(({ event_id: id }) => caused.get(id) ?? [])).toEqual([]);
    };
  const toldByInvoice = (because: string, ...types: string[]): Record<string, Effect> =>
    Object.fromEntries(types.map((type) => [type, changesNothing(type, 'told by its invoice', because)]));
  const both =
    (...effects: readonly Effect[]): Effect =>
    async () => {
      for (const effect of effects) await effect();
    };

  const effects: Readonly<Record<string, Effect>> = {
    'customer.created': async () => expect((await subscription('paid')).has_payment_method).toBe(true),
    'customer.updated': async () =>
      expect((await page('claimed', 'customer')).customer).toMatchObject({
        stripe_customer_id: claimed.id,
        has_payment_method: true,
      }),
    'customer.deleted': isTold('gone', 'provider_customer.deleted'),
    'customer.subscription.created': hasStatus('paid', 'active'),
    'customer.subscription.updated': hasStatus('changed', 'canceled'),
    'customer.subscription.deleted': hasStatus('ended', 'canceled'),
    'customer.subscription.paused': hasStatus('paused', 'paused'),
    'customer.subscription.resumed': hasStatus('resumed', 'active'),
    'customer.subscription.trial_will_end': both(
      hasStatus('trial', 'active'),
      changesNothing(
        'customer.subscription.trial_will_end',
        'synced',
        'it shows the subscription as it is; that the trial has ended is told then',
      ),
    ),
    'customer.subscription.pending_update_applied': both(
      hasStatus('pending-applied', 'active'),
      changesNothing(
        'customer.subscription.pending_update_applied',
        'synced',
        'it shows the subscription as customer.subscription.updated does',
      ),
    ),
    'customer.subscription.pending_update_expired': both(
      hasStatus('pending-expired', 'active'),
      changesNothing('customer.subscription.pending_update_expired', 'synced', 'the update that was not paid never took place'),
    ),
    'checkout.session.completed': hasStatus('checkout-completed', 'active'),
    'checkout.session.async_payment_succeeded': hasStatus('checkout-late', 'active'),
    'checkout.session.async_payment_failed': async () => {
      // What Stripe then makes of its subscription is followed like any other's.
      const { status, metadata } = await subscription('checkout-unpaid');
      expect([status, metadata.error]).toEqual(['canceled', 'Payment failed']);
    },
    'checkout.session.expired': hasStatus('checkout-expired', 'canceled'),
    'payment_method.attached': isTold('paid', 'payment_method.attached'),
    'payment_method.updated': isTold('payer', 'payment_method.updated', 2),
    'payment_method.automatically_updated': isTold('payer', 'payment_method.updated', 2),
    'payment_method.detached': isTold('payer', 'payment_method.removed'),
    'setup_intent.succeeded': isTold('payer', 'payment_method.added'),
    'setup_intent.setup_failed': isTold('payer', 'payment_method.setup_failed'),
    'invoice.created': hasInvoices('paid', 'paid'),
    'invoice.finalized': async () =>
      expect(await invoices('declined')).toMatchObject([{ number: expect.not.stringMatching(/^STRIPE-/) as string }]),
    'invoice.updated': hasInvoices('invoiced', 'draft'),
    'invoice.paid': isTold('paid', 'payment.succeeded'),
    'invoice.payment_succeeded': isTold('paid', 'payment.succeeded'),
    'invoice.payment_failed': isTold('declined', 'payment.failed'),
    'invoice.payment_action_required': isTold('challenged', 'payment.action_required'),
    'invoice.sent': hasInvoices('invoiced', 'open'),
    'invoice.voided': hasInvoices('invoiced', 'void'),
    'invoice.marked_uncollectible': hasInvoices('invoiced', 'uncollectible'),
    'invoice.deleted': async () => expect((await states('invoiced')).filter((state) => state === 'void')).toHaveLength(2),
    'invoice.overpaid': both(
      hasInvoices('overpaid', 'paid', 'paid'),
      changesNothing('invoice.overpaid', 'synced', 'no more than its total is paid here; what is too much is credit at Stripe'),
    ),
    'invoice.overdue': isTold('invoiced', 'invoice.overdue'),
    'invoice.will_be_due': isTold('invoiced', 'invoice.will_be_due'),
    'invoice.finalization_failed': isTold('invoiced', 'invoice.finalization_failed'),
    'invoice.upcoming': both(
      foresees('paid', 2000),
      changesNothing('invoice.upcoming', 'announced', 'there is no invoice yet; whoever wants to see what comes asks Stripe'),
    ),
    'invoice_payment.paid': hasLines('refunded', 2000, -500),
    'invoice_payment.detached': both(
      hasInvoices('invoiced', 'paid'),
      changesNothing(
        'invoice_payment.detached',
        'linked',
        'the link is kept for refunds; what becomes of the invoice, it tells itself',
      ),
    ),
    'payment_intent.payment_failed': isTold('declined', 'payment.declined'),
    'payment_intent.requires_action': isTold('challenged', 'payment.requires_action'),
    'charge.refunded': hasLines('refunded', 2000, -500),
    'refund.created': both(
      hasLines('refunded', 2000, -500),
      changesNothing(
        'refund.created',
        'told by its charge',
        'charge.refunded tells the sum of all refunds, so no order of theirs matters',
      ),
    ),
    'refund.updated': hasLines('refund-failed', 2000, -700, 700),
    'refund.failed': hasLines('refund-failed', 2000, -700, 700),
    'charge.refund.updated': hasLines('refund-failed', 2000, -700, 700),
    'charge.dispute.created': isTold('disputed', 'dispute.created'),
    'charge.dispute.updated': isTold('disputed', 'dispute.updated'),
    'charge.dispute.closed': isTold('disputed', 'dispute.closed'),
    'charge.dispute.funds_withdrawn': isTold('disputed', 'dispute.funds_withdrawn'),
    'charge.dispute.funds_reinstated': isTold('disputed', 'dispute.funds_reinstated'),
    'credit_note.created': isTold('credited', 'provider_credit_note.created', 2),
    'credit_note.updated': isTold('credited', 'provider_credit_note.updated'),
    'credit_note.voided': isTold('credited', 'provider_credit_note.voided'),
    'florin.refresh': hasInvoices('paid', 'paid'),
    ...toldByInvoice(
      'invoice.paid, invoice.payment_failed and invoice_payment.paid tell what it means for an invoice; other payments are none of ours',
      'payment_intent.succeeded',
      'payment_intent.created',
      'payment_intent.processing',
      'payment_intent.canceled',
      'charge.succeeded',
      'charge.failed',
      'charge.updated',
      'charge.pending',
      'charge.captured',
    ),
  };

  it('has a cause and an effect here, and nothing that was told is left undone', async () => {
    expect(Object.keys(effects).toSorted()).toEqual([...handlerByType.keys()].toSorted());
    const { body } = await florin.operator('GET', '/admin/v1/inbound_events?per_page=1000');
    const undone = body.inbound_events.filter(({ status }: { status: string }) => status !== 'processed');
    expect(undone).toEqual([]);
    const caused = await causedBy();
    for (const { event_id: id } of await inbox('payment_method.updated'))
      expect(caused.get(id)).toEqual(['payment_method.updated']);
  });

  it('an invoice of more lines than an event holds is kept whole', async () => {
    const { customer } = await buy('wordy');
    const { id } = await sim.stripe.invoices.create({ customer: customer.id });
    for (let line = 1; line <= 23; line++)
      await sim.stripe.invoiceItems.create({ customer: customer.id, invoice: id, amount: line, currency: 'usd' });
    await sim.stripe.invoices.finalizeInvoice(id);
    const [event] = (await sim.stripe.events.list({ type: 'invoice.finalized', limit: 1 })).data;
    expect(event?.data.object).toMatchObject({ lines: { has_more: true, data: { length: 10 } } });
    await settle();
    const { body } = await tenant.call('GET', `/api/v1/invoices/${(await invoices('wordy'))[0]?.lago_id}`);
    const amounts = body.invoice.fees.map((fee: { amount_cents: number }) => fee.amount_cents) as number[];
    expect(amounts.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 23 }, (_, line) => line + 1));
  });

  it.each([...handlerByType.keys()])('%s', async (type) => {
    const events = await inbox(type);
    expect([events.length > 0, new Set(events.map(({ status }) => status))]).toEqual([true, new Set(['processed'])]);
    await effects[type]?.();
  });
});
