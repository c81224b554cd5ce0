import type { Handler } from '../event-context.ts';
import { captureSeen } from '../see-invoice.ts';

/** B6–B9. */
export const invoiceCreated: Handler = {
  types: ['invoice.created'],
  apply: (context) => captureSeen(context, { create: true }),
};
