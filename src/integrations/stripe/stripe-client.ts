import { setTimeout as pause } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import StripeSdk from 'stripe';
import { CONFIG, type Config } from '../../platform/config/config.ts';
import { log } from '../../platform/logging/log.ts';

/** Stripe's own limit is 25 a second for one kind of request; 20 leaves room for others with our key. */
const requestsPerSecond = 20;
const triesWhenLimited = 5;

/** The SDK as configured, behind a bucket of our own: the SDK by itself does not try again after a 429. */
@Injectable()
export class StripeClient {
  private readonly sdk: StripeSdk;
  private readonly isStripe: boolean;
  private nextAtMs = 0;

  constructor(@Inject(CONFIG) { stripeSecretKey, stripeApiBase }: Config) {
    this.isStripe = stripeApiBase === undefined;
    this.sdk = new StripeSdk(stripeSecretKey ?? 'sk_test_simulator', {
      apiVersion: '2026-10-28.endive',
      maxNetworkRetries: 3,
      timeout: 20_000,
      telemetry: false,
      ...(stripeApiBase
        ? {
            host: stripeApiBase.hostname,
            port: stripeApiBase.port || (stripeApiBase.protocol === 'https:' ? '443' : '80'),
            protocol: stripeApiBase.protocol === 'https:' ? ('https' as const) : ('http' as const),
          }
        : {}),
    });
  }

  /** One request. @throws what the SDK throws, a 429 only after several tries */
  async ask<T>(request: (sdk: StripeSdk) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      await this.turn();
      try {
        return await request(this.sdk);
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

  private async turn(): Promise<void> {
    // A simulator limits by itself, or not at all.
    if (!this.isStripe) return;
    const now = performance.now();
    const at = Math.max(now, this.nextAtMs);
    this.nextAtMs = at + 1_000 / requestsPerSecond;
    if (at > now) await pause(at - now);
  }
}
