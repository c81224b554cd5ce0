import type { Stripe } from 'stripe';

/** What every retrieve takes. */
interface RetrieveParams {
  expand?: Array<string>;
}

/** Not in the SDK: the official CLI completes a checkout session this way. */
interface PaymentPageConfirmParams {
  payment_method: string;
  expected_amount?: number;
  expand?: Array<string>;
}

/**
 * The parameters of every route, by the name of the SDK's own type. `generate/parameters.ts` walks this interface and writes
 * parameters.json, by which requests are read and refused: what the SDK would not let you write, the simulator does not take.
 */
export interface ParameterTypes {
  RetrieveParams: RetrieveParams;
  CustomerCreateParams: Stripe.CustomerCreateParams;
  CustomerUpdateParams: Stripe.CustomerUpdateParams;
  CustomerListParams: Stripe.CustomerListParams;
  CustomerSearchParams: Stripe.CustomerSearchParams;
  CustomerDeleteParams: Stripe.CustomerDeleteParams;
  CustomerListPaymentMethodsParams: Stripe.CustomerListPaymentMethodsParams;
  CustomerCreateBalanceTransactionParams: Stripe.CustomerCreateBalanceTransactionParams;
  CustomerListBalanceTransactionsParams: Stripe.CustomerListBalanceTransactionsParams;
  PaymentMethodCreateParams: Stripe.PaymentMethodCreateParams;
  PaymentMethodUpdateParams: Stripe.PaymentMethodUpdateParams;
  PaymentMethodListParams: Stripe.PaymentMethodListParams;
  PaymentMethodAttachParams: Stripe.PaymentMethodAttachParams;
  PaymentMethodDetachParams: Stripe.PaymentMethodDetachParams;
  ProductCreateParams: Stripe.ProductCreateParams;
  ProductUpdateParams: Stripe.ProductUpdateParams;
  ProductListParams: Stripe.ProductListParams;
  ProductSearchParams: Stripe.ProductSearchParams;
  PriceCreateParams: Stripe.PriceCreateParams;
  PriceUpdateParams: Stripe.PriceUpdateParams;
  PriceListParams: Stripe.PriceListParams;
  PriceSearchParams: Stripe.PriceSearchParams;
  CouponCreateParams: Stripe.CouponCreateParams;
  CouponUpdateParams: Stripe.CouponUpdateParams;
  CouponListParams: Stripe.CouponListParams;
  PromotionCodeCreateParams: Stripe.PromotionCodeCreateParams;
  PromotionCodeUpdateParams: Stripe.PromotionCodeUpdateParams;
  PromotionCodeListParams: Stripe.PromotionCodeListParams;
  TaxRateCreateParams: Stripe.TaxRateCreateParams;
  TaxRateUpdateParams: Stripe.TaxRateUpdateParams;
  TaxRateListParams: Stripe.TaxRateListParams;
  SubscriptionCreateParams: Stripe.SubscriptionCreateParams;
  SubscriptionUpdateParams: Stripe.SubscriptionUpdateParams;
  SubscriptionListParams: Stripe.SubscriptionListParams;
  SubscriptionSearchParams: Stripe.SubscriptionSearchParams;
  SubscriptionCancelParams: Stripe.SubscriptionCancelParams;
  SubscriptionPauseParams: Stripe.SubscriptionPauseParams;
  SubscriptionResumeParams: Stripe.SubscriptionResumeParams;
  SubscriptionItemCreateParams: Stripe.SubscriptionItemCreateParams;
  SubscriptionItemUpdateParams: Stripe.SubscriptionItemUpdateParams;
  SubscriptionItemListParams: Stripe.SubscriptionItemListParams;
  SubscriptionItemDeleteParams: Stripe.SubscriptionItemDeleteParams;
  InvoiceCreateParams: Stripe.InvoiceCreateParams;
  InvoiceUpdateParams: Stripe.InvoiceUpdateParams;
  InvoiceListParams: Stripe.InvoiceListParams;
  InvoiceSearchParams: Stripe.InvoiceSearchParams;
  InvoiceFinalizeInvoiceParams: Stripe.InvoiceFinalizeInvoiceParams;
  InvoicePayParams: Stripe.InvoicePayParams;
  InvoiceSendInvoiceParams: Stripe.InvoiceSendInvoiceParams;
  InvoiceVoidInvoiceParams: Stripe.InvoiceVoidInvoiceParams;
  InvoiceMarkUncollectibleParams: Stripe.InvoiceMarkUncollectibleParams;
  InvoiceCreatePreviewParams: Stripe.InvoiceCreatePreviewParams;
  InvoiceAttachPaymentParams: Stripe.InvoiceAttachPaymentParams;
  InvoiceAddLinesParams: Stripe.InvoiceAddLinesParams;
  InvoiceListLineItemsParams: Stripe.InvoiceListLineItemsParams;
  InvoiceItemCreateParams: Stripe.InvoiceItemCreateParams;
  InvoiceItemUpdateParams: Stripe.InvoiceItemUpdateParams;
  InvoiceItemListParams: Stripe.InvoiceItemListParams;
  InvoicePaymentListParams: Stripe.InvoicePaymentListParams;
  PaymentIntentCreateParams: Stripe.PaymentIntentCreateParams;
  PaymentIntentUpdateParams: Stripe.PaymentIntentUpdateParams;
  PaymentIntentListParams: Stripe.PaymentIntentListParams;
  PaymentIntentSearchParams: Stripe.PaymentIntentSearchParams;
  PaymentIntentConfirmParams: Stripe.PaymentIntentConfirmParams;
  PaymentIntentCaptureParams: Stripe.PaymentIntentCaptureParams;
  PaymentIntentCancelParams: Stripe.PaymentIntentCancelParams;
  PaymentIntentRetrieveParams: Stripe.PaymentIntentRetrieveParams;
  SetupIntentCreateParams: Stripe.SetupIntentCreateParams;
  SetupIntentUpdateParams: Stripe.SetupIntentUpdateParams;
  SetupIntentListParams: Stripe.SetupIntentListParams;
  SetupIntentConfirmParams: Stripe.SetupIntentConfirmParams;
  SetupIntentCancelParams: Stripe.SetupIntentCancelParams;
  SetupIntentRetrieveParams: Stripe.SetupIntentRetrieveParams;
  ChargeCreateParams: Stripe.ChargeCreateParams;
  ChargeUpdateParams: Stripe.ChargeUpdateParams;
  ChargeListParams: Stripe.ChargeListParams;
  ChargeSearchParams: Stripe.ChargeSearchParams;
  ChargeCaptureParams: Stripe.ChargeCaptureParams;
  RefundCreateParams: Stripe.RefundCreateParams;
  RefundUpdateParams: Stripe.RefundUpdateParams;
  RefundListParams: Stripe.RefundListParams;
  RefundCancelParams: Stripe.RefundCancelParams;
  DisputeUpdateParams: Stripe.DisputeUpdateParams;
  DisputeListParams: Stripe.DisputeListParams;
  DisputeCloseParams: Stripe.DisputeCloseParams;
  CreditNoteCreateParams: Stripe.CreditNoteCreateParams;
  CreditNotePreviewParams: Stripe.CreditNotePreviewParams;
  CreditNoteUpdateParams: Stripe.CreditNoteUpdateParams;
  CreditNoteListParams: Stripe.CreditNoteListParams;
  CreditNoteVoidCreditNoteParams: Stripe.CreditNoteVoidCreditNoteParams;
  CreditNoteListLineItemsParams: Stripe.CreditNoteListLineItemsParams;
  BalanceTransactionListParams: Stripe.BalanceTransactionListParams;
  EventListParams: Stripe.EventListParams;
  WebhookEndpointCreateParams: Stripe.WebhookEndpointCreateParams;
  WebhookEndpointUpdateParams: Stripe.WebhookEndpointUpdateParams;
  WebhookEndpointListParams: Stripe.WebhookEndpointListParams;
  TestClockCreateParams: Stripe.TestHelpers.TestClockCreateParams;
  TestClockListParams: Stripe.TestHelpers.TestClockListParams;
  TestClockAdvanceParams: Stripe.TestHelpers.TestClockAdvanceParams;
  CheckoutSessionCreateParams: Stripe.Checkout.SessionCreateParams;
  PaymentPageConfirmParams: PaymentPageConfirmParams;
  CheckoutSessionUpdateParams: Stripe.Checkout.SessionUpdateParams;
  CheckoutSessionListParams: Stripe.Checkout.SessionListParams;
  CheckoutSessionExpireParams: Stripe.Checkout.SessionExpireParams;
  CheckoutSessionListLineItemsParams: Stripe.Checkout.SessionListLineItemsParams;
  PortalSessionCreateParams: Stripe.BillingPortal.SessionCreateParams;
  PortalConfigurationCreateParams: Stripe.BillingPortal.ConfigurationCreateParams;
  PortalConfigurationUpdateParams: Stripe.BillingPortal.ConfigurationUpdateParams;
  PortalConfigurationListParams: Stripe.BillingPortal.ConfigurationListParams;
}
