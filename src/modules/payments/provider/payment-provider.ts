import type { Interval } from '../../../domain/calendar/billing-period.ts';
import type { ProviderName } from '../../billing-entities/index.ts';
import type { ObservedInvoice } from './observed.ts';

/** DI token of the providers that are connected besides `manual`. */
export const CONNECTED_PROVIDERS = Symbol('CONNECTED_PROVIDERS');

export interface BuyingCustomer {
  readonly organizationId: string;
  readonly id: string;
  readonly name: string;
  readonly email: string | null;
  /** What the provider called it before, where that customer was deleted there. */
  readonly replaces: string | null;
}

/** What is sold: a plan's base price, renewed by the provider. */
export interface SoldPlan {
  readonly organizationId: string;
  readonly id: string;
  readonly code: string;
  /** What the buyer reads. */
  readonly displayName: string;
  /** Minor units of `currency`, for one interval. */
  readonly amountCents: bigint;
  /** ISO 4217, upper case. */
  readonly currency: string;
  readonly interval: Interval;
}

export interface Purchase {
  readonly providerCustomerId: string;
  readonly providerPriceId: string;
  /** Our subscription; it names the purchase, so that the same one asked for twice is made once. */
  readonly subscriptionId: string;
  /** Stands on everything the provider makes of it. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Free days before the first payment. */
  readonly trialDays: number;
}

export interface CheckoutPurchase extends Purchase {
  /** Where the buyer lands; `{CHECKOUT_SESSION_ID}` in it becomes the session's id. */
  readonly successUrl: string;
  readonly cancelUrl: string;
}

export interface CheckoutSession {
  readonly checkoutUrl: string;
  readonly sessionId: string;
}

export interface PaymentMethod {
  readonly id: string;
  readonly type: string;
  readonly card: {
    readonly brand: string;
    readonly last4: string;
    readonly expMonth: number;
    readonly expYear: number;
  } | null;
  readonly isDefault: boolean;
}

/**
 * Whoever takes the money (C16). Every call that changes something names its intention to the provider, so that it happens once
 * however often it is sent; calls that find nobody or nothing left to do succeed.
 * @throws BillingError payment_provider_unavailable and payment_provider_failed (try again), payment_configuration (the operator's
 * to correct), payment_provider_not_configured
 */
export interface PaymentProvider {
  readonly name: ProviderName;
  /** The provider's id of a customer of ours. */
  createCustomer(customer: BuyingCustomer): Promise<string>;
  /** The provider's id of this price; one for each plan, amount, currency and interval. */
  getOrCreatePrice(plan: SoldPlan): Promise<string>;
  createCheckoutSession(purchase: CheckoutPurchase): Promise<CheckoutSession>;
  /** Nobody can pay in it any more; `complete` when somebody has. */
  expireCheckoutSession(sessionId: string): Promise<'expired' | 'complete'>;
  /** Buys at once with the default payment method, else the first. @throws BillingError payment_method_missing, payment_declined */
  createSubscription(purchase: Purchase): Promise<string>;
  /** What was bought for this subscription of ours; null when nothing was. */
  findSubscription(providerCustomerId: string, subscriptionId: string): Promise<string | null>;
  /** At once. One that is gone or canceled already counts as canceled (C17). */
  cancelSubscription(providerSubscriptionId: string): Promise<void>;
  /** It runs until what is paid for has passed. */
  cancelSubscriptionAtPeriodEnd(providerSubscriptionId: string): Promise<void>;
  /** It renews at this price, the difference for the running period included (prorated). */
  changeSubscriptionPrice(providerSubscriptionId: string, providerPriceId: string): Promise<void>;
  /** Gives back what the latest invoice of the subscription took; once. */
  refundSubscription(providerSubscriptionId: string): Promise<void>;
  listPaymentMethods(providerCustomerId: string): Promise<readonly PaymentMethod[]>;
  /** @throws BillingError payment_method_not_found */
  setDefaultPaymentMethod(providerCustomerId: string, paymentMethodId: string): Promise<void>;
  /** @throws BillingError payment_method_not_found */
  removePaymentMethod(providerCustomerId: string, paymentMethodId: string): Promise<void>;
  /** Youngest first. */
  listInvoices(
    providerCustomerId: string,
    limit: number,
  ): Promise<{ readonly invoices: readonly ObservedInvoice[]; readonly hasMore: boolean }>;
  /** Somebody took the money elsewhere: the provider asks for it no more. One that is paid stays so. @throws BillingError not_payable */
  payInvoiceElsewhere(providerInvoiceId: string): Promise<void>;
  /** What it would bill next for this subscription; null when nothing is to come. */
  getUpcomingInvoice(providerCustomerId: string, providerSubscriptionId: string): Promise<ObservedInvoice | null>;
  /** Where the customer manages payment methods and subscriptions at the provider. */
  createPortalSession(providerCustomerId: string, returnUrl: string): Promise<string>;
  /** @throws BillingError missing_webhook_signature, invalid_webhook_signature */
  verifyWebhook(body: Buffer, signature: string | undefined): void;
}
