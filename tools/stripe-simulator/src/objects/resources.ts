import type { Resource } from '../http/api.ts';
import { charges } from './charges.ts';
import { checkoutSessions } from './checkout-sessions.ts';
import { coupons } from './coupons.ts';
import { creditNotes } from './credit-notes.ts';
import { customers } from './customers.ts';
import { disputes } from './disputes.ts';
import { events } from './events.ts';
import { invoiceItems } from './invoice-items.ts';
import { invoicePayments } from './invoice-payments.ts';
import { invoices } from './invoices.ts';
import { paymentIntents } from './payment-intents.ts';
import { paymentMethods } from './payment-methods.ts';
import { portal } from './portal.ts';
import { prices } from './prices.ts';
import { products } from './products.ts';
import { promotionCodes } from './promotion-codes.ts';
import { refunds } from './refunds.ts';
import { setupIntents } from './setup-intents.ts';
import { subscriptionItems } from './subscription-items.ts';
import { subscriptions } from './subscriptions.ts';
import { taxRates } from './tax-rates.ts';
import { webhookEndpoints } from './webhook-endpoints.ts';

/** Every resource of the API, except the clock, which also moves deliveries. */
export const resources: readonly Resource[] = [
  charges,
  checkoutSessions,
  coupons,
  creditNotes,
  customers,
  disputes,
  events,
  invoiceItems,
  invoicePayments,
  invoices,
  paymentIntents,
  paymentMethods,
  portal,
  prices,
  products,
  promotionCodes,
  refunds,
  setupIntents,
  subscriptionItems,
  subscriptions,
  taxRates,
  webhookEndpoints,
];
