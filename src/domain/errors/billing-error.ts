import type { ErrorCode, ErrorDetails } from './error-codes.ts';

/** A refusal on its way out. The edge turns it into the one error shape; nothing is stored by the request that threw it. */
export class BillingError extends Error {
  override readonly name = 'BillingError';

  constructor(
    readonly code: ErrorCode,
    readonly details?: ErrorDetails,
    options?: { cause?: unknown },
  ) {
    super(details ? `${code} ${JSON.stringify(details)}` : code, options);
  }
}

/** The most common refusal: a field of the request is wrong. */
export const invalid = (details: ErrorDetails): BillingError => new BillingError('validation_errors', details);
