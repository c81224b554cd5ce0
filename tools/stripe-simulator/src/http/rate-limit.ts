import { Refusal } from './errors.ts';

export interface RateLimits {
  /** Requests a second in all; 25 in Stripe's sandbox. */
  readonly account: number;
  /** Requests a second to one endpoint, whatever the id. */
  readonly endpoint: number;
}

/** Token buckets of one second, for the account and for each endpoint. */
export class RateLimiter {
  private readonly buckets = new Map<string, { tokens: number; at: number }>();

  constructor(private readonly limits: RateLimits | undefined) {}

  take(endpoint: string): void {
    if (!this.limits) return;
    this.takeFrom('account', this.limits.account, 'global-rate');
    this.takeFrom(endpoint, this.limits.endpoint, 'endpoint-rate');
  }

  private takeFrom(name: string, perSecond: number, reason: string): void {
    const now = performance.now();
    const bucket = this.buckets.get(name) ?? { tokens: perSecond, at: now };
    bucket.tokens = Math.min(perSecond, bucket.tokens + ((now - bucket.at) / 1000) * perSecond);
    bucket.at = now;
    this.buckets.set(name, bucket);
    if (bucket.tokens < 1) throw tooManyRequests(reason);
    bucket.tokens -= 1;
  }
}

export const tooManyRequests = (reason: string, retryAfterSeconds?: number): Refusal =>
  new Refusal(
    429,
    {
      type: 'invalid_request_error',
      code: 'rate_limit',
      message: 'Request rate limit exceeded. You can learn more about rate limits here https://docs.stripe.com/rate-limits.',
    },
    {
      'stripe-rate-limited-reason': reason,
      ...(retryAfterSeconds !== undefined && { 'retry-after': String(retryAfterSeconds) }),
    },
  );
