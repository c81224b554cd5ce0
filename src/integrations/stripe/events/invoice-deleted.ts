import type { Handler } from '../event-context.ts';
import { captureSeen } from '../see-invoice.ts';

/** Stripe deletes drafts; ours is voided instead, as every draft of ours. */
export const invoiceDeleted: Handler = {
  types: ['invoice.deleted'],
  apply: (context) => captureSeen({ ...context, object: { ...context.object, status: 'void' } }, { create: false }),
};
