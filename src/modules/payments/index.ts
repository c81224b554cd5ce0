export { CaptureProviderInvoice } from './capture-provider-invoice.ts';
export { CloseCheckouts } from './checkout/close-checkouts.ts';
export { CompleteCheckout } from './complete-checkout.ts';
export { EndAbandonedCheckouts } from './checkout/end-abandoned-checkouts.ts';
export { EndCheckout } from './end-checkout.ts';
export { type NamedThings, namesOurs } from './provider/find-owner.ts';
export { FailPayment } from './fail-payment.ts';
export { findPaidInvoice, type PaymentTraces } from './provider/find-paid-invoice.ts';
export { FollowProviderSubscription } from './follow-provider-subscription.ts';
export { InvoicePaymentRow } from './provider/invoice-payment.entity.ts';
export { LinkInvoicePayment } from './link-invoice-payment.ts';
export { NoteOnInvoice } from './note-on-invoice.ts';
export { NotePaymentMethods } from './note-payment-methods.ts';
export {
  type ObservedCharge,
  type ObservedCheckout,
  type ObservedInvoice,
  type ObservedInvoiceStatus,
  observedInvoiceStatuses,
  type ObservedLine,
  type ObservedPayment,
  type ObservedSubscription,
} from './provider/observed.ts';
export {
  type BuyingCustomer,
  type CheckoutPurchase,
  type CheckoutSession,
  CONNECTED_PROVIDERS,
  type PaymentMethod,
  type PaymentProvider,
  type Purchase,
  type SoldPlan,
} from './provider/payment-provider.ts';
export { TellProvider } from './outbound/tell-provider.ts';
export { PaymentProviders } from './provider/payment-providers.ts';
export { PaidSubscriptionsModule } from './provider/paid-subscriptions.module.ts';
export { PaymentsModule } from './payments.module.ts';
export { type Observation, observe, type Observed, knownState, knownStates } from './provider/provider-objects.store.ts';
export { contradictions, findProviderCustomer, knownProviderCustomers } from './provider/provider-links.store.ts';
export { ProviderCustomerRow } from './provider/provider-customer.entity.ts';
export { ProviderSubscriptionRow } from './provider/provider-subscription.entity.ts';
export { Purchases } from './checkout/purchases.ts';
export { RefundCharge } from './refund-charge.ts';
