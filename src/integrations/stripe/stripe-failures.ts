import { BrokenCircuitError } from 'cockatiel';
import StripeSdk from 'stripe';
import { BillingError } from '../../domain/errors/billing-error.ts';

const { errors } = StripeSdk;

/** It answered that it could not; what it did is not known. */
export const isFailure = (error: unknown): boolean =>
  error instanceof errors.StripeError && error.statusCode !== undefined && error.statusCode >= 500;

/** Stripe is not there, or not well: reason to leave it alone for a while. */
export const isOutage = (error: unknown): boolean => error instanceof errors.StripeConnectionError || isFailure(error);

const isInUse = (error: unknown): boolean => error instanceof errors.StripeError && error.statusCode === 409;
const isRateLimit = (error: unknown): boolean => error instanceof errors.StripeRateLimitError;

/** The same request may well succeed in a moment. */
export const isTransient = (error: unknown): boolean => isOutage(error) || isRateLimit(error) || isInUse(error);

/** A 5xx that is only read out again because its idempotency key is known. */
export const isReplayed = (error: unknown): boolean =>
  error instanceof errors.StripeError && error.headers?.['idempotent-replayed'] === 'true';

export const hasCode = (error: unknown, ...codes: readonly string[]): boolean =>
  error instanceof errors.StripeError && error.code !== undefined && codes.includes(error.code);

/** Milliseconds that Stripe asks to wait; undefined when it does not say. */
export function retryAfterMs(error: unknown): number | undefined {
  const said = error instanceof errors.StripeError ? error.headers?.['retry-after'] : undefined;
  return said !== undefined && /^\d{1,6}$/.test(said) ? Number(said) * 1_000 : undefined;
}

/** What a page may say of it: nothing of Stripe's own words but why a card was declined. */
export function refusalOf(error: unknown): unknown {
  if (
    error instanceof BrokenCircuitError ||
    error instanceof errors.StripeConnectionError ||
    isRateLimit(error) ||
    isInUse(error)
  )
    return new BillingError('payment_provider_unavailable', undefined, { cause: error });
  if (isFailure(error)) return new BillingError('payment_provider_failed', undefined, { cause: error });
  if (error instanceof errors.StripeCardError)
    return new BillingError('payment_declined', { payment: [error.decline_code ?? error.code ?? 'declined'] }, { cause: error });
  return error instanceof errors.StripeError ? new BillingError('payment_configuration', undefined, { cause: error }) : error;
}
