import { type EntityManager, In } from 'typeorm';
import { BillingError } from '../../../domain/errors/billing-error.ts';
import { isId } from '../../../platform/database/ids.ts';
import { type Page, sliceOf } from '../../../platform/http/pagination.ts';
import { SubscriptionRow } from '../../subscriptions/index.ts';
import { FeeRow } from '../fee.entity.ts';
import { presentFee } from '../invoice.presenter.ts';
import { itemCodesOf } from '../invoices.queries.ts';
import type { ListFeesQuery } from './fee.dto.ts';

/** By id. @throws BillingError fee_not_found, for another tenant's too */
export async function findFee(manager: EntityManager, organizationId: string, id: string): Promise<FeeRow> {
  const row = isId(id) ? await manager.findOneBy(FeeRow, { organizationId, id }) : null;
  if (!row) throw new BillingError('fee_not_found');
  return row;
}

const ofSubscription = `f.subscriptionId in (select s.id from subscriptions s
  where s.organization_id = :organizationId and s.external_id = :external_subscription_id)`;
const ofCustomer = `(f.subscriptionId in (select s.id from subscriptions s join customers c on c.organization_id = s.organization_id and c.id = s.customer_id
    where s.organization_id = :organizationId and c.external_id = :external_customer_id)
  or f.invoiceId in (select i.id from invoices i join customers c on c.organization_id = i.organization_id and c.id = i.customer_id
    where i.organization_id = :organizationId and c.external_id = :external_customer_id))`;

/** Wire parameter → condition. */
const conditions: Readonly<Record<string, string>> = {
  external_subscription_id: ofSubscription,
  external_customer_id: ofCustomer,
  currency: 'f.currency = :currency',
  fee_type: 'f.feeType = :fee_type',
  billable_metric_code: `f.derivation #>> '{evidence,metric_code}' = :billable_metric_code`,
  event_transaction_id: 'f.eventTransactionId = :event_transaction_id',
  created_at_from: 'f.createdAt >= :created_at_from',
  created_at_to: 'f.createdAt < :created_at_to',
};

/** Youngest first. */
export function listFees(
  manager: EntityManager,
  organizationId: string,
  filter: ListFeesQuery,
  page: Page,
): Promise<[FeeRow[], number]> {
  const query = manager.createQueryBuilder(FeeRow, 'f').where('f.organizationId = :organizationId', { organizationId });
  for (const [field, condition] of Object.entries(conditions)) {
    const value = filter[field as keyof ListFeesQuery];
    if (value !== undefined) query.andWhere(condition, { [field]: value });
  }
  const { take, skip } = sliceOf(page);
  return query.orderBy('f.createdAt', 'DESC').addOrderBy('f.id', 'DESC').skip(skip).take(take).getManyAndCount();
}

/** The wire objects of one organization's fees. */
export async function presentFees(manager: EntityManager, rows: readonly FeeRow[]) {
  const organizationId = rows[0]?.organizationId;
  if (organizationId === undefined) return [];
  const codes = await itemCodesOf(manager, organizationId, rows);
  const ids = [...new Set(rows.flatMap((row) => row.subscriptionId ?? []))];
  const subscriptions = ids.length > 0 ? await manager.findBy(SubscriptionRow, { organizationId, id: In(ids) }) : [];
  const externalIds = new Map(subscriptions.map((subscription) => [subscription.id, subscription.externalId]));
  return rows.map((row) => ({
    ...presentFee(row, codes.get(row.itemId ?? '')),
    external_subscription_id: externalIds.get(row.subscriptionId ?? '') ?? null,
  }));
}
