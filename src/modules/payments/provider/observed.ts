/**
 * A provider's objects as every provider could say them: plain JSON, amounts as whole minor units in decimal text, instants as ISO
 * texts. Null is "not said". Ids are the provider's.
 */
export interface ObservedLine {
  readonly id: string;
  readonly description: string | null;
  /** Decimal text. */
  readonly quantity: string | null;
  /** Minor units per unit, decimal text with fractions. */
  readonly unitAmount: string | null;
  readonly amount: string;
  readonly tax: string;
  /** The part of `tax` that `amount` holds already. */
  readonly inclusiveTax: string;
  readonly periodStart: string | null;
  readonly periodEnd: string | null;
  readonly subscriptionId: string | null;
}

export const observedInvoiceStatuses = ['draft', 'open', 'uncollectible', 'paid', 'void'] as const;
export type ObservedInvoiceStatus = (typeof observedInvoiceStatuses)[number];

export interface ObservedInvoice {
  readonly id: string;
  readonly status: ObservedInvoiceStatus;
  readonly customerId: string | null;
  readonly subscriptionId: string | null;
  /** Our subscription's id, as its metadata claims. */
  readonly claimedSubscriptionId: string | null;
  readonly number: string | null;
  /** ISO 4217, upper case. */
  readonly currency: string;
  readonly discount: string;
  readonly tax: string;
  readonly inclusiveTax: string;
  readonly total: string;
  readonly amountPaid: string;
  readonly amountDue: string;
  readonly amountRemaining: string;
  readonly amountOverpaid: string;
  readonly periodStart: string | null;
  readonly periodEnd: string | null;
  readonly createdAt: string | null;
  readonly dueAt: string | null;
  readonly finalizedAt: string | null;
  readonly paidAt: string | null;
  readonly voidedAt: string | null;
  readonly uncollectibleAt: string | null;
  readonly invoicePdf: string | null;
  readonly hostedInvoiceUrl: string | null;
  readonly attemptCount: number;
  readonly lines: readonly ObservedLine[];
}

export interface ObservedSubscription {
  readonly id: string;
  /** The provider's own word. */
  readonly status: string;
  readonly customerId: string | null;
  readonly claimedSubscriptionId: string | null;
  readonly cancelAtPeriodEnd: boolean;
  readonly cancelAt: string | null;
  readonly canceledAt: string | null;
  readonly endedAt: string | null;
  readonly trialEnd: string | null;
  readonly periodStart: string | null;
  readonly periodEnd: string | null;
  readonly collectionIsPaused: boolean;
}

export interface ObservedPayment {
  readonly id: string;
  readonly invoiceId: string;
  readonly status: 'open' | 'paid' | 'canceled';
  readonly amount: string;
  readonly currency: string;
  readonly paymentIntentId: string | null;
  readonly chargeId: string | null;
  readonly paidAt: string | null;
}

/** A charge as far as money goes back. `refunded` is all that went back so far. */
export interface ObservedCharge {
  readonly id: string;
  readonly customerId: string | null;
  readonly paymentIntentId: string | null;
  /** Only older payloads say it. */
  readonly invoiceId: string | null;
  readonly refunded: string;
  readonly currency: string;
}

export interface ObservedCheckout {
  readonly id: string;
  readonly customerId: string | null;
  readonly subscriptionId: string | null;
  readonly claimedSubscriptionId: string | null;
  readonly isPaid: boolean;
  readonly createdAt: string | null;
}

/** Instant text as a date; null stays null. */
export const dateOrNull = (iso: string | null): Date | null => (iso === null ? null : new Date(iso));
