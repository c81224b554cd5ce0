import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { type Answer, type Florin, operatorKey } from '../../support/florin.ts';
import { type Started, startProcess, until } from '../../support/processes.ts';
import { make, stockShop } from '../../support/shop.ts';
import { checkoutSession, stripeInvoice } from '../../support/stripe-objects.ts';
import { postWebhook, stripeEvent, webhookSecret } from '../../support/stripe.ts';
import { createTestDatabase, shutOut, type TestDatabase } from '../../support/test-database.ts';
import { openWire, type Wire } from '../../support/wire.ts';

/** The door as a process of its own, read by what it writes and answers. */
describe('the webhook door of a running server', () => {
  let database: TestDatabase;
  let wire: Wire;
  let server: Started;
  let url: string;
  let place: string;
  const call = async (method: string, path: string, body?: object, key = operatorKey): Promise<Answer> => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: response.status, headers: Object.fromEntries(response.headers), body: await response.json() };
  };
  const post = (event: object, headers?: Record<string, string>): Promise<Answer> =>
    postWebhook({ url } as Florin, JSON.stringify(event), headers);
  const inbound = async (eventId: string) =>
    (await call('GET', `/admin/v1/inbound_events?event_id=${eventId}`)).body.inbound_events[0] as {
      status: string;
      error: string;
    };
  const worked = (eventId: string, ...statuses: string[]) =>
    until(`${eventId} to be ${statuses.join()}`, async () => statuses.includes((await inbound(eventId)).status));
  const logged = async (pattern: RegExp) => JSON.parse(await server.line(pattern)) as { level: string; message: string };

  beforeAll(async () => {
    place = mkdtempSync(join(tmpdir(), 'florin-door-'));
    database = await createTestDatabase();
    wire = await openWire(database.url);
    server = startProcess('src/main.ts', [], {
      DATABASE_URL: wire.url,
      PORT: '0',
      STRIPE_WEBHOOK_SECRET: webhookSecret,
      FLORIN_ADMIN_API_KEY: operatorKey,
      FLORIN_LOG_DIR: place,
    });
    url = /http:\/\/[\d.:]+/.exec(await server.line(/Florin listens on/))?.[0] ?? '';
  });
  afterAll(async () => {
    server.child.kill('SIGKILL');
    await server.exit;
    await wire.close();
    await database.drop();
    rmSync(place, { recursive: true, force: true });
  });

  it('A2: says who sent bytes without a signature', async () => {
    const event = stripeEvent('foo.bar', { id: 'cus_1', object: 'customer' });
    expect((await post(event, {})).body.code).toBe('missing_webhook_signature');
    const { level, message } = await logged(/missing_webhook_signature/);
    expect([level, JSON.parse(message.replace('SECURITY_AUDIT: ', ''))]).toEqual([
      'warn',
      expect.objectContaining({
        event_type: 'authorization_denied',
        risk_level: 'high',
        ip_address: '127.0.0.1',
        details: expect.objectContaining({
          reason: 'missing_webhook_signature',
          payload_size_bytes: Buffer.byteLength(JSON.stringify(event)),
        }),
      }),
    ]);
  });

  it('A9, A11, A14, A15: what it does not know, cannot find, has already and has done are four different lines', async () => {
    const unknown = stripeEvent('foo.bar', { id: 'cus_1', object: 'customer' });
    await post(unknown);
    await worked(unknown.id, 'processed');
    expect(await logged(/unhandled event type/)).toMatchObject({ level: 'info' });

    const nobodys = stripeEvent('invoice.created', stripeInvoice({ customer: 'cus_nobody' }));
    await post(nobodys);
    await worked(nobodys.id, 'deferred');
    expect(await inbound(nobodys.id)).toMatchObject({
      status: 'deferred',
      processed_at: null,
      error: 'subscription not found: sub_1',
    });
    expect(await logged(/subscription not found: sub_1/)).toMatchObject({ level: 'warn' });

    const { organization } = (await call('POST', '/admin/v1/organizations', { organization: { name: 'Acme', mode: 'live' } }))
      .body;
    const vendor = (method: string, path: string, body?: unknown) =>
      call(method, path, body as object | undefined, organization.api_key.key as string);
    await stockShop(vendor);
    await make(vendor, '/api/v1/customers', 'customer', { external_id: 'ada' });
    const ours = { external_customer_id: 'ada', plan_code: 'team', external_id: 'ada', provider_subscription_id: 'cs_1' };
    const { subscription } = (
      await call('POST', '/admin/v1/subscriptions', { subscription: { organization_id: organization.id, ...ours } })
    ).body;
    const bought = stripeEvent('checkout.session.completed', checkoutSession());
    await post(bought);
    await worked(bought.id, 'processed');
    // It wakes the one that could not be found (A10), which is then captured in dollars, though it named no currency (F7).
    const invoice = stripeInvoice({ id: 'in_of_ada', currency: undefined });
    const created = stripeEvent('invoice.created', invoice);
    await post(created);
    await worked(created.id, 'processed');
    const again = stripeEvent('invoice.updated', invoice, { created: 1_770_000_500 });
    await post(again);
    await worked(again.id, 'processed');
    expect(await logged(/already synced/)).toMatchObject({ level: 'info' });
    const { invoices } = (await vendor('GET', '/api/v1/invoices')).body;
    expect(invoices).toEqual([expect.objectContaining({ currency: 'USD', invoice_pdf: null, hosted_invoice_url: null })]);

    // What was done stands under the name of the event that did it; what was not stands nowhere.
    const { audit } = (await call('GET', `/admin/v1/subscriptions/${subscription.id}/audit`)).body;
    const byStripe = (audit as { actor_type: string; actor_id: string }[]).filter(
      ({ actor_type: type }) => type === 'stripe_webhook',
    );
    expect(new Set(byStripe.map(({ actor_id: id }) => id))).toEqual(new Set([bought.id, created.id]));
  });

  it('A17: what goes wrong inside is a sentence, and no more', async () => {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await client.query('alter table inbound_events rename to inbound_events_away');
    const broken = await post(stripeEvent('foo.bar', { id: 'cus_1', object: 'customer' }));
    expect(broken).toMatchObject({ status: 500, body: { status: 500, code: 'internal_error' } });
    expect(JSON.stringify(broken.body)).not.toMatch(/relation|inbound_events|\.ts|at /);
    await client.query('alter table inbound_events_away rename to inbound_events');
    await client.end();
    const gone = async () => {
      const { status, body } = await post(stripeEvent('foo.bar', { id: 'cus_1', object: 'customer' }));
      expect(JSON.stringify(body)).not.toMatch(/\.ts|at |onnect/);
      return [status, body.status, body.code];
    };
    const away = [503, 503, 'service_unavailable'];
    wire.cutWhenUsed();
    expect(await gone()).toEqual(away);
    await until('the database to be back', async () => (await gone())[0] === 200);
    await shutOut(database.url);
    expect([await gone(), await gone()]).toEqual([away, away]);
    await wire.close();
    expect([await gone(), await gone()]).toEqual([away, away]);
  });
});
