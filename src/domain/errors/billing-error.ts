import type { ErrorCode, ErrorDetails } from './error-codes.ts';

/** A refusal on its way out. The edge turns it into the one error shape; nothing is stored by the request that threw it. */
export class BillingError extends Error {
  override readonly name = 'BillingError';
  readonly details?: ErrorDetails;

  /** Of many mistakes the first twenty are named. */
  constructor(
    readonly code: ErrorCode,
    details?: ErrorDetails,
    options?: { cause?: unknown },
  ) {
    const named = details && Object.fromEntries(Object.entries(details).slice(0, 20));
    super(named ? `${code} ${JSON.stringify(named)}` : code, options);
    if (named) this.details = named;
  }
}

/** The most common refusal: a field of the request is wrong. */
export const invalid = (details: ErrorDetails): BillingError => new BillingError('validation_errors', details);
