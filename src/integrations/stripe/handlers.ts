import type { Handler } from './event-context.ts';
import { chargeRefunded, refundChanged } from './events/charge-refunded.ts';
import { checkoutCompleted } from './events/checkout-completed.ts';
import { checkoutEnded } from './events/checkout-ended.ts';
import { creditNoteNoted } from './events/credit-note.ts';
import { customerChanged, customerDeleted } from './events/customer.ts';
import { invoiceCreated } from './events/invoice-created.ts';
import { invoiceDeleted } from './events/invoice-deleted.ts';
import { invoiceActionRequired, invoiceFinalizationFailed, invoiceOverdue } from './events/invoice-noted.ts';
import { invoicePaid } from './events/invoice-paid.ts';
import { invoicePaymentChanged } from './events/invoice-payment.ts';
import { invoicePaymentFailed } from './events/invoice-payment-failed.ts';
import { invoiceUpcoming } from './events/invoice-upcoming.ts';
import { invoiceUpdated } from './events/invoice-updated.ts';
import { paymentMethodAttached, paymentMethodDetached } from './events/payment-method.ts';
import { disputeNoted, paymentIntentNoted, paymentIntentSucceeded } from './events/payment-noted.ts';
import { refreshed } from './events/refreshed.ts';
import { setupIntentFailed, setupIntentSucceeded } from './events/setup-intent.ts';
import { subscriptionChanged } from './events/subscription.ts';

const handlers: readonly Handler[] = [
  chargeRefunded,
  checkoutCompleted,
  checkoutEnded,
  creditNoteNoted,
  customerChanged,
  customerDeleted,
  disputeNoted,
  invoiceActionRequired,
  invoiceCreated,
  invoiceDeleted,
  invoiceFinalizationFailed,
  invoiceOverdue,
  invoicePaid,
  invoicePaymentChanged,
  invoicePaymentFailed,
  invoiceUpcoming,
  invoiceUpdated,
  paymentIntentNoted,
  paymentIntentSucceeded,
  paymentMethodAttached,
  paymentMethodDetached,
  refreshed,
  refundChanged,
  setupIntentFailed,
  setupIntentSucceeded,
  subscriptionChanged,
];

/** Every event type that changes something, or that is known to change nothing. */
export const handlerByType: ReadonlyMap<string, Handler> = new Map(
  handlers.flatMap((handler) => handler.types.map((type) => [type, handler] as const)),
);
