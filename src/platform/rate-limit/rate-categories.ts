import { SetMetadata } from '@nestjs/common';

/** Requests a minute, unless FLORIN_RATE_LIMITS says otherwise. Each category counts for itself; 0 is no limit. */
export const defaultRateLimits = {
  /** A customer's own pages, by person: generous for polling every few seconds, but a limit. */
  billing: 60,
  /** Usage events, by key; a batch is one request. */
  ingestion: 600_000,
  /** Everything else with a key. */
  read: 600_000,
  write: 600_000,
  /** The operator's door, by address. */
  operator: 6_000,
  /** Routes without a key, by address: health, documentation. */
  public: 6_000,
  /** Events of providers, by address: few addresses, and thousands of events at once after an outage. */
  webhooks: 600_000,
  /** Refused keys and tokens, by address. */
  auth: 300,
} as const;

export type RateCategory = keyof typeof defaultRateLimits;
export type RateLimitTable = Readonly<Record<RateCategory, number>>;

export const rateCategoryKey = Symbol('rateCategory');

/** Counts the requests of these routes apart from the others. */
export const Rated = (category: RateCategory): MethodDecorator & ClassDecorator => SetMetadata(rateCategoryKey, category);
