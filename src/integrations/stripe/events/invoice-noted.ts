import type { Handler } from '../event-context.ts';
import { at, instantOf, textOf } from '../payload.ts';
import { captureAndNote } from '../see-invoice.ts';

/** Somebody has to act at the customer's bank; Stripe's page says how. */
export const invoiceActionRequired: Handler = {
  types: ['invoice.payment_action_required'],
  apply: (context) => captureAndNote(context, 'payment.action_required', context.event.eventId, {}),
};

/** Stays a draft until a person helps. */
export const invoiceFinalizationFailed: Handler = {
  types: ['invoice.finalization_failed'],
  apply: (context) =>
    captureAndNote(context, 'invoice.finalization_failed', context.event.eventId, {
      error: {
        code: textOf(at(context.object, 'last_finalization_error.code')),
        message: textOf(at(context.object, 'last_finalization_error.message')),
      },
      automatic_tax_status: textOf(at(context.object, 'automatic_tax.status')),
    }),
};

/** Sent only where Stripe is set up to; our own word on it is `payment_overdue`. */
export const invoiceOverdue: Handler = {
  types: ['invoice.overdue', 'invoice.will_be_due'],
  apply: (context) =>
    captureAndNote(context, context.event.type, instantOf(context.object['due_date']) ?? '', {
      due_at: instantOf(context.object['due_date']),
    }),
};
