import type { Handler } from '../event-context.ts';
import { captureSeen } from '../see-invoice.ts';

/** State, links and number of an invoice that we have (B10–B14). */
export const invoiceUpdated: Handler = {
  types: ['updated', 'finalized', 'sent', 'voided', 'marked_uncollectible', 'overpaid'].map((what) => `invoice.${what}`),
  apply: (context) => captureSeen(context, { create: false }),
};
