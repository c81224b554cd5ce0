import type { PricedInvoice } from '../../domain/invoicing/assemble-invoice.ts';
import type { FeeLine } from '../../domain/invoicing/fee.ts';
import { runStatement } from '../../platform/database/sql.ts';
import type { Tx } from '../../platform/database/unit-of-work.ts';
import { tell } from '../../platform/outbox/outbox.ts';
import { outline } from './draft-invoices.ts';
import type { InvoiceRow } from './invoice.entity.ts';
import { insertLines } from './invoices.store.ts';

/** A draft that comes to something else. */
export interface Redraft {
  readonly row: InvoiceRow;
  readonly priced: PricedInvoice;
  /** Fees that stay the fee they are, with another amount: what refers to them goes on doing so. */
  readonly changed: readonly { readonly id: string; readonly fee: FeeLine }[];
  readonly added: readonly FeeLine[];
  /** Ids of those that there is no more reason for. */
  readonly gone: readonly string[];
}

const changeHeaders = {
  name: 'invoices.change_drafts',
  text: `update invoices i set fees_amount_cents = r.fees, taxes_amount_cents = r.taxes, total_cents = r.total, updated_at = $2
    from unnest($3::uuid[], $4::int8[], $5::int8[], $6::int8[]) as r (id, fees, taxes, total)
    where i.organization_id = $1 and i.id = r.id and i.status = 'DRAFT'`,
};

const changeFees = {
  name: 'fees.change_drafted',
  text: `with without as (
      delete from invoice_taxes where organization_id = $1 and invoice_id = any($11::uuid[])
    )
    update fees f set units = r.units, events_count = r.events_count, unit_amount = r.unit_amount, amount_cents = r.amount_cents,
      taxes_rate = r.taxes_rate, taxes_amount_cents = r.taxes_amount_cents, derivation = r.derivation, recounted_at = $2
    from unnest($3::uuid[], $4::numeric[], $5::int8[], $6::numeric[], $7::int8[], $8::numeric[], $9::int8[], $10::jsonb[])
      as r (id, units, events_count, unit_amount, amount_cents, taxes_rate, taxes_amount_cents, derivation)
    where f.organization_id = $1 and f.id = r.id`,
};

/** With the periods that no other fee of their invoice covers. */
const removeFees = {
  name: 'fees.remove_drafted',
  text: `with removed as (delete from fees where organization_id = $1 and id = any($2::uuid[])
      returning organization_id, invoice_id, subscription_id, item_id, tstzrange(period_start, period_end) as period)
    delete from billed_periods b using removed r where b.organization_id = r.organization_id and b.invoice_id = r.invoice_id
      and b.subscription_id = r.subscription_id and b.item_id = r.item_id and b.period = r.period
      and not exists (select from fees f where f.organization_id = b.organization_id and f.invoice_id = b.invoice_id
        and f.subscription_id = b.subscription_id and f.item_id = b.item_id and tstzrange(f.period_start, f.period_end) = b.period
        and f.id <> all($2::uuid[]))`,
};

/** Puts other usage on locked drafts, which keep their number, dates and place; the database compares the sums. Tells `invoice.refreshed`. */
export async function redraftInvoices(
  tx: Tx,
  organizationId: string,
  redrafts: readonly Redraft[],
  at: Date,
): Promise<InvoiceRow[]> {
  if (redrafts.length === 0) return [];
  const ids = redrafts.map(({ row }) => row.id);
  await runStatement(tx, changeHeaders, [
    organizationId,
    at,
    ids,
    redrafts.map(({ priced }) => priced.feesAmountCents),
    redrafts.map(({ priced }) => priced.taxesAmountCents),
    redrafts.map(({ priced }) => priced.totalCents),
  ]);
  const changed = redrafts.flatMap((redraft) => redraft.changed);
  await runStatement(tx, changeFees, [
    organizationId,
    at,
    changed.map(({ id }) => id),
    changed.map(({ fee }) => fee.units),
    changed.map(({ fee }) => fee.eventsCount),
    changed.map(({ fee }) => fee.unitAmount),
    changed.map(({ fee }) => fee.amountCents),
    changed.map(({ fee }) => fee.taxesRate),
    changed.map(({ fee }) => fee.taxesAmountCents),
    changed.map(({ fee }) => JSON.stringify(fee.derivation)),
    ids,
  ]);
  const gone = redrafts.flatMap((redraft) => redraft.gone);
  if (gone.length > 0) await runStatement(tx, removeFees, [organizationId, gone]);
  await insertLines(
    tx,
    organizationId,
    redrafts.map(({ row, priced, added }) => ({ row, priced: { ...priced, fees: added }, eventTransactionId: null })),
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
