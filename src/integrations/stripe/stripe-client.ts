import { setTimeout as pause } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import {
  circuitBreaker,
  ConsecutiveBreaker,
  DelegateBackoff,
  handleWhen,
  type IRetryBackoffContext,
  retry,
  wrap,
} from 'cockatiel';
import StripeSdk from 'stripe';
import { CONFIG, type Config } from '../../platform/config/config.ts';
import { log } from '../../platform/logging/log.ts';
import { hasCode, isFailure, isOutage, isReplayed, isTransient, retryAfterMs } from './stripe-failures.ts';
import { sdkFor, simulatorKey } from './stripe-sdk.ts';
import { StripeStandIn } from './stripe-stand-in.ts';

/** Stripe's own limit is 25 a second for one kind of request; 20 leaves room for others with our key. */
const requestsPerSecond = 20;
const retries = 4;
/** What Stripe may ask us to wait before one more try; whoever waits for the answer would be gone by then. */
const longestPauseMs = 20_000;
/** So many failures in a row, and it is left alone for so long. */
const failuresInARow = 8;
const restMs = 10_000;
/** Of answers read out again because their idempotency key is known, before it counts as failed. */
const keysATry = 10;

/** How one thing is written once, whatever becomes of the requests for it. */
export interface Write<T> {
  /** Names the intention: the same one asked for again is the same key. */
  readonly key: string;
  readonly send: (sdk: StripeSdk, options: { readonly idempotencyKey: string }) => Promise<T>;
  /** After an answer of 5xx, which Stripe keeps under its key: whether it was done all the same. */
  readonly look?: (sdk: StripeSdk) => Promise<T | null | undefined>;
}

/**
 * The SDK as configured, or the simulator that stands in, behind what it does not do by itself: a bucket of our own, more tries after a
 * 429 when Stripe says so, and a circuit breaker (docs/decisions/0048).
 */
@Injectable()
export class StripeClient {
  private sdk: StripeSdk | undefined;
  private nextAtMs = 0;
  private readonly breaker = circuitBreaker(handleWhen(isOutage), {
    halfOpenAfter: restMs,
    breaker: new ConsecutiveBreaker(failuresInARow),
  });
  private readonly policy = wrap(
    retry(
      handleWhen((error) => isTransient(error) && (retryAfterMs(error) ?? 0) <= longestPauseMs),
      {
        maxAttempts: retries,
        backoff: new DelegateBackoff(pauseMs),
      },
    ),
    this.breaker,
  );

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly standIn: StripeStandIn,
  ) {
    this.breaker.onBreak(() => log.error(`Stripe does not answer: it is left alone for ${restMs / 1_000} s`));
    this.breaker.onReset(() => log.info('Stripe answers again'));
  }

  /** A request that may be sent any number of times. @throws what the SDK throws in the end; BillingError payment_provider_not_configured */
  async ask<T>(request: (sdk: StripeSdk) => Promise<T>): Promise<T> {
    const sdk = await this.connect();
    return this.policy.execute(async () => {
      await this.turn();
      return request(sdk);
    });
  }

  /** The same, null where Stripe knows no such object. */
  async find<T>(request: (sdk: StripeSdk) => Promise<T>): Promise<T | null> {
    try {
      return await this.ask(request);
    } catch (error) {
      if (hasCode(error, 'resource_missing')) return null;
      throw error;
    }
  }

  /**
   * A request that changes something. A lost answer is asked for again under the same key; a 5xx stands under its key for a day, so
   * after it is made sure that nothing was done, and the next key is taken.
   */
  async write<T>({ key, send, look }: Write<T>): Promise<T> {
    let version = 1;
    const sdk = await this.connect();
    return this.policy.execute(async () => {
      for (const last = version + keysATry; ;) {
        if (version > 1) {
          const found = await look?.(sdk);
          if (found) return found;
        }
        await this.turn();
        try {
          return await send(sdk, { idempotencyKey: `florin:${key}:v${version}` });
        } catch (error) {
          if (!isFailure(error)) throw error;
          version += 1;
          if (!isReplayed(error) || version === last) throw error;
        }
      }
    });
  }

  /** Without a key only a simulator is ever asked. */
  private async connect(): Promise<StripeSdk> {
    const { stripeSecretKey, stripeApiBase, stripeTimeoutMs } = this.config;
    // Tries are ours, so that the breaker and the pauses that Stripe asks for see every one of them.
    const patience = { timeout: stripeTimeoutMs, maxNetworkRetries: 0 };
    if (stripeSecretKey !== undefined) this.sdk ??= sdkFor(stripeSecretKey, stripeApiBase, patience);
    return (this.sdk ??= sdkFor(simulatorKey, stripeApiBase ?? (await this.standIn.base()), patience));
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

/** As long as Stripe asks, else longer from try to try, with jitter. */
function pauseMs({ attempt, result }: IRetryBackoffContext<unknown>): number {
  const asked = 'error' in result ? retryAfterMs(result.error) : undefined;
  const inMs = asked ?? 2 ** attempt * 125 * (1 + Math.random());
  log.warn('Stripe is asked again', { attempt, in_ms: Math.round(inMs) });
  return inMs;
}
