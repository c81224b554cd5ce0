import { CloseCheckouts, EndAbandonedCheckouts, TellProvider } from '../../src/modules/payments/index.ts';
import { type Caller, type Florin, startFlorin, type Tenant } from './florin.ts';
import { make, stockShop } from './shop.ts';
import { openStripe, type SimulatedStripe } from './simulated-stripe.ts';
import { workOff } from './stripe.ts';

export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly form: string;
  readonly idempotencyKey: string | null;
  readonly status: number;
}

/** A vendor whose customers buy at a simulated Stripe; its events come to Florin's own door. */
export interface StripeShop {
  readonly sim: SimulatedStripe;
  readonly florin: Florin;
  readonly tenant: Tenant;
  /** A person of this customer, let in by the vendor. */
  person(customer: string, role?: 'owner' | 'admin' | 'member', fields?: object): Promise<Caller>;
  /** What Stripe was asked so far. */
  requests(): Promise<readonly SeenRequest[]>;
  /** Every event delivered and applied, every checkout that nobody wants closed. */
  settle(): Promise<void>;
  stop(): Promise<void>;
}

export async function openStripeShop(environment: Record<string, string> = {}): Promise<StripeShop> {
  const sim = await openStripe();
  const endpoint = await sim.stripe.webhookEndpoints.create({ url: 'http://127.0.0.1:9/nowhere', enabled_events: ['*'] });
  const florin = await startFlorin({
    STRIPE_WEBHOOK_SECRET: endpoint.secret ?? '',
    STRIPE_API_BASE: sim.simulator.url,
    FLORIN_RATE_LIMITS: 'billing=0',
    ...environment,
  });
  await sim.stripe.webhookEndpoints.update(endpoint.id, { url: `${florin.url}/api/v1/webhooks/stripe` });
  const tenant = await florin.openOrganization();
  await stockShop(tenant.call);
  await make(tenant.call, '/api/v1/plans', 'plan', {
    code: 'solo',
    name: 'Solo',
    interval: 'monthly',
    amount_cents: 4900,
    amount_currency: 'USD',
    pay_in_advance: true,
  });
  return {
    sim,
    florin,
    tenant,
    async person(customer, role = 'owner', fields = {}) {
      const path = `/api/v1/customers/${customer}/sessions`;
      const { status, body } = await tenant.call('POST', path, {
        session: { role, subject: `${role} of ${customer}`, ...fields },
      });
      if (status !== 200) throw new Error(JSON.stringify(body));
      return florin.as(body.token as string);
    },
    requests: async () => (await sim.control<{ requests: SeenRequest[] }>('GET', 'requests')).requests,
    async settle() {
      for (let moved = 1; moved > 0;) {
        await sim.simulator.idle();
        await florin.sql.query(
          `update inbound_events set next_attempt_at = now() - interval '1 second' where status in ('DEFERRED', 'FAILED') and attempts < 5`,
        );
        moved = await workOff(florin);
        moved += await florin.app.get(TellProvider, { strict: false }).execute();
        moved += await florin.app.get(CloseCheckouts, { strict: false }).execute();
      }
      await florin.app.get(EndAbandonedCheckouts, { strict: false }).execute();
    },
    async stop() {
      await florin.stop();
      await sim.stop();
    },
  };
}

export const customerOf = (shop: StripeShop, externalId: string, fields: object = {}) =>
  make(shop.tenant.call, '/api/v1/customers', 'customer', {
    external_id: externalId,
    name: `Customer ${externalId}`,
    email: `${externalId}@example.com`,
    ...fields,
  });

let buyers = 0;
/** A customer of its own with its owner. */
export async function buyerOf(shop: StripeShop, fields: object = {}): Promise<{ name: string; owner: Caller }> {
  const name = `buyer${(buyers += 1)}`;
  await customerOf(shop, name, fields);
  return { name, owner: await shop.person(name) };
}

/** The base price of this plan is all that it costs. */
export const order = { plan_name: 'solo', resource_type: 'graph', resource_config: { graph_name: 'Atlas' } };

/** Fills in the hosted page. */
export const payAt = (url: string, cardNumber = '4242424242424242'): Promise<Response> =>
  fetch(url, {
    method: 'POST',
    body: new URLSearchParams({
      email: 'ada@example.com',
      billingName: 'Ada',
      cardNumber,
      cardExpiry: '12 / 34',
      cardCvc: '123',
    }),
    redirect: 'manual',
  });
