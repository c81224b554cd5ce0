import type { CreditNoteAmounts, CreditSplit } from '../../domain/invoicing/credit-note.ts';
import { issueDates } from '../../domain/invoicing/document-dates.ts';
import { instantOf } from '../../platform/clock/clock.ts';
import { newId } from '../../platform/database/ids.ts';
import { runStatement } from '../../platform/database/sql.ts';
import type { Tx } from '../../platform/database/unit-of-work.ts';
import { tell } from '../../platform/outbox/outbox.ts';
import type { CreditableInvoice } from './creditable-invoices.store.ts';
import type { CreditNoteReason, CreditNoteRow } from './credit-note.entity.ts';
import type { Metadata } from './metadata.ts';

/** A decided credit note of a locked invoice. */
export interface CreditNoteToIssue {
  readonly invoice: CreditableInvoice;
  readonly amounts: CreditNoteAmounts;
  readonly split: CreditSplit;
  readonly reason: CreditNoteReason;
  readonly description?: string | null;
  readonly metadata?: Metadata;
}

/** Header and items in one statement: keys are checked at its end. */
const insertNotes = {
  name: 'credit_notes.insert',
  text: `with notes as (
      insert into credit_notes (organization_id, created_at, updated_at, id, invoice_id, customer_id, billing_entity_id, sequential_id, number, currency,
        status, reason, description, issuing_date, sub_total_amount_cents, taxes_amount_cents, total_amount_cents, credit_amount_cents,
        refund_amount_cents, offset_amount_cents, balance_amount_cents, refund_status, metadata)
      select $1, $2, $2, r.* from unnest($3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[], $7::int4[], $8::text[], $9::text[], $10::text[], $11::text[],
        $12::text[], $13::date[], $14::int8[], $15::int8[], $16::int8[], $17::int8[], $18::int8[], $19::int8[], $20::int8[], $21::text[], $22::jsonb[]) as r
    ), offsets as (
      update invoices i set offset_amount_cents = i.offset_amount_cents + r.amount, updated_at = $2
      from unnest($4::uuid[], $19::int8[]) as r(invoice_id, amount)
      where i.organization_id = $1 and i.id = r.invoice_id and r.amount > 0
    )
    insert into credit_note_items (organization_id, id, credit_note_id, fee_id, precise_amount_cents)
    select $1, r.* from unnest($23::uuid[], $24::uuid[], $25::uuid[], $26::numeric[]) as r`,
};

/** Numbers (`INV-2026-0001-CN001`), writes and tells `credit_note.created`: two statements however many notes there are. */
export async function issueCreditNotes(
  tx: Tx,
  organizationId: string,
  notes: readonly CreditNoteToIssue[],
  at: Date,
): Promise<CreditNoteRow[]> {
  if (notes.length === 0) return [];
  const rows = notes.map((note) => rowOf(organizationId, note, at));
  const column = <K extends keyof CreditNoteRow>(name: K): CreditNoteRow[K][] => rows.map((row) => row[name]);
  const items = notes.flatMap(({ amounts }, i) => amounts.items.map((item) => ({ ...item, noteId: rows[i]?.id })));
  await runStatement(tx, insertNotes, [
    organizationId,
    at,
    column('id'),
    column('invoiceId'),
    column('customerId'),
    column('billingEntityId'),
    column('sequentialId'),
    column('number'),
    column('currency'),
    column('status'),
    column('reason'),
    column('description'),
    column('issuingDate'),
    column('subTotalAmountCents'),
    column('taxesAmountCents'),
    column('totalAmountCents'),
    column('creditAmountCents'),
    column('refundAmountCents'),
    column('offsetAmountCents'),
    column('balanceAmountCents'),
    column('refundStatus'),
    column('metadata').map((metadata) => metadata && JSON.stringify(metadata)),
    items.map(() => newId()),
    items.map(({ noteId }) => noteId),
    items.map(({ feeId }) => feeId),
    items.map(({ preciseCents }) => preciseCents.toDecimal()),
  ]);
  await tell(
    tx,
    organizationId,
    at,
    rows.map((row) => ({ objectType: 'credit_note', objectId: row.id, type: 'credit_note.created', payload: outlineOf(row) })),
  );
  return rows;
}

function rowOf(
  organizationId: string,
  { invoice, amounts, split, reason, description, metadata = null }: CreditNoteToIssue,
  at: Date,
): CreditNoteRow {
  const sequentialId = invoice.notes + 1;
  return {
    organizationId,
    id: newId(),
    invoiceId: invoice.id,
    customerId: invoice.customer_id,
    billingEntityId: invoice.billing_entity_id,
    sequentialId,
    number: `${invoice.invoice_number}-CN${String(sequentialId).padStart(3, '0')}`,
    currency: invoice.currency,
    status: invoice.status === 'DRAFT' ? 'DRAFT' : 'FINALIZED',
    reason,
    description: description ?? null,
    issuingDate: issueDates({ timezone: invoice.timezone, netPaymentTerm: 0 }, instantOf(at)).issuingDate.toString(),
    subTotalAmountCents: amounts.subTotalCents,
    taxesAmountCents: amounts.taxesCents,
    totalAmountCents: amounts.totalCents,
    creditAmountCents: split.creditCents,
    refundAmountCents: split.refundCents,
    offsetAmountCents: split.offsetCents,
    balanceAmountCents: split.creditCents,
    refundedBalanceCents: 0n,
    voidedBalanceCents: 0n,
    refundStatus: split.refundCents > 0n ? 'pending' : null,
    metadata,
    voidedAt: null,
    createdAt: at,
    updatedAt: at,
  };
}

/** What an event says of a credit note. */
export const outlineOf = (row: CreditNoteRow) => ({
  lago_id: row.id,
  number: row.number,
  lago_invoice_id: row.invoiceId,
  lago_customer_id: row.customerId,
  currency: row.currency,
  total_amount_cents: row.totalAmountCents,
  balance_amount_cents: row.balanceAmountCents,
});
