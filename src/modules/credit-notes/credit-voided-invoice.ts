import { invalid } from '../../domain/errors/billing-error.ts';
import { decideCreditNote } from '../../domain/invoicing/credit-note.ts';
import { Exact } from '../../domain/money/exact.ts';
import { queryIn } from '../../platform/database/sql.ts';
import type { Tx } from '../../platform/database/unit-of-work.ts';
import { readCreditableInvoice, toCredit } from './creditable-invoices.store.ts';
import { issueCreditNotes } from './issue-credit-notes.ts';

export interface VoidCredit {
  /** Null where neither is said: all of what the invoice came to is credit. */
  readonly creditCents: bigint | null;
  readonly refundCents: bigint | null;
}

/**
 * A credit note over all that is left of an invoice that is voided, in the same transaction. What is neither credit nor refund is simply no
 * longer owed: it offsets the voided invoice (Lago writes a second, voided note over it).
 * @throws BillingError validation_errors (more than the invoice came to, more refund than was paid)
 */
export async function creditVoidedInvoice(
  tx: Tx,
  organizationId: string,
  invoiceId: string,
  wanted: VoidCredit,
  at: Date,
): Promise<void> {
  const invoice = await readCreditableInvoice(queryIn(tx), organizationId, invoiceId);
  if (!invoice) throw new Error(`invoice ${invoiceId} vanished under its lock`);
  const left = invoice.fees.map((fee) => {
    const discount = Exact.parse(fee.derivation.discount_cents ?? '0');
    return [
      fee.id,
      Exact.parse(fee.amount_cents)
        .minus(discount.plus(Exact.parse(fee.credited_cents)))
        .atLeast(Exact.zero),
    ] as const;
  });
  const decision = decideCreditNote(toCredit(invoice, new Map(left)));
  const noted = 'note' in decision ? decision.note.totalCents : 0n;
  // What it took of older credit is given back by voiding it.
  const given = BigInt(invoice.credited_sub_total_cents) + BigInt(invoice.credited_taxes_cents);
  const mostCents = least(noted, BigInt(invoice.total_cents) - given);
  const refundCents = wanted.refundCents ?? 0n;
  const creditCents = wanted.creditCents ?? (wanted.refundCents === null ? mostCents : 0n);
  const paidCents = BigInt(invoice.total_paid_cents) - BigInt(invoice.refunded_cents);
  const wrong = {
    ...(creditCents + refundCents > mostCents ? { credit_amount: ['higher_than_remaining_invoice_amount'] } : {}),
    ...(refundCents > paidCents ? { refund_amount: ['higher_than_remaining_invoice_amount'] } : {}),
  };
  if (Object.keys(wrong).length > 0) throw invalid(wrong);
  if (!('note' in decision) || noted === 0n) return;
  const split = { creditCents, refundCents, offsetCents: noted - creditCents - refundCents };
  await issueCreditNotes(tx, organizationId, [{ invoice, amounts: decision.note, split, reason: 'other' }], at);
}

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);
