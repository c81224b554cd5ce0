import { Module } from '@nestjs/common';
import { InvoicesModule } from '../invoices/index.ts';
import { SubscriptionsModule } from '../subscriptions/index.ts';
import { AdminInvoicesController } from './admin/admin-invoices.controller.ts';
import { AdminSubscriptionsController } from './admin/admin-subscriptions.controller.ts';
import { AskOwnVerbs } from './admin/ask-own-verbs.ts';
import { OrderProviderSubscription } from './admin/order-provider-subscription.ts';
import { OverrideSubscription } from './admin/override-subscription.ts';
import { CaptureProviderInvoice } from './capture-provider-invoice.ts';
import { BuyAtOnce } from './checkout/buy-at-once.ts';
import { CheckoutController } from './checkout/checkout.controller.ts';
import { CheckoutCron } from './checkout/checkout.cron.ts';
import { CloseCheckouts } from './checkout/close-checkouts.ts';
import { EndAbandonedCheckouts } from './checkout/end-abandoned-checkouts.ts';
import { Offers } from './checkout/offers.ts';
import { Purchases } from './checkout/purchases.ts';
import { PurchasesController } from './checkout/purchases.controller.ts';
import { CustomerPageController } from './methods/customer-page.controller.ts';
import { PaymentMethods } from './methods/payment-methods.ts';
import { PaymentMethodsController } from './methods/payment-methods.controller.ts';
import { ProviderCustomers } from './checkout/provider-customers.ts';
import { ProviderPrices } from './checkout/provider-prices.ts';
import { StartCheckout } from './checkout/start-checkout.ts';
import { CompleteCheckout } from './complete-checkout.ts';
import { EndCheckout } from './end-checkout.ts';
import { FailPayment } from './fail-payment.ts';
import { FollowProviderSubscription } from './follow-provider-subscription.ts';
import { LinkInvoicePayment } from './link-invoice-payment.ts';
import { NoteOnInvoice } from './note-on-invoice.ts';
import { NotePaymentMethods } from './note-payment-methods.ts';
import { RefundCharge } from './refund-charge.ts';
import { ManualProvider } from './provider/manual-provider.ts';
import { PaidSubscriptionsModule } from './provider/paid-subscriptions.module.ts';
import { TellProvider } from './outbound/tell-provider.ts';
import { PaymentProviders } from './provider/payment-providers.ts';
import { UpcomingInvoiceController } from './upcoming/upcoming-invoice.controller.ts';
import { StartPaidSubscription } from './start-paid-subscription.ts';

const verbs = [
  CaptureProviderInvoice,
  CompleteCheckout,
  EndCheckout,
  FailPayment,
  FollowProviderSubscription,
  LinkInvoicePayment,
  NoteOnInvoice,
  NotePaymentMethods,
  RefundCharge,
];

/** What payment providers do to our invoices, subscriptions and customers. */
@Module({
  imports: [PaidSubscriptionsModule, InvoicesModule, SubscriptionsModule],
  controllers: [
    AdminInvoicesController,
    AdminSubscriptionsController,
    CheckoutController,
    CustomerPageController,
    PaymentMethodsController,
    PurchasesController,
    UpcomingInvoiceController,
  ],
  providers: [
    ...verbs,
    AskOwnVerbs,
    BuyAtOnce,
    CheckoutCron,
    CloseCheckouts,
    EndAbandonedCheckouts,
    ManualProvider,
    Offers,
    PaymentMethods,
    OrderProviderSubscription,
    OverrideSubscription,
    PaymentProviders,
    ProviderCustomers,
    ProviderPrices,
    StartCheckout,
    Purchases,
    StartPaidSubscription,
    TellProvider,
  ],
  exports: verbs,
})
export class PaymentsModule {}
