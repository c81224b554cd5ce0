import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import StripeSdk, { type Stripe } from 'stripe';
import { stoppedAtLast } from './stopped-at-last.ts';
import { startSimulator, type Simulator, type SimulatorOptions } from '../../tools/stripe-simulator/src/index.ts';

export interface SimulatedStripe {
  readonly simulator: Simulator;
  readonly stripe: Stripe;
  /** `/_sim/…`, JSON in and out. */
  control<T = unknown>(method: string, path: string, body?: object): Promise<T>;
  stop(): Promise<void>;
}

/** A simulator on a free port, and the real SDK pointed at it. */
export async function openStripe(options: SimulatorOptions = {}): Promise<SimulatedStripe> {
  const simulator = await startSimulator(options);
  return stoppedAtLast({
    simulator,
    stripe: sdkFor(simulator),
    control: async <T>(method: string, path: string, body?: object) => {
      const response = await fetch(`${simulator.url}/_sim/${path}`, {
        method,
        ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
      });
      return (await response.json()) as T;
    },
    stop: () => simulator.stop(),
  });
}

export const sdkFor = ({ port }: Simulator, config: Partial<ConstructorParameters<typeof StripeSdk>[1]> = {}): Stripe =>
  new StripeSdk('sk_test_simulator', {
    host: '127.0.0.1',
    port,
    protocol: 'http',
    telemetry: false,
    maxNetworkRetries: 0,
    ...config,
  });

export interface Receiver {
  readonly url: string;
  readonly received: { readonly body: string; readonly signature: string }[];
  /** What the endpoint answers next; 200 when nothing is left. */
  readonly answers: number[];
  /** The events, in the order they came. */
  events(): Stripe.Event[];
  stop(): Promise<void>;
}

/** A webhook endpoint that keeps what it gets. */
export async function openReceiver(): Promise<Receiver> {
  const received: { body: string; signature: string }[] = [];
  const answers: number[] = [];
  const read = async (request: IncomingMessage): Promise<string> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks).toString('utf8');
  };
  const server = createServer((request, response) => {
    void read(request).then((body) => {
      received.push({ body, signature: String(request.headers['stripe-signature']) });
      response.writeHead(answers.shift() ?? 200).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks`,
    received,
    answers,
    events: () => received.map(({ body }) => JSON.parse(body) as Stripe.Event),
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** A customer who pays with this test card by default. */
export async function customerWith(
  stripe: Stripe,
  card = 'pm_card_visa',
  params: Stripe.CustomerCreateParams = {},
): Promise<Stripe.Customer> {
  const customer = await stripe.customers.create({ email: 'ada@example.com', name: 'Ada', ...params });
  const method = await stripe.paymentMethods.attach(card, { customer: customer.id });
  return stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: method.id } });
}

/** A monthly price of 20.00 USD, unless told. */
export async function priceOf(stripe: Stripe, params: Partial<Stripe.PriceCreateParams> = {}): Promise<Stripe.Price> {
  return stripe.prices.create({
    currency: 'usd',
    unit_amount: 2000,
    recurring: { interval: 'month' },
    product_data: { name: 'Plan' },
    ...params,
  } as Stripe.PriceCreateParams);
}
