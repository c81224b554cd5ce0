import { setTimeout as pause } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import StripeSdk from 'stripe';
import { CONFIG, type Config } from '../../platform/config/config.ts';
import { log } from '../../platform/logging/log.ts';
import { sdkFor, simulatorKey } from './stripe-sdk.ts';
import { StripeStandIn } from './stripe-stand-in.ts';

/** Stripe's own limit is 25 a second for one kind of request; 20 leaves room for others with our key. */
const requestsPerSecond = 20;
const triesWhenLimited = 5;

/** The SDK as configured, or the simulator that stands in, behind a bucket of our own: the SDK by itself does not try again after a 429. */
@Injectable()
export class StripeClient {
  private sdk: StripeSdk | undefined;
  private nextAtMs = 0;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly standIn: StripeStandIn,
  ) {}

  /** One request. @throws what the SDK throws, a 429 only after several tries; BillingError payment_provider_not_configured */
  async ask<T>(request: (sdk: StripeSdk) => Promise<T>): Promise<T> {
    const sdk = await this.connect();
    for (let attempt = 1; ; attempt++) {
      await this.turn();
      try {
        return await request(sdk);
      } catch (error) {
        if (!(error instanceof StripeSdk.errors.StripeRateLimitError) || attempt === triesWhenLimited) throw error;
        log.warn('Stripe asks us to slow down', { attempt });
        await pause(2 ** attempt * 250 * (1 + Math.random()));
      }
    }
  }

  /** The same, null where Stripe knows no such object. */
  async find<T>(request: (sdk: StripeSdk) => Promise<T>): Promise<T | null> {
    try {
      return await this.ask(request);
    } catch (error) {
      if (error instanceof StripeSdk.errors.StripeInvalidRequestError && error.code === 'resource_missing') return null;
      throw error;
    }
  }

  /** Without a key only a simulator is ever asked. */
  private async connect(): Promise<StripeSdk> {
    const { stripeSecretKey, stripeApiBase } = this.config;
    if (stripeSecretKey !== undefined) this.sdk ??= sdkFor(stripeSecretKey, stripeApiBase);
    return (this.sdk ??= sdkFor(simulatorKey, stripeApiBase ?? (await this.standIn.base())));
  }

  private async turn(): Promise<void> {
    // A simulator limits by itself, or not at all.
    if (this.config.stripeSecretKey === undefined || this.config.stripeApiBase) return;
    const now = performance.now();
    const at = Math.max(now, this.nextAtMs);
    this.nextAtMs = at + 1_000 / requestsPerSecond;
    if (at > now) await pause(at - now);
  }
}
