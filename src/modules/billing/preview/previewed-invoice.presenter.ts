import type { EntityManager } from 'typeorm';
import { presentPreview } from '../../invoices/index.ts';
import type { PreviewedInvoice } from './previewed-invoice.ts';

/** The invoice in its own shape, and the credit notes that would come with it. */
export const presentPreviewedInvoice = async (manager: EntityManager, preview: PreviewedInvoice) => ({
  ...(await presentPreview(manager, preview)),
  credit_notes: preview.creditNotes.map(({ invoice, amounts, split, reason }) => ({
    invoice_number: invoice.invoice_number || null,
    reason,
    currency: invoice.currency,
    sub_total_excluding_taxes_amount_cents: amounts.subTotalCents,
    taxes_amount_cents: amounts.taxesCents,
    total_amount_cents: amounts.totalCents,
    credit_amount_cents: split.creditCents,
    refund_amount_cents: split.refundCents,
    offset_amount_cents: split.offsetCents,
  })),
});
