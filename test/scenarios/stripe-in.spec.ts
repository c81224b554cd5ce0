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
  async function buy(name: string, card = 'pm_card_visa'): Promise<Stripe.Subscription> {
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
    });
  }

  const all = async <T>(list: Stripe.ApiListPromise<T>): Promise<T[]> => list.autoPagingToArray({ limit: 10_000 });

  /** Both sides in the same words. */
  async function sides(): Promise<{ stripe: unknown; florin: unknown }> {
    const { rows: charges } = await florin.sql.query(
      `select i.provider_invoice_id as id, i.status, i.invoice_number as number, (select coalesce(sum(f.amount_cents), 0) from fees f where f.invoice_id = i.id and f.fee_type <> 'refund')::int as total,
         (select -coalesce(sum(f.amount_cents), 0) from fees f where f.invoice_id = i.id and f.fee_type = 'refund')::int as refunded, p.provider_subscription_id as subscription
       from invoices i left join provider_subscriptions p on p.subscription_id = i.subscription_id where i.source = 'STRIPE' order by 1`,
    );
    const { rows: subscriptions } = await florin.sql.query(
      `select p.provider_subscription_id as id, s.status, s.current_period_end as until from provider_subscriptions p join subscriptions s on s.id = p.subscription_id order by 1`,
    );
    const byId = (a: { id?: string }, b: { id?: string }) => ((a.id ?? '') < (b.id ?? '') ? -1 : 1);
    const refundOf = new Map<string, number>();
    const links = await all(sim.stripe.invoicePayments.list({ limit: 100 }));
    for (const charge of await all(sim.stripe.charges.list({ limit: 100 }))) {
      const link = links.find(({ payment }) => payment.payment_intent === charge.payment_intent);
      if (link) refundOf.set(String(link.invoice), (refundOf.get(String(link.invoice)) ?? 0) + charge.amount_refunded);
    }
    const words: Record<string, string> = {
      active: 'ACTIVE',
      canceled: 'CANCELED',
      past_due: 'PAST_DUE',
      incomplete: 'UNPAID',
      incomplete_expired: 'CANCELED',
      unpaid: 'UNPAID',
    };
    const leaving = (s: Stripe.Subscription): boolean => s.cancel_at_period_end || s.cancel_at !== null;
    return {
      florin: {
        charges,
        subscriptions: subscriptions.map((row: { until: Date }) => ({ ...row, until: row.until?.toISOString() })),
      },
      stripe: {
        charges: (await all(sim.stripe.invoices.list({ limit: 100 }))).toSorted(byId).map((invoice) => ({
          id: invoice.id,
          status: invoice.status?.toUpperCase(),
          number: invoice.number ?? `STRIPE-${invoice.id?.slice(-8)}`,
          total: invoice.total,
          refunded: refundOf.get(invoice.id ?? '') ?? 0,
          subscription: invoice.parent?.subscription_details?.subscription,
        })),
        subscriptions: (await all(sim.stripe.subscriptions.list({ status: 'all', limit: 100 }))).toSorted(byId).map((s) => ({
          id: s.id,
          status: leaving(s) ? 'CANCELED' : words[s.status],
          until: new Date((s.items.data[0]?.current_period_end ?? 0) * 1_000).toISOString(),
        })),
      },
    };
  }

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
    const { charges } = (await sides()).florin as { charges: { id: string; status: string }[] };
    expect(charges.map(({ status }) => status).toSorted()).toEqual(['OPEN', 'PAID']);
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
    const { stripe, florin: ours } = await sides();
    expect(ours).toEqual(stripe);
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

  it('chaos: a thousand events, duplicated, shuffled, with workers killed, end in exactly the state of Stripe', async () => {
    await sim.control('POST', 'faults', { on: 'delivery', times: 100_000, fault: { kind: 'drop' } });
    for (let i = 0; i < 40; i++) {
      const bought = await buy(`c${i}`, i % 7 === 3 ? 'pm_card_chargeCustomerFail' : 'pm_card_visa');
      const [link] = (await sim.stripe.invoicePayments.list({ invoice: String(bought.latest_invoice) })).data;
      const intent = link?.status === 'paid' ? String(link.payment.payment_intent) : undefined;
      if (intent !== undefined && i % 3 === 0) await sim.stripe.refunds.create({ payment_intent: intent, amount: 300 + i });
      if (intent !== undefined && i % 6 === 0) await sim.stripe.refunds.create({ payment_intent: intent, amount: 100 });
      if (i % 5 === 0) await sim.stripe.subscriptions.update(bought.id, { cancel_at_period_end: true });
      if (i % 11 === 0) await sim.stripe.subscriptions.cancel(bought.id);
    }
    sim.simulator.advance(32 * day);
    sim.simulator.advance(31 * day);
    await sim.simulator.idle();
    const events = await all(sim.stripe.events.list({ limit: 100 }));
    expect(events.length).toBeGreaterThan(1_000);
    let seed = 42;
    const random = (): number => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648;
    const posts = events
      .flatMap((event) => (random() < 0.25 ? [event, event] : [event]))
      .map((event) => ({ event, at: random() }))
      .toSorted((a, b) => a.at - b.at);
    const worker = (): Started =>
      startProcess('src/worker.ts', [], {
        DATABASE_URL: florin.databaseUrl,
        STRIPE_API_BASE: sim.simulator.url,
        FLORIN_LOG_DIR: florin.logDir,
        LOG_LEVEL: 'error',
      });
    const doomed = worker();
    for (let i = 0; i < posts.length; i += 20) {
      await Promise.all(posts.slice(i, i + 20).map(({ event }) => postWebhook(florin, JSON.stringify(event))));
      if (i === 400) doomed.child.kill('SIGKILL');
      if (i % 300 === 0) await workOff(florin);
    }
    const survivor = worker();
    await until('the worker to have begun', async () => {
      const { rows } = await florin.sql.query(`select count(*)::int as n from inbound_events where status = 'PROCESSED'`);
      return rows[0].n > 0;
    });
    await settle();
    survivor.child.kill('SIGKILL');
    await Promise.all([doomed.exit, survivor.exit]);
    await settle();
    const { stripe, florin: ours } = await sides();
    expect(ours).toEqual(stripe);
    const { rows } = await florin.sql.query('select count(*)::int as kept, sum(duplicates)::int as repeated from inbound_events');
    expect(rows[0].kept).toBe(events.length);
    expect(rows[0].repeated).toBeGreaterThanOrEqual(posts.length - events.length);
  }, 600_000);
});
