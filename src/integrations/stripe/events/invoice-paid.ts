import type { Handler } from '../event-context.ts';
import { captureSeen } from '../see-invoice.ts';

/** Two events for one payment, in any order, before or after invoice.created (B15–B18). */
export const invoicePaid: Handler = {
  types: ['invoice.paid', 'invoice.payment_succeeded'],
  apply: (context) => captureSeen(context, { create: true }),
};
