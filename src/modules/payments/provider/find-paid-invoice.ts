import type { Tx } from '../../../platform/database/unit-of-work.ts';
import { findCapturedInvoice, InvoiceRow } from '../../invoices/index.ts';
import { InvoicePaymentRow } from './invoice-payment.entity.ts';
import { ownerOfObject } from './provider-objects.store.ts';

/** What a charge, refund or dispute says of what it belongs to. */
export interface PaymentTraces {
  readonly paymentIntentId: string | null;
  readonly chargeId: string | null;
  /** Only older payloads name the invoice itself. */
  readonly invoiceId: string | null;
}

export interface PaidInvoice {
  /** Locked. */
  readonly invoice: InvoiceRow;
  readonly payment: InvoicePaymentRow | null;
}

/** The invoice that this payment paid, over all organizations; undefined when no link is known. */
export async function findPaidInvoice(tx: Tx, traces: PaymentTraces): Promise<PaidInvoice | undefined> {
  const { paymentIntentId, chargeId, invoiceId } = traces;
  const payment =
    (paymentIntentId && (await tx.findOneBy(InvoicePaymentRow, { paymentIntentId }))) ||
    (chargeId && (await tx.findOneBy(InvoicePaymentRow, { chargeId }))) ||
    null;
  if (payment) {
    const { organizationId } = payment;
    const where = { organizationId, id: payment.invoiceId };
    return { invoice: await tx.findOneOrFail(InvoiceRow, { where, lock: { mode: 'pessimistic_write' } }), payment };
  }
  const owner = invoiceId && (await ownerOfObject(tx, 'invoice', invoiceId));
  const invoice = owner && invoiceId ? await findCapturedInvoice(tx, owner, invoiceId) : undefined;
  return invoice && { invoice, payment: null };
}
