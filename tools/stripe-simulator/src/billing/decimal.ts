import type { Stripe } from 'stripe';

/** Over the wire a decimal is a text; the SDK turns it into its Decimal. */
export const decimal = (text: string): Stripe.Decimal => text as unknown as Stripe.Decimal;
