import { Brackets, type EntityManager, In, IsNull, Not } from 'typeorm';
import { BillingError } from '../../domain/errors/billing-error.ts';
import type { InvoiceStatus } from '../../domain/lifecycles/invoice.ts';
import { containing } from '../../platform/database/sql.ts';
import { isId } from '../../platform/database/ids.ts';
import { type Page, sliceOf } from '../../platform/http/pagination.ts';
import { billingEntityIds } from '../billing-entities/index.ts';
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
  closed: ['CLOSED'],
};

const statusesByPayment = { pending: ['DRAFT', 'OPEN', 'VOID'], succeeded: ['PAID'], failed: ['UNCOLLECTIBLE'] } as const;

/** Of the alias `i`. */
const settledBy = { payment: 'i.totalPaidCents > 0', credit_note: 'i.creditNotesAmountCents + i.offsetAmountCents > 0' } as const;

/** Issued, unpaid, and its due day is over where it was issued, at the organization's time. Of the alias `i`. */
const isOverdue = `i.status = 'OPEN' and i.payment_due_date < (
  select (coalesce(o.virtual_now, now()) at time zone i.timezone)::date from organizations o where o.id = i.organization_id)`;

/** Which of these are overdue. */
export async function overdueOf(manager: EntityManager, rows: readonly InvoiceRow[]): Promise<ReadonlySet<string>> {
  const open = rows.filter((row) => row.status === 'OPEN');
  if (open.length === 0) return new Set();
  const overdue: { id: string }[] = await manager.query(
    `select i.id from invoices i where i.organization_id = $1 and i.id = any($2::uuid[]) and ${isOverdue}`,
    [open[0]?.organizationId, open.map((row) => row.id)],
  );
  return new Set(overdue.map(({ id }) => id));
}

/** Whether invoice `i` bills a subscription: by its header, or as one of several. */
const bills = (
  subscriptionId: string,
): string => `(i.subscription_id = ${subscriptionId} or exists (select from invoice_subscriptions b
  where b.organization_id = i.organization_id and b.invoice_id = i.id and b.subscription_id = ${subscriptionId}))`;

/** All invoices that bill this subscription, alone or with others of its customer; the caller orders them. */
export const invoicesOfSubscription = (manager: EntityManager, organizationId: string, subscriptionId: string) =>
  manager
    .createQueryBuilder(InvoiceRow, 'i')
    .where('i.organizationId = :organizationId', { organizationId })
    .andWhere(bills(':subscriptionId'), { subscriptionId });

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
      `exists (select from subscriptions s where s.organization_id = :organizationId and s.external_id = :externalSubscriptionId and ${bills('s.id')})`,
      { externalSubscriptionId: filter.external_subscription_id },
    );
  const words = [...(filter.status ?? []), ...(filter.statuses ?? [])];
  // What is closed is no document: only who asks for it sees it, as in Lago.
  if (words.length === 0) query.andWhere(`i.status <> 'CLOSED'`);
  else query.andWhere('i.status in (:...statuses)', { statuses: words.flatMap((word) => statusesByWord[word]) });
  const payments = [...(filter.payment_status ?? []), ...(filter.payment_statuses ?? [])];
  if (payments.length > 0)
    query.andWhere('i.status in (:...paymentStatuses)', {
      paymentStatuses: payments.flatMap((word) => statusesByPayment[word]),
    });
  if (filter.billing_entity_codes?.length) {
    query.andWhere('i.billingEntityId in (:...entityIds)', {
      entityIds: await billingEntityIds(manager, organizationId, filter.billing_entity_codes),
    });
  }
  if (filter.currency !== undefined) query.andWhere('i.currency = :currency', { currency: filter.currency });
  if (filter.invoice_type !== undefined) query.andWhere('i.invoiceType = :invoiceType', { invoiceType: filter.invoice_type });
  if (filter.issuing_date_from !== undefined) query.andWhere('i.issuingDate >= :from', { from: filter.issuing_date_from });
  if (filter.issuing_date_to !== undefined) query.andWhere('i.issuingDate <= :to', { to: filter.issuing_date_to });
  if (filter.amount_from !== undefined) query.andWhere('i.totalCents >= :amountFrom', { amountFrom: filter.amount_from });
  if (filter.amount_to !== undefined) query.andWhere('i.totalCents <= :amountTo', { amountTo: filter.amount_to });
  if (filter.payment_overdue !== undefined) query.andWhere(`(${isOverdue}) = :overdue`, { overdue: filter.payment_overdue });
  if (filter.partially_paid !== undefined)
    query.andWhere(
      '(i.totalPaidCents > 0 and i.totalPaidCents < i.totalCents - i.offsetAmountCents - i.providerBalanceCents) = :partially',
      { partially: filter.partially_paid },
    );
  for (const [position, [key, value]] of Object.entries(filter.metadata ?? {}).entries())
    query.andWhere(
      `i.metadata->'entries' @> jsonb_build_array(jsonb_build_object('key', :key${position}::text, 'value', :value${position}::text))`,
      {
        [`key${position}`]: key,
        [`value${position}`]: value,
      },
    );
  if (filter.settlements !== undefined)
    query.andWhere(new Brackets((either) => filter.settlements?.forEach((settlement) => either.orWhere(settledBy[settlement]))));
  if (filter.search_term !== undefined) {
    const term = containing(filter.search_term);
    query.andWhere(
      new Brackets((either) =>
        either
          .where('i.invoiceNumber ilike :term', { term })
          .orWhere('i.id::text = :exact', { exact: filter.search_term?.toLowerCase() })
          .orWhere(
            `i.customerId in (select c.id from customers c where c.organization_id = :organizationId
              and (c.name ilike :term or c.external_id ilike :term or c.email ilike :term))`,
          ),
      ),
    );
  }
  const { skip, take } = sliceOf(page);
  return query.orderBy('i.createdAt', 'DESC').addOrderBy('i.id', 'DESC').skip(skip).take(take).getManyAndCount();
}

/** Fees by invoice, in the order they stand on it. */
export async function feesOf(
  manager: EntityManager,
  organizationId: string,
  invoiceIds: readonly string[],
): Promise<Map<string, FeeRow[]>> {
  const rows = await manager.find(FeeRow, { where: { organizationId, invoiceId: In([...invoiceIds]) }, order: { id: 'asc' } });
  const byInvoice = new Map<string, FeeRow[]>();
  for (const row of rows) {
    const invoiceId = row.invoiceId ?? '';
    byInvoice.set(invoiceId, [...(byInvoice.get(invoiceId) ?? []), row]);
  }
  return byInvoice;
}

/** The customer's drafts that will be issued by themselves, in the order of their issue. */
export const waitingDraftsOf = (manager: EntityManager, organizationId: string, customerId: string): Promise<InvoiceRow[]> =>
  manager.find(InvoiceRow, {
    where: { organizationId, customerId, status: 'DRAFT', scheduledFinalizeAt: Not(IsNull()) },
    order: { scheduledFinalizeAt: 'asc', series: 'asc', sequentialId: 'asc' },
  });
