import type { Stripe } from 'stripe';

/** What the page needs later and the session does not print. */
export interface Order {
  readonly params: Stripe.Checkout.SessionCreateParams;
  /** Made by the first try to pay; a second try pays the same one. */
  subscription?: string;
}
