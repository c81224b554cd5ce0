import { type EntityManager, In } from 'typeorm';
import { partId } from '../../platform/database/ids.ts';
import { BillingEntityRow } from '../billing-entities/index.ts';
import { CustomerRow, presentCustomers } from '../customers/index.ts';
import { presentSubscriptions, SubscriptionRow } from '../subscriptions/index.ts';
import { presentFees } from './fees/fees.queries.ts';
import { InvoiceTaxRow } from './invoice-tax.entity.ts';
import type { InvoiceRow } from './invoice.entity.ts';
import { type InvoiceContext, paymentStatusOf, presentInvoice, presentInvoiceTax } from './invoice.presenter.ts';
import { sellerIdentityOf } from './seller-identity.ts';
import { feesOf, overdueOf } from './invoices.queries.ts';

/** The neighbours of these invoices that the wire objects name; customers as they would be stand before those that are stored. */
export async function contextsOf(
  manager: EntityManager,
  rows: readonly InvoiceRow[],
  imagined: readonly CustomerRow[] = [],
): Promise<(row: InvoiceRow) => InvoiceContext> {
  const organizationId = rows[0]?.organizationId ?? '';
  const customers = await manager.findBy(CustomerRow, {
    organizationId,
    id: In([...new Set(rows.map((row) => row.customerId))]),
  });
  const entities = await manager.findBy(BillingEntityRow, { organizationId });
  const overdue = await overdueOf(manager, rows);
  const customerById = new Map(
    (await presentCustomers(manager, [...customers, ...imagined])).map((customer) => [customer.id, customer]),
  );
  const entityById = new Map(entities.map((entity) => [entity.id, entity]));
  return (row) => {
    const customer = customerById.get(row.customerId);
    const entity = entityById.get(row.billingEntityId);
    if (!customer || !entity) throw new Error(`invoice ${row.id} lost its customer or billing entity`);
    const seller = row.seller ?? sellerIdentityOf(entity, { documentLocale: customer.billing_configuration.document_locale });
    return { billingEntityCode: entity.code, seller, customer, isOverdue: overdue.has(row.id) };
  };
}

/** Headers for a list. */
export async function presentInvoices(manager: EntityManager, rows: readonly InvoiceRow[]) {
  if (rows.length === 0) return [];
  const contextOf = await contextsOf(manager, rows);
  return rows.map((row) => presentInvoice(row, contextOf(row)));
}

/** One invoice with its fees, taxes and subscription. */
export async function presentWholeInvoice(manager: EntityManager, row: InvoiceRow) {
  const { organizationId } = row;
  const contextOf = await contextsOf(manager, [row]);
  const fees = (await feesOf(manager, organizationId, [row.id])).get(row.id) ?? [];
  const taxes = await manager.find(InvoiceTaxRow, { where: { organizationId, invoiceId: row.id }, order: { taxCode: 'asc' } });
  const ids = new Set([row.subscriptionId, ...fees.map((fee) => fee.subscriptionId)].filter((id) => id !== null));
  const subscriptions = ids.size > 0 ? await manager.findBy(SubscriptionRow, { organizationId, id: In([...ids]) }) : [];
  return {
    ...presentInvoice(row, contextOf(row)),
    fees: await presentFees(manager, fees),
    applied_taxes: taxes.map((tax) => presentInvoiceTax(tax, row)),
    subscriptions: await presentSubscriptions(manager, subscriptions),
    credits: await creditsOf(manager, row),
  };
}

/** What the invoice took, in Lago's shape. */
async function creditsOf(manager: EntityManager, row: InvoiceRow) {
  const { organizationId, id, currency } = row;
  const rows: { credit_note_id: string; number: string; amount_cents: string }[] = await manager.query(
    `select c.credit_note_id, n.number, c.amount_cents from invoice_credits c
     join credit_notes n on n.organization_id = c.organization_id and n.id = c.credit_note_id
     where c.organization_id = $1 and c.invoice_id = $2 order by n.created_at, n.id`,
    [organizationId, id],
  );
  return rows.map(({ credit_note_id: noteId, number, amount_cents: cents }) => ({
    lago_id: partId(id, `credit ${noteId}`),
    amount_cents: BigInt(cents),
    amount_currency: currency,
    before_taxes: false,
    item: { lago_item_id: noteId, type: 'credit_note', code: number, name: number },
    invoice: { lago_id: id, payment_status: paymentStatusOf(row) },
  }));
}
