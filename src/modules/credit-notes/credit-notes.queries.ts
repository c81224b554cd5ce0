import type { EntityManager } from 'typeorm';
import { BillingError } from '../../domain/errors/billing-error.ts';
import { isId } from '../../platform/database/ids.ts';
import { metaOf, pageOf, type PageQuery, sliceOf } from '../../platform/http/pagination.ts';
import { findCustomer } from '../customers/index.ts';
import { billedItemsOf } from '../plans/index.ts';
import { CreditNoteRow } from './credit-note.entity.ts';
import { type CreditNoteItemRecord, type CreditNoteNames, presentCreditNote } from './credit-note.presenter.ts';

/** By id. @throws BillingError credit_note_not_found, for another tenant's too */
export async function findCreditNote(
  manager: EntityManager,
  organizationId: string,
  id: string,
  { forUpdate = false }: { forUpdate?: boolean } = {},
): Promise<CreditNoteRow> {
  const row = isId(id)
    ? await manager.findOne(CreditNoteRow, {
        where: { organizationId, id },
        ...(forUpdate ? { lock: { mode: 'pessimistic_write' as const } } : {}),
      })
    : null;
  if (!row) throw new BillingError('credit_note_not_found');
  return row;
}

/** A page of credit notes, of one customer where it is named; the youngest first. @throws BillingError customer_not_found */
export async function listCreditNotes(
  manager: EntityManager,
  organizationId: string,
  externalCustomerId: string | undefined,
  query: PageQuery,
) {
  const page = pageOf(query);
  const customer = externalCustomerId && (await findCustomer(manager, organizationId, externalCustomerId));
  const [rows, count] = await manager.findAndCount(CreditNoteRow, {
    where: { organizationId, ...(customer ? { customerId: customer.id } : {}) },
    order: { createdAt: 'desc', id: 'desc' },
    ...sliceOf(page),
  });
  return { credit_notes: await presentCreditNotes(manager, rows), meta: metaOf(page, count) };
}

/** The wire objects of these notes, items included. */
export async function presentCreditNotes(manager: EntityManager, rows: readonly CreditNoteRow[]) {
  if (rows.length === 0) return [];
  const values = [rows[0]?.organizationId, rows.map((row) => row.id)];
  const items = (await manager.query(
    `select t.id, t.credit_note_id, t.fee_id, t.precise_amount_cents, f.fee_type, f.item_id as "itemId", f.subscription_id as "subscriptionId", f.name, f.units,
       f.events_count, f.unit_amount, f.amount_cents, f.taxes_amount_cents, f.taxes_rate, f.pay_in_advance, f.derivation, i.status as invoice_status
     from credit_note_items t join fees f on f.organization_id = t.organization_id and f.id = t.fee_id
     join invoices i on i.organization_id = f.organization_id and i.id = f.invoice_id
     where t.organization_id = $1 and t.credit_note_id = any($2::uuid[]) order by t.id`,
    values,
  )) as CreditNoteItemRecord[];
  const names = (await manager.query(
    `select n.id, i.invoice_number, e.code as entity_code from credit_notes n
     join invoices i on i.organization_id = n.organization_id and i.id = n.invoice_id
     join billing_entities e on e.organization_id = n.organization_id and e.id = n.billing_entity_id
     where n.organization_id = $1 and n.id = any($2::uuid[])`,
    values,
  )) as CreditNoteNames[];
  const billedOf = await billedItemsOf(manager, rows[0]?.organizationId ?? '', items);
  const namesById = new Map(names.map((entry) => [entry.id, entry]));
  return rows.map((row) =>
    presentCreditNote(
      row,
      namesById.get(row.id),
      items.filter((item) => item.credit_note_id === row.id),
      billedOf,
    ),
  );
}
