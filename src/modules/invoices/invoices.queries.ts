import { Brackets, type EntityManager, In } from 'typeorm';
import { BillingError } from '../../domain/errors/billing-error.ts';
import type { InvoiceStatus } from '../../domain/lifecycles/invoice.ts';
import { isId } from '../../platform/database/ids.ts';
import { type Page } from '../../platform/http/pagination.ts';
import { findBillingEntity } from '../billing-entities/index.ts';
import { findCustomer } from '../customers/index.ts';
import { FeeRow } from './fee.entity.ts';
import type { ListInvoicesQuery } from './invoice.dto.ts';
import { InvoiceRow } from './invoice.entity.ts';

/** By id. @throws BillingError invoice_not_found, for another tenant's too */
export async function findInvoice(
  manager: EntityManager,
  organizationId: string,
  id: string,
  { forUpdate = false }: { forUpdate?: boolean } = {},
): Promise<InvoiceRow> {
  const row = isId(id)
    ? await manager.findOne(InvoiceRow, {
        where: { organizationId, id },
        ...(forUpdate ? { lock: { mode: 'pessimistic_write' as const } } : {}),
      })
    : null;
  if (!row) throw new BillingError('invoice_not_found');
  return row;
}

const statusesByWord: Readonly<Record<NonNullable<ListInvoicesQuery['status']>[number], readonly InvoiceStatus[]>> = {
  draft: ['DRAFT'],
  finalized: ['OPEN', 'PAID', 'UNCOLLECTIBLE'],
  voided: ['VOID'],
  open: ['OPEN'],
  paid: ['PAID'],
  void: ['VOID'],
  uncollectible: ['UNCOLLECTIBLE'],
};

const statusesByPayment = { pending: ['DRAFT', 'OPEN', 'VOID'], succeeded: ['PAID'], failed: ['UNCOLLECTIBLE'] } as const;

/** Youngest first. @throws BillingError customer_not_found, billing_entity_not_found when a filter names one that is not there */
export async function listInvoices(
  manager: EntityManager,
  organizationId: string,
  filter: ListInvoicesQuery,
  page: Page,
): Promise<[InvoiceRow[], number]> {
  const query = manager.createQueryBuilder(InvoiceRow, 'i').where('i.organizationId = :organizationId', { organizationId });
  if (filter.external_customer_id !== undefined) {
    const customer = await findCustomer(manager, organizationId, filter.external_customer_id);
    query.andWhere('i.customerId = :customerId', { customerId: customer.id });
  }
  if (filter.external_subscription_id !== undefined)
    query.andWhere(
      'i.subscriptionId in (select s.id from subscriptions s where s.organization_id = :organizationId and s.external_id = :externalSubscriptionId)',
      { externalSubscriptionId: filter.external_subscription_id },
    );
  if (filter.status?.length)
    query.andWhere('i.status in (:...statuses)', { statuses: filter.status.flatMap((word) => statusesByWord[word]) });
  if (filter.payment_status?.length)
    query.andWhere('i.status in (:...paymentStatuses)', {
      paymentStatuses: filter.payment_status.flatMap((word) => statusesByPayment[word]),
    });
  if (filter.billing_entity_codes?.length) {
    const entities = await Promise.all(
      filter.billing_entity_codes.map((code) => findBillingEntity(manager, organizationId, code)),
    );
    query.andWhere('i.billingEntityId in (:...entityIds)', { entityIds: entities.map((entity) => entity.id) });
  }
  if (filter.currency !== undefined) query.andWhere('i.currency = :currency', { currency: filter.currency });
  if (filter.invoice_type !== undefined) query.andWhere('i.invoiceType = :invoiceType', { invoiceType: filter.invoice_type });
  if (filter.issuing_date_from !== undefined) query.andWhere('i.issuingDate >= :from', { from: filter.issuing_date_from });
  if (filter.issuing_date_to !== undefined) query.andWhere('i.issuingDate <= :to', { to: filter.issuing_date_to });
  if (filter.search_term !== undefined) {
    const term = `%${filter.search_term.replace(/[\\%_]/g, '\\$&')}%`;
    query.andWhere(
      new Brackets((either) =>
        either
          .where('i.invoiceNumber ilike :term', { term })
          .orWhere(
            `i.customerId in (select c.id from customers c where c.organization_id = :organizationId and (c.name ilike :term or c.external_id ilike :term))`,
          ),
      ),
    );
  }
  return query
    .orderBy('i.createdAt', 'DESC')
    .addOrderBy('i.id', 'DESC')
    .skip((page.number - 1) * page.size)
    .take(page.size)
    .getManyAndCount();
}

/** Fees by invoice, in the order they stand on it. */
export async function feesOf(
  manager: EntityManager,
  organizationId: string,
  invoiceIds: readonly string[],
): Promise<Map<string, FeeRow[]>> {
  const rows = await manager.find(FeeRow, { where: { organizationId, invoiceId: In([...invoiceIds]) }, order: { id: 'asc' } });
  const byInvoice = new Map<string, FeeRow[]>();
  for (const row of rows) byInvoice.set(row.invoiceId, [...(byInvoice.get(row.invoiceId) ?? []), row]);
  return byInvoice;
}
