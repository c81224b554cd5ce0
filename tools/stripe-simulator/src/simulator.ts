import { apiVersion } from './api-version.ts';
import { collectInvoices } from './billing/collect.ts';
import { liveSubscriptions } from './billing/subscription-life.ts';
import { keepSessions } from './checkout/complete.ts';
import { addControls } from './control/control.ts';
import { Deliveries, threeDaysOfRetries } from './deliver/deliveries.ts';
import { type FaultPlan, Faults } from './deliver/faults.ts';
import { Api } from './http/api.ts';
import { Expander } from './http/expand.ts';
import { includesOf } from './http/includes.ts';
import { RateLimiter, type RateLimits } from './http/rate-limit.ts';
import { Requests } from './http/requests.ts';
import { createServer } from './http/server.ts';
import { resources } from './objects/resources.ts';
import { testClocks } from './objects/test-clocks.ts';
import { addPages } from './pages/pages.ts';
import { settleDebits } from './payments/confirm.ts';
import { settleRefunds } from './payments/refund.ts';
import { World } from './world/world.ts';

export interface SimulatorOptions {
  /** 0, any free one, unless told. */
  readonly port?: number;
  /** The loopback interface unless told: the simulator knows no secrets and guards none. */
  readonly host?: string;
  /** None unless told; Stripe's sandbox allows 25 a second, to the account and to each endpoint. */
  readonly rateLimits?: RateLimits;
  /** Seconds between the attempts at a delivery; three days of growing pauses unless told. */
  readonly webhookRetries?: readonly number[];
}

export interface Simulator {
  readonly url: string;
  readonly port: number;
  /** Plans a fault, as `POST /_sim/faults` does. */
  plan(fault: FaultPlan): string;
  /** Moves the account's own time. */
  advance(seconds: number): void;
  /** Resolves when every delivery that is due has been sent. */
  idle(): Promise<void>;
  stop(): Promise<void>;
}

/** A Stripe of one's own, empty, on a port. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const host = options.host ?? '127.0.0.1';
  const world = new World(apiVersion, '');
  const faults = new Faults();
  const requests = new Requests();
  const deliveries = new Deliveries(world, faults, options.webhookRetries ?? threeDaysOfRetries);
  for (const machine of [settleDebits, settleRefunds, collectInvoices, liveSubscriptions, keepSessions]) machine(world);
  const api = new Api(world);
  for (const resource of resources) resource(api);
  testClocks(api, deliveries);
  const server = createServer(api, {
    world,
    expander: new Expander(world.store, includesOf(world)),
    faults,
    limiter: new RateLimiter(options.rateLimits),
    requests,
  });
  addControls(server, { world, deliveries, faults, requests });
  addPages(server, world);
  await server.listen({ port: options.port ?? 0, host });
  const address = server.server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  world.url = `http://${host}:${port}`;
  return {
    url: world.url,
    port,
    plan: (fault) => faults.plan(fault),
    advance: (seconds) => world.time.advance(seconds),
    idle: () => deliveries.idle(),
    stop: async () => {
      deliveries.stop();
      world.time.stop();
      await server.close();
    },
  };
}
