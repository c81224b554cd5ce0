import type { AttentionJob } from '../../../platform/attention/needs-attention.store.ts';

/** The job that sends issued invoices to their customers. */
export const mailing: AttentionJob = { name: 'invoice_mail', objectType: 'invoice', told: 'invoice.not_sent' };

/** A mailbox that refused so often is left alone until somebody sends the invoice by hand; it stays on the list. */
export const triesAtMost = 6;
