import type { PricedInvoice } from '../../domain/invoicing/assemble-invoice.ts';
import { runStatement } from '../../platform/database/sql.ts';
import type { Tx } from '../../platform/database/unit-of-work.ts';
import { tell } from '../../platform/outbox/outbox.ts';
import { outline } from './draft-invoices.ts';
import type { InvoiceRow } from './invoice.entity.ts';
import { insertLines } from './invoices.store.ts';

export interface Redraft {
  readonly row: InvoiceRow;
  readonly priced: PricedInvoice;
}

const clear = {
  name: 'invoices.clear_drafts',
  text: `with cleared_fees as (delete from fees where organization_id = $1 and invoice_id = any($2::uuid[])),
      cleared_periods as (delete from billed_periods where organization_id = $1 and invoice_id = any($2::uuid[]) and given_back_from is null)
    delete from invoice_taxes where organization_id = $1 and invoice_id = any($2::uuid[])`,
};

const changeHeaders = {
  name: 'invoices.change_drafts',
  text: `update invoices i set fees_amount_cents = r.fees, taxes_amount_cents = r.taxes, total_cents = r.total, updated_at = $2
    from unnest($3::uuid[], $4::int8[], $5::int8[], $6::int8[]) as r (id, fees, taxes, total)
    where i.organization_id = $1 and i.id = r.id and i.status = 'DRAFT'`,
};

/** Puts other lines on locked drafts, which keep their number, dates and place; the database compares the sums. Tells `invoice.refreshed`. */
export async function redraftInvoices(
  tx: Tx,
  organizationId: string,
  redrafts: readonly Redraft[],
  at: Date,
): Promise<InvoiceRow[]> {
  if (redrafts.length === 0) return [];
  const ids = redrafts.map(({ row }) => row.id);
  await runStatement(tx, clear, [organizationId, ids]);
  await runStatement(tx, changeHeaders, [
    organizationId,
    at,
    ids,
    redrafts.map(({ priced }) => priced.feesAmountCents),
    redrafts.map(({ priced }) => priced.taxesAmountCents),
    redrafts.map(({ priced }) => priced.totalCents),
  ]);
  await insertLines(
    tx,
    organizationId,
    redrafts.map((redraft) => ({ ...redraft, eventTransactionId: null })),
    at,
    { again: true },
  );
  const rows = redrafts.map(({ row, priced }): InvoiceRow => ({
    ...row,
    feesAmountCents: priced.feesAmountCents,
    taxesAmountCents: priced.taxesAmountCents,
    totalCents: priced.totalCents,
    updatedAt: at,
  }));
  await tell(
    tx,
    organizationId,
    at,
    rows.map((row) => ({ objectType: 'invoice', objectId: row.id, type: 'invoice.refreshed', payload: outline(row) })),
  );
  return rows;
}
