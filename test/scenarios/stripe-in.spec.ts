import type { Stripe } from 'stripe';
import { Reconcile } from '../../src/modules/webhooks/index.ts';
import { expectHealthy } from '../support/doctor.ts';
import { type Florin, startFlorin, type Tenant } from '../support/florin.ts';
import { type Started, startProcess, until } from '../support/processes.ts';
import { make, stockShop } from '../support/shop.ts';
import { customerWith, openStripe, priceOf, type SimulatedStripe } from '../support/simulated-stripe.ts';
import { postWebhook, webhookSecret, workOff } from '../support/stripe.ts';

const day = 86_400;

/** A Stripe and a Florin beside each other: whatever happens there is what stands here. */
describe('Stripe and Florin', () => {
  let sim: SimulatedStripe;
  let florin: Florin;
  let tenant: Tenant;
  let price: string;
  beforeEach(async () => {
    sim = await openStripe();
    const endpoint = await sim.stripe.webhookEndpoints.create({ url: 'http://127.0.0.1:9/nowhere', enabled_events: ['*'] });
    florin = await startFlorin({
      STRIPE_WEBHOOK_SECRET: `${endpoint.secret ?? ''},${webhookSecret}`,
      STRIPE_API_BASE: sim.simulator.url,
    });
    await sim.stripe.webhookEndpoints.update(endpoint.id, { url: `${florin.url}/api/v1/webhooks/stripe` });
    tenant = await florin.openOrganization();
    await stockShop(tenant.call);
    price = (await priceOf(sim.stripe)).id;
  });
  afterEach(async () => {
    await expectHealthy(florin);
    await florin.stop();
    await sim.stop();
  });

  /** A customer of both sides who buys a subscription of both. */
  async function buy(
    name: string,
    card = 'pm_card_visa',
    fields: Partial<Stripe.SubscriptionCreateParams> = {},
  ): Promise<Stripe.Subscription> {
    await make(tenant.call, '/api/v1/customers', 'customer', { external_id: name });
    const { body } = await florin.operator('POST', '/admin/v1/subscriptions', {
      subscription: {
        organization_id: tenant.id,
        external_customer_id: name,
        plan_code: 'team',
        external_id: name,
        provider_subscription_id: `cs_${name}`,
      },
    });
    const customer = await customerWith(sim.stripe, card);
    return sim.stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price }],
      payment_behavior: 'allow_incomplete',
      metadata: { subscription_id: body.subscription.id },
      ...fields,
    });
  }

  const all = async <T>(list: Stripe.ApiListPromise<T>): Promise<T[]> => list.autoPagingToArray({ limit: 10_000 });

  const iso = (seconds: number | null | undefined): string | null =>
    seconds === null || seconds === undefined ? null : new Date(seconds * 1_000).toISOString();
  const sum = (items: readonly { amount: number }[] | null): number => (items ?? []).reduce((all, { amount }) => all + amount, 0);
  const refOf = (value: string | { id: string } | null | undefined): string | null =>
    typeof value === 'string' ? value : (value?.id ?? null);

  /** What stands here of what is Stripe's, in words of Stripe. */
  async function ours(): Promise<object> {
    const rows = async (text: string) => (await florin.sql.query(text)).rows as object[];
    const invoices = await rows(
      `select i.provider_invoice_id as id, lower(i.status) as status, i.invoice_number as number, lower(i.currency) as currency,
         i.discount_amount_cents::int as discount, i.taxes_amount_cents::int as tax, (i.total_cents + refunds.cents)::int as total,
         refunds.cents::int as refunded, (i.total_paid_cents + case when i.status = 'PAID' then refunds.cents else 0 end)::int as paid,
         to_jsonb(i.finalized_at) as "finalizedAt", to_jsonb(i.paid_at) as "paidAt", to_jsonb(i.voided_at) as "voidedAt", i.invoice_pdf as pdf,
         i.hosted_invoice_url as url, s.provider_subscription_id as subscription, c.provider_customer_id as customer, i.payment_method as "paidBy",
         (select coalesce(jsonb_agg(jsonb_build_array(f.derivation #>> '{provider,line_id}', f.name, f.units::float, f.amount_cents, f.taxes_amount_cents,
            f.period_start, f.period_end) order by f.derivation #>> '{provider,line_id}'), '[]') from fees f where f.invoice_id = i.id and f.fee_type <> 'refund') as lines,
         (select coalesce(jsonb_agg(jsonb_build_array(p.provider_payment_id, p.payment_intent_id, p.amount_cents, p.currency, p.refunded_cents, p.paid_at)
            order by p.provider_payment_id), '[]') from invoice_payments p where p.invoice_id = i.id and p.status = 'PAID') as payments
       from invoices i left join provider_subscriptions s on s.subscription_id = i.subscription_id
         left join provider_customers c on c.customer_id = i.customer_id,
         lateral (select -coalesce(sum(f.amount_cents), 0) as cents from fees f where f.invoice_id = i.id and f.fee_type = 'refund') as refunds
       where i.source = 'STRIPE' order by 1`,
    );
    const subscriptions = await rows(
      `select p.provider_subscription_id as id, p.provider_status as word, s.status, p.provider_customer_id as customer, p.cancel_at_period_end as leaves,
         to_jsonb(s.current_period_start) as "from", to_jsonb(s.current_period_end) as until, to_jsonb(s.canceled_at) as "canceledAt",
         to_jsonb(s.ending_at) as "endingAt", s.started_at is not null or s.status = 'CANCELED' as started
       from provider_subscriptions p join subscriptions s on s.id = p.subscription_id order by 1`,
    );
    const customers = await rows(
      `select provider_customer_id as id, has_payment_method as "canPay", default_payment_method_id as "by" from provider_customers order by 1`,
    );
    const instants = /^\d{4}-\d\d-\d\dT/;
    const seen = (_: string, value: unknown): unknown =>
      typeof value === 'string' && instants.test(value) ? new Date(value).toISOString() : value;
    return JSON.parse(JSON.stringify({ invoices, subscriptions, customers }), seen) as object;
  }

  const words: Record<string, string> = {
    active: 'ACTIVE',
    trialing: 'ACTIVE',
    paused: 'PAUSED',
    past_due: 'PAST_DUE',
    unpaid: 'UNPAID',
    // Its first payment failed: B19.
    incomplete: 'UNPAID',
    canceled: 'CANCELED',
    incomplete_expired: 'CANCELED',
  };

  /** What Stripe itself says of the same. */
  async function theirs(): Promise<object> {
    const { stripe } = sim;
    const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1);
    const charges = await all(stripe.charges.list({ limit: 100 }));
    const links = await all(stripe.invoicePayments.list({ limit: 100, status: 'paid' }));
    const refundedOf = (intent: string | null): number =>
      charges
        .filter(({ payment_intent }) => payment_intent === intent)
        .reduce((cents, charge) => cents + charge.amount_refunded, 0);
    const invoices = [];
    for (const invoice of (await all(stripe.invoices.list({ limit: 100 }))).toSorted(byId)) {
      const payments = links.filter((link) => link.invoice === invoice.id).toSorted(byId);
      const lines = (await all(stripe.invoices.listLineItems(invoice.id, { limit: 100 }))).toSorted(byId);
      const status = String(invoice.status);
      invoices.push({
        id: invoice.id,
        status,
        number: invoice.number ?? `STRIPE-${invoice.id.slice(-8)}`,
        currency: invoice.currency,
        discount: sum(invoice.total_discount_amounts),
        tax: sum(invoice.total_taxes),
        total: invoice.total,
        refunded: payments.reduce((cents, { payment }) => cents + refundedOf(refOf(payment.payment_intent)), 0),
        paid: invoice.amount_paid,
        finalizedAt: iso(invoice.status_transitions.finalized_at),
        paidAt: iso(invoice.status_transitions.paid_at),
        voidedAt: iso(invoice.status_transitions.voided_at),
        pdf: invoice.invoice_pdf ?? null,
        url: invoice.hosted_invoice_url ?? null,
        subscription: refOf(invoice.parent?.subscription_details?.subscription),
        customer: refOf(invoice.customer),
        paidBy: status === 'paid' ? 'stripe' : null,
        lines: lines.map((line) => [
          line.id,
          line.description,
          line.quantity,
          line.amount,
          sum(line.taxes),
          // A moment is no period.
          ...(line.period.start < line.period.end ? [iso(line.period.start), iso(line.period.end)] : [null, null]),
        ]),
        payments: payments.map(({ id, payment, amount_paid, currency, status_transitions: at }) => {
          const intent = refOf(payment.payment_intent);
          return [id, intent, amount_paid, currency.toUpperCase(), refundedOf(intent), iso(at.paid_at)];
        }),
      });
    }
    const subscriptions = (await all(stripe.subscriptions.list({ status: 'all', limit: 100 }))).toSorted(byId).map((s) => {
      const item = s.items.data[0];
      const leaves = s.cancel_at_period_end || s.cancel_at !== null;
      const ended = s.ended_at === null ? null : Math.max(s.ended_at, leaves ? (item?.current_period_end ?? 0) : 0);
      return {
        id: s.id,
        word: s.status,
        status: leaves ? 'CANCELED' : words[s.status],
        customer: refOf(s.customer),
        leaves: s.cancel_at_period_end,
        from: iso(item?.current_period_start),
        until: iso(item?.current_period_end),
        canceledAt: iso(s.canceled_at ?? s.ended_at),
        endingAt: iso(ended ?? s.cancel_at),
        // One that has ended before we heard that it was paid never begins here.
        started: s.status !== 'incomplete',
      };
    });
    const customers = [];
    for (const { id, invoice_settings } of (await all(stripe.customers.list({ limit: 100 }))).toSorted(byId)) {
      const { data: methods } = await stripe.customers.listPaymentMethods(id);
      customers.push({ id, canPay: methods.length > 0, by: refOf(invoice_settings.default_payment_method) });
    }
    return { invoices, subscriptions, customers };
  }

  const sides = async () => ({ florin: await ours(), stripe: await theirs() });

  /** Everything that waits is due now, until nothing moves any more. */
  async function settle(): Promise<void> {
    for (let rounds = 0; rounds < 14; rounds++) {
      await florin.sql.query(
        `update inbound_events set next_attempt_at = now() - interval '1 second' where status in ('PROCESSING', 'DEFERRED', 'FAILED')`,
      );
      if ((await workOff(florin)) === 0) return;
    }
  }

  const waiting = async () =>
    (await florin.sql.query(`select type, status, error from inbound_events where status not in ('PROCESSED')`)).rows as object[];

  it('a life: bought, renewed, refunded in parts, one card declined, one subscription ended', async () => {
    const acme = await buy('acme');
    await buy('declined', 'pm_card_chargeCustomerFail');
    await sim.simulator.idle();
    await settle();
    const { invoices } = (await ours()) as { invoices: { status: string }[] };
    expect(invoices.map(({ status }) => status).toSorted()).toEqual(['open', 'paid']);
    const [link] = (await sim.stripe.invoicePayments.list({ invoice: String(acme.latest_invoice) })).data;
    const intent = String(link?.payment.payment_intent);
    const member = (await tenant.call('POST', '/api/v1/customers/acme/sessions', { session: { role: 'member', subject: 'bob' } }))
      .body.token as string;
    expect((await florin.as(member)('GET', '/api/v1/billing/invoices/upcoming')).status).toBe(403);
    const admin = (await tenant.call('POST', '/api/v1/customers/acme/sessions', { session: { role: 'admin', subject: 'ada' } }))
      .body.token as string;
    const upcoming = await florin.as(admin)('GET', '/api/v1/billing/invoices/upcoming');
    expect(upcoming.body.upcoming_invoice).toMatchObject({
      amount_due: 2000,
      currency: 'usd',
      line_items: [{ amount: 2000 }],
      subscription_id: expect.any(String),
    });
    await make(tenant.call, '/api/v1/customers', 'customer', { external_id: 'without' });
    const other = (
      await tenant.call('POST', '/api/v1/customers/without/sessions', { session: { role: 'owner', subject: 'eve' } })
    ).body.token as string;
    expect((await florin.as(other)('GET', '/api/v1/billing/invoices/upcoming')).body).toEqual({ upcoming_invoice: null });
    await sim.stripe.refunds.create({ payment_intent: intent, amount: 500 });
    await sim.stripe.refunds.create({ payment_intent: intent, amount: 700 });
    sim.simulator.advance(32 * day);
    await sim.stripe.subscriptions.update(acme.id, { cancel_at_period_end: true });
    await sim.simulator.idle();
    await settle();
    expect(await ours()).toEqual(await theirs());
    expect(await waiting()).toEqual([]);
    const session = (await tenant.call('POST', '/api/v1/customers/acme/sessions', { session: { role: 'admin', subject: 'ada' } }))
      .body.token as string;
    const { body } = await florin.as(session)('GET', '/api/v1/billing/invoices');
    expect(body.total_count).toBe(2);
    expect(body.invoices[1]).toMatchObject({
      status: 'paid',
      amount_due: 800,
      currency: 'usd',
      invoice_pdf: expect.stringMatching(/^http/),
      hosted_invoice_url: expect.stringMatching(/^http/),
    });
    expect(body.invoices[1].line_items.map((line: { amount: number }) => line.amount)).toEqual([2000, -500, -700]);
  });

  it('what was told while the door was shut is found and made up for', async () => {
    const acme = await buy('acme');
    await sim.simulator.idle();
    await settle();
    await sim.control('POST', 'faults', { on: 'delivery', times: 1_000, fault: { kind: 'drop' } });
    sim.simulator.advance(32 * day);
    await sim.stripe.subscriptions.cancel(acme.id);
    await sim.simulator.idle();
    const before = await sides();
    expect(before.florin).not.toEqual(before.stripe);
    const report = await florin.app.get(Reconcile, { strict: false }).execute(new Date(0));
    expect(report.eventsMissed.length).toBeGreaterThan(5);
    await settle();
    const after = await sides();
    expect(after.florin).toEqual(after.stripe);
    // Events are kept for 30 days; objects for ever.
    await florin.sql.query(
      `update provider_objects set state = state || '{"status": "open", "total": "1"}', rank = 1 where object_type = 'invoice'`,
    );
    const second = await florin.app.get(Reconcile, { strict: false }).execute();
    expect(second.differences.map(({ objectType }) => objectType)).toEqual(['invoice', 'invoice']);
    expect(second.left).toEqual([]);
    expect((await florin.app.get(Reconcile, { strict: false }).execute()).differences).toEqual([]);
  });

  /** Each seed is another order; `FLORIN_CHAOS_SEED=$RANDOM npx jest …` hunts among others. */
  it('chaos: a thousand events, duplicated, shuffled, delayed, with workers killed, end in exactly the state of Stripe', async () => {
    const { stripe } = sim;
    await sim.control('POST', 'faults', { on: 'delivery', times: 100_000, fault: { kind: 'drop' } });
    const coupon = (await stripe.coupons.create({ percent_off: 10, duration: 'forever' })).id;
    const rate = (await stripe.taxRates.create({ display_name: 'VAT', percentage: 20, inclusive: false })).id;
    const extra = async (customer: string): Promise<string> => {
      const { id } = await stripe.invoices.create({ customer });
      await stripe.invoiceItems.create({ customer, invoice: id, amount: 500, currency: 'usd', description: 'Extra' });
      await stripe.invoices.finalizeInvoice(id);
      return id;
    };
    for (let i = 0; i < 44; i++) {
      const card = i % 7 === 3 ? 'pm_card_chargeCustomerFail' : i % 10 === 9 ? 'pm_card_refundFail' : 'pm_card_visa';
      const bought = await buy(`c${i}`, card, {
        ...(i % 10 === 7 && { discounts: [{ coupon }] }),
        ...(i % 10 === 8 && { default_tax_rates: [rate] }),
        ...(i % 13 === 2 && { trial_period_days: 10 }),
      });
      const customer = String(bought.customer);
      const [link] = (await stripe.invoicePayments.list({ invoice: String(bought.latest_invoice) })).data;
      const intent = link?.status === 'paid' ? String(link.payment.payment_intent) : undefined;
      if (intent !== undefined && i % 3 === 0) await stripe.refunds.create({ payment_intent: intent, amount: 300 + i });
      if (intent !== undefined && i % 6 === 0) await stripe.refunds.create({ payment_intent: intent, amount: 100 });
      if (i % 9 === 4) await stripe.invoices.voidInvoice(await extra(customer));
      if (i % 9 === 5) await stripe.invoices.markUncollectible(await extra(customer));
      if (i % 9 === 7) await stripe.invoices.pay(await extra(customer), { paid_out_of_band: true });
      if (i % 8 === 1) {
        const second = await stripe.paymentMethods.attach('pm_card_mastercard', { customer });
        await stripe.customers.update(customer, { invoice_settings: { default_payment_method: second.id } });
      }
      if (i % 8 === 6 || i % 16 === 9)
        for (const { id } of (await stripe.customers.listPaymentMethods(customer)).data) await stripe.paymentMethods.detach(id);
      if (i % 5 === 0) await stripe.subscriptions.update(bought.id, { cancel_at_period_end: true });
      if (i % 10 === 5) await stripe.subscriptions.update(bought.id, { cancel_at_period_end: false });
      if (i % 11 === 0) await stripe.subscriptions.cancel(bought.id);
      if (i % 14 === 12) await stripe.subscriptions.pause(bought.id, { type: 'subscription' });
    }
    sim.simulator.advance(32 * day);
    sim.simulator.advance(31 * day);
    await sim.simulator.idle();
    const events = await all(stripe.events.list({ limit: 100 }));
    expect(events.length).toBeGreaterThan(1_000);
    let seed = Number(process.env['FLORIN_CHAOS_SEED'] ?? '42');
    const random = (): number => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648;
    // Half come in the order they happened, a little late; the others any time.
    const posts = events
      .toReversed()
      .flatMap((event, i) => Array.from({ length: random() < 0.25 ? 2 : 1 }, () => ({ event, i })))
      .map(({ event, i }) => ({ event, at: random() < 0.5 ? i / events.length + random() / 100 : random() }))
      .toSorted((a, b) => a.at - b.at);
    const worker = (): Started =>
      startProcess('src/worker.ts', [], {
        DATABASE_URL: florin.databaseUrl,
        STRIPE_API_BASE: sim.simulator.url,
        FLORIN_LOG_DIR: florin.logDir,
        LOG_LEVEL: 'error',
      });
    const count = async (what: string): Promise<number> =>
      (await florin.sql.query(`select count(*)::int as n from inbound_events where ${what}`)).rows[0].n as number;
    /** A worker that dies in the middle of its work. */
    const kill = async (doomed: Started): Promise<void> => {
      await until('a worker at work', async () => (await count(`status = 'PROCESSING'`)) > 0);
      doomed.child.kill('SIGKILL');
      await doomed.exit;
    };
    let [doomed, killed] = [worker(), 0];
    for (let i = 0; i < posts.length; i += 20) {
      await Promise.all(posts.slice(i, i + 20).map(({ event }) => postWebhook(florin, JSON.stringify(event))));
      if (i % 400 !== 380) continue;
      await kill(doomed);
      [doomed, killed] = [worker(), killed + 1];
    }
    await settle();
    doomed.child.kill('SIGKILL');
    await doomed.exit;
    await settle();
    expect(await ours()).toEqual(await theirs());
    expect(await waiting()).toEqual([]);
    expect(killed).toBeGreaterThan(2);
    // All of it once more, in whatever order: nothing changes.
    const range = { from: '2026-01-01T00:00:00Z', to: '2099-01-01T00:00:00Z' };
    expect((await florin.operator('POST', '/admin/v1/inbound_events/replay', range)).body).toEqual({ replayed: events.length });
    await settle();
    expect(await waiting()).toEqual([]);
    expect(await ours()).toEqual(await theirs());
    const { rows } = await florin.sql.query('select count(*)::int as kept, sum(duplicates)::int as repeated from inbound_events');
    expect(rows[0].kept).toBe(events.length);
    expect(rows[0].repeated).toBeGreaterThanOrEqual(posts.length - events.length);
  }, 600_000);
});
