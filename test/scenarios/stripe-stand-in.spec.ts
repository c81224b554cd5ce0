import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import StripeSdk from 'stripe';
import { type Answer, type Caller, operatorKey } from '../support/florin.ts';
import { startProcess, type Started, until } from '../support/processes.ts';
import { make, stockShop } from '../support/shop.ts';
import { customerWith, priceOf } from '../support/simulated-stripe.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';

const root = join(__dirname, '../..');

/** One that nobody listens on. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

describe('which Stripe a Florin has', () => {
  let place: string;
  let database: TestDatabase;
  let port: number;
  const started: Started[] = [];
  const environment = (more: Record<string, string> = {}): Record<string, string> => ({
    PORT: '0',
    DATABASE_URL: database.url,
    FLORIN_LOG_DIR: join(place, 'logs'),
    // Of this test alone: servers of other tests share the one on the usual port, and take it with them as they end.
    STRIPE_SIMULATOR_PORT: String(port),
    FLORIN_ADMIN_API_KEY: operatorKey,
    // Node writes there, as a process ends, every file that it had loaded.
    NODE_V8_COVERAGE: join(place, 'loaded'),
    ...more,
  });
  const open = (script: string, args: readonly string[], more: Record<string, string> = {}): Started => {
    const door = startProcess(script, args, environment(more));
    started.push(door);
    return door;
  };
  const end = async (door: Started): Promise<void> => {
    door.child.kill('SIGTERM');
    expect(await door.exit).toBe(0);
  };
  const loadedSimulator = (): boolean =>
    readdirSync(join(place, 'loaded')).some((file) =>
      readFileSync(join(place, 'loaded', file), 'utf8').includes('/tools/stripe-simulator/'),
    );

  beforeEach(async () => {
    place = mkdtempSync(join(tmpdir(), 'florin-stripe-'));
    database = await createTestDatabase();
    port = await freePort();
  });
  afterEach(async () => {
    for (const door of started.splice(0)) {
      door.child.kill('SIGKILL');
      await door.exit;
    }
    await database.drop();
    rmSync(place, { recursive: true, force: true });
  });

  /** A door that listens, and the SDK of the simulator that stands in for it. */
  const standsIn = async (door: Started): Promise<{ url: string; stripe: StripeSdk }> => {
    const url = /http:\/\/[\d.:]+/.exec(await door.line(/Florin listens on/))?.[0] ?? '';
    const said = await door.line(/Without STRIPE_SECRET_KEY the Stripe simulator at .* stands in/);
    const port = Number(/http:\/\/127\.0\.0\.1:(\d+)/.exec(said)?.[1]);
    return { url, stripe: new StripeSdk('sk_test_own', { host: '127.0.0.1', port, protocol: 'http', telemetry: false }) };
  };
  const call = async (url: string, key: string, method: string, path: string, body?: object): Promise<Answer> => {
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: answer.status, headers: {}, body: await answer.json() } as Answer;
  };
  /** A vendor with its key at any door. */
  const openVendor = async (url: string): Promise<{ id: string; at: (door: string) => Caller }> => {
    const fields = { organization: { name: 'Acme', mode: 'live' } };
    const { organization } = (await call(url, operatorKey, 'POST', '/admin/v1/organizations', fields)).body;
    const at =
      (door: string): Caller =>
      (method, path, body) =>
        call(door, organization.api_key.key as string, method, path, body as object | undefined);
    await stockShop(at(url));
    return { id: organization.id as string, at };
  };
  /** Sells a subscription at this Stripe, and waits until this door shows its paid invoice; answers the buyer's token. */
  const sell = async (vendor: Awaited<ReturnType<typeof openVendor>>, url: string, stripe: StripeSdk, name: string) => {
    await make(vendor.at(url), '/api/v1/customers', 'customer', { external_id: name });
    const ordered = { external_customer_id: name, plan_code: 'team', external_id: name, provider_subscription_id: `cs_${name}` };
    const { subscription } = (
      await call(url, operatorKey, 'POST', '/admin/v1/subscriptions', {
        subscription: { organization_id: vendor.id, ...ordered },
      })
    ).body;
    const customer = await customerWith(stripe);
    const { id: price } = await priceOf(stripe);
    await stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price }],
      metadata: { subscription_id: subscription.id as string },
    });
    const session = { session: { role: 'owner', subject: name } };
    const { token } = (await vendor.at(url)('POST', `/api/v1/customers/${name}/sessions`, session)).body;
    await until('the invoice to be captured', async () => {
      const { body } = await call(url, token as string, 'GET', '/api/v1/billing/invoices');
      return body.invoices?.[0]?.status === 'paid';
    });
    return token as string;
  };

  it('without a key: the simulator, whose events come in and whose answers go out', async () => {
    const door = open('src/main.ts', []);
    const { url, stripe } = await standsIn(door);
    const token = await sell(await openVendor(url), url, stripe, 'ada');
    const upcoming = await call(url, token, 'GET', '/api/v1/billing/invoices/upcoming');
    expect(upcoming.body.upcoming_invoice).toMatchObject({ amount_due: 2000, currency: 'usd' });
    const command = open('src/cli.ts', ['stripe:reconcile']);
    expect([await command.exit, command.output().stdout]).toEqual([0, expect.stringMatching(/^events seen=[1-9]\d* missed=/)]);
    await end(door);
    expect(loadedSimulator()).toBe(true);
  });

  it('two of one database share it; when the one that ran it is killed, the other goes on with an empty one', async () => {
    const first = open('src/main.ts', []);
    const one = await standsIn(first);
    const second = open('src/main.ts', []);
    const other = await standsIn(second);
    const vendor = await openVendor(one.url);
    // Both hear of each event; what it does is done once.
    await sell(vendor, one.url, other.stripe, 'ada');
    const doors = (await other.stripe.webhookEndpoints.list()).data.map(({ url }) => new URL(url).origin);
    expect(doors.toSorted()).toEqual([one.url, other.url].toSorted());
    const invoices = async () => (await vendor.at(other.url)('GET', '/api/v1/invoices')).body.invoices as object[];
    expect(await invoices()).toHaveLength(1);

    first.child.kill('SIGKILL');
    await first.exit;
    await second.line(/the Stripe simulator ended with the process that had started it; an empty one takes its place/);
    await until('the other to have its own', () => (second.output().stdout.match(/ stands in/g) ?? []).length === 2);
    expect((await other.stripe.customers.list()).data).toEqual([]);
    expect((await other.stripe.webhookEndpoints.list()).data).toMatchObject([{ url: `${other.url}/api/v1/webhooks/stripe` }]);
    await sell(vendor, other.url, other.stripe, 'eve');
    expect(await invoices()).toHaveLength(2);
    await end(second);
  });

  it('with a key: not even loaded', async () => {
    const door = open('src/main.ts', [], { STRIPE_SECRET_KEY: 'sk_test_0123456789abcdef' });
    await door.line(/Florin listens on/);
    await end(door);
    expect(door.output().stdout).not.toMatch(/simulator|STRIPE_SECRET_KEY/);
    expect(loadedSimulator()).toBe(false);
  });

  it('without a key where it is not installed: one sentence at start, one clear refusal', async () => {
    const installed = join(place, 'installed');
    for (const part of ['src', 'migrations', 'package.json', 'test/support/run-typescript.mjs'])
      cpSync(join(root, part), join(installed, part), { recursive: true });
    mkdirSync(join(installed, 'node_modules'));
    for (const name of readdirSync(join(root, 'node_modules')))
      if (name !== 'florin-stripe-simulator')
        symlinkSync(join(root, 'node_modules', name), join(installed, 'node_modules', name));
    const script = (name: string): string => relative(root, join(installed, 'src', name));
    const door = open(script('main.ts'), []);
    expect(await door.line(/Stripe is not connected/)).toContain('Stripe is not connected: set STRIPE_SECRET_KEY"');
    const command = open(script('cli.ts'), ['stripe:reconcile']);
    expect(await command.exit).toBe(1);
    expect(command.output().stderr).toContain('payment_provider_not_configured {"STRIPE_SECRET_KEY":["value_is_mandatory"]}');
    await end(door);
  });
});
