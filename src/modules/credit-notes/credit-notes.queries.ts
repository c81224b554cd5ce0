import type { EntityManager } from 'typeorm';
import { BillingError } from '../../domain/errors/billing-error.ts';
import { isId } from '../../platform/database/ids.ts';
import { containing } from '../../platform/database/sql.ts';
import { metaOf, pageOf, sliceOf } from '../../platform/http/pagination.ts';
import { billingEntityIds } from '../billing-entities/index.ts';
import { findCustomer } from '../customers/index.ts';
import { billedItemsOf } from '../plans/index.ts';
import type { ListCreditNotesQuery } from './credit-note.dto.ts';
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

/** Wire parameter → condition. */
const conditions: Readonly<Record<string, string>> = {
  currency: 'n.currency = :currency',
  reason: 'n.reason = :reason',
  refund_status: 'n.refundStatus = :refund_status',
  issuing_date_from: 'n.issuingDate >= :issuing_date_from',
  issuing_date_to: 'n.issuingDate <= :issuing_date_to',
  amount_from: 'n.totalAmountCents >= :amount_from',
  amount_to: 'n.totalAmountCents <= :amount_to',
  invoice_number: `n.invoiceId in (select i.id from invoices i where i.organization_id = :organizationId and i.invoice_number = :invoice_number)`,
};

/** As the presenter says it. */
const ofCreditStatus = {
  voided: 'n.voidedAt is not null',
  available: 'n.voidedAt is null and n.balanceAmountCents > 0',
  consumed: 'n.voidedAt is null and n.creditAmountCents > 0 and n.balanceAmountCents = 0',
} as const;
const ofType = {
  credit: 'n.creditAmountCents > 0',
  refund: 'n.refundAmountCents > 0',
  offset: 'n.offsetAmountCents > 0',
} as const;

const holdsTerm = `(n.number ilike :term or n.id::text = :exact or n.customerId in (select c.id from customers c
  where c.organization_id = :organizationId and (c.name ilike :term or c.external_id ilike :term or c.email ilike :term)))`;

/**
 * A page of credit notes, the youngest first.
 * @throws BillingError customer_not_found, billing_entity_not_found where a filter names one that is not there
 */
export async function listCreditNotes(manager: EntityManager, organizationId: string, filter: ListCreditNotesQuery) {
  const page = pageOf(filter);
  const query = manager.createQueryBuilder(CreditNoteRow, 'n').where('n.organizationId = :organizationId', { organizationId });
  for (const [field, condition] of Object.entries(conditions)) {
    const value = filter[field as keyof ListCreditNotesQuery];
    if (value !== undefined) query.andWhere(condition, { [field]: value });
  }
  const customer = filter.external_customer_id && (await findCustomer(manager, organizationId, filter.external_customer_id));
  if (customer) query.andWhere('n.customerId = :customerId', { customerId: customer.id });
  if (filter.credit_status) query.andWhere(`(${ofCreditStatus[filter.credit_status]})`);
  if (filter.types?.length) query.andWhere(`(${filter.types.map((type) => ofType[type]).join(' or ')})`);
  if (filter.billing_entity_codes?.length)
    query.andWhere('n.billingEntityId in (:...entityIds)', {
      entityIds: await billingEntityIds(manager, organizationId, filter.billing_entity_codes),
    });
  if (filter.search_term !== undefined)
    query.andWhere(holdsTerm, { term: containing(filter.search_term), exact: filter.search_term.toLowerCase() });
  const { take, skip } = sliceOf(page);
  const [rows, count] = await query
    .orderBy('n.createdAt', 'DESC')
    .addOrderBy('n.id', 'DESC')
    .skip(skip)
    .take(take)
    .getManyAndCount();
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
