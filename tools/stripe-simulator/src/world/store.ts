import type { Stripe } from 'stripe';
import type { Line } from '../billing/line.ts';
import type { Order } from '../checkout/order.ts';
import type { Instrument } from '../payments/instruments.ts';
import { Table } from './table.ts';

/** Everything the simulated account owns, in memory. References are ids; answers expand them. */
export class Store {
  readonly customers = new Table<Stripe.Customer>('customer');
  readonly paymentMethods = new Table<Stripe.PaymentMethod>('PaymentMethod');
  /** What a payment method does when it is charged; the same id as the payment method. */
  readonly instruments = new Table<Instrument>('instrument');
  readonly products = new Table<Stripe.Product>('product');
  readonly prices = new Table<Stripe.Price>('price');
  /** Of tiered prices, by price. */
  readonly tiers = new Map<string, Stripe.Price.Tier[]>();
  readonly coupons = new Table<Stripe.Coupon>('coupon');
  readonly promotionCodes = new Table<Stripe.PromotionCode>('promotion code');
  readonly discounts = new Table<Stripe.Discount>('discount');
  readonly taxRates = new Table<Stripe.TaxRate>('tax rate');
  readonly subscriptions = new Table<Stripe.Subscription>('subscription');
  /** All items of a subscription; the subscription itself shows the first ten. */
  readonly itemsOf = new Map<string, Stripe.SubscriptionItem[]>();
  readonly invoices = new Table<Stripe.Invoice>('invoice');
  /** All lines of an invoice; the invoice itself shows the first ten. */
  readonly lines = new Map<string, Line[]>();
  readonly invoiceItems = new Table<Stripe.InvoiceItem>('invoiceitem');
  readonly invoicePayments = new Table<Stripe.InvoicePayment>('invoice payment');
  readonly paymentIntents = new Table<Stripe.PaymentIntent>('payment_intent');
  readonly setupIntents = new Table<Stripe.SetupIntent>('setup_intent');
  readonly charges = new Table<Stripe.Charge>('charge');
  readonly refunds = new Table<Stripe.Refund>('refund');
  readonly disputes = new Table<Stripe.Dispute>('dispute');
  readonly creditNotes = new Table<Stripe.CreditNote>('credit note');
  readonly balanceTransactions = new Table<Stripe.BalanceTransaction>('balance transaction');
  readonly customerBalanceTransactions = new Table<Stripe.CustomerBalanceTransaction>('customer balance transaction');
  readonly checkoutSessions = new Table<Stripe.Checkout.Session>('checkout.session');
  /** By checkout session. */
  readonly lineItemsOf = new Map<string, Stripe.LineItem[]>();
  /** What a checkout session was ordered with, by session. */
  readonly orders = new Map<string, Order>();
  readonly portalSessions = new Table<Stripe.BillingPortal.Session>('billing_portal.session');
  readonly portalConfigurations = new Table<Stripe.BillingPortal.Configuration>('billing_portal.configuration');
  readonly testClocks = new Table<Stripe.TestHelpers.TestClock>('test clock');
  readonly webhookEndpoints = new Table<Stripe.WebhookEndpoint>('webhook endpoint');
  readonly events = new Table<Stripe.Event>('event');
}
