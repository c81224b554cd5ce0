import { type EntityManager, In } from 'typeorm';
import { BillingError } from '../../../domain/errors/billing-error.ts';
import { isId } from '../../../platform/database/ids.ts';
import { type Page, sliceOf } from '../../../platform/http/pagination.ts';
import { CustomerRow } from '../../customers/index.ts';
import { billedItemsOf } from '../../plans/index.ts';
import { SubscriptionRow } from '../../subscriptions/index.ts';
import { TaxRow } from '../../taxes/index.ts';
import { FeeRow } from '../fee.entity.ts';
import { InvoiceRow } from '../invoice.entity.ts';
import { InvoiceTaxRow } from '../invoice-tax.entity.ts';
import type { ListFeesQuery } from './fee.dto.ts';
import { type FeeToPresent, type NamedTax, presentFee } from './fee.presenter.ts';

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

/** What fees show of what is around them, by id; where a preview has no rows of its own it says what they would be. */
export interface FeeNeighbours {
  readonly invoices: ReadonlyMap<string, InvoiceRow>;
  readonly subscriptions: ReadonlyMap<string, SubscriptionRow>;
  readonly customers: ReadonlyMap<string, CustomerRow>;
  /** By invoice; under '' those of the organization, for fees without one. */
  readonly taxes: ReadonlyMap<string, readonly NamedTax[]>;
}

/** The wire objects of one organization's fees. */
export async function presentFees(manager: EntityManager, rows: readonly FeeRow[]) {
  const organizationId = rows[0]?.organizationId;
  if (organizationId === undefined) return [];
  return presentFeesAmong(manager, rows, await neighboursOf(manager, organizationId, rows), await trueUpsOf(manager, rows));
}

/** The same among given neighbours; `siblings` are the fees among which a true-up finds its parent. */
export async function presentFeesAmong(
  manager: EntityManager,
  fees: readonly FeeToPresent[],
  { invoices, subscriptions, customers, taxes }: FeeNeighbours,
  siblings: readonly FeeToPresent[] = fees,
) {
  const organizationId = fees[0]?.organizationId;
  if (organizationId === undefined) return [];
  const itemOf = await billedItemsOf(manager, organizationId, fees);
  return fees.map((fee) => {
    const invoice = invoices.get(fee.invoiceId ?? '');
    const subscription = subscriptions.get(fee.subscriptionId ?? '');
    const isTrueUp = fee.derivation.true_up !== undefined;
    const partner = siblings.find(
      (other) =>
        other.feeType === 'charge' &&
        (other.derivation.true_up !== undefined) !== isTrueUp &&
        other.invoiceId === fee.invoiceId &&
        other.subscriptionId === fee.subscriptionId &&
        other.itemId === fee.itemId,
    );
    const partnerId = (fee.feeType === 'charge' && partner?.id) || null;
    return presentFee(fee, {
      item: itemOf(fee),
      externalSubscriptionId: subscription?.externalId ?? null,
      customer: customers.get(invoice?.customerId ?? subscription?.customerId ?? ''),
      invoice,
      taxes: taxes.get(fee.invoiceId ?? '') ?? [],
      trueUpId: isTrueUp ? null : partnerId,
      trueUpParentId: isTrueUp ? partnerId : null,
    });
  });
}

async function neighboursOf(manager: EntityManager, organizationId: string, rows: readonly FeeRow[]): Promise<FeeNeighbours> {
  const idsOf = (of: (row: FeeRow) => string | null) => In([...new Set(rows.flatMap((row) => of(row) ?? []))]);
  const invoices = await manager.findBy(InvoiceRow, { organizationId, id: idsOf((row) => row.invoiceId) });
  const subscriptions = await manager.findBy(SubscriptionRow, { organizationId, id: idsOf((row) => row.subscriptionId) });
  const customerIds = [...new Set([...invoices, ...subscriptions].map(({ customerId }) => customerId))];
  const customers = await manager.findBy(CustomerRow, { organizationId, id: In(customerIds) });
  const taxes = new Map<string, NamedTax[]>();
  for (const tax of await manager.findBy(InvoiceTaxRow, { organizationId, invoiceId: idsOf((row) => row.invoiceId) }))
    taxes.set(tax.invoiceId, [...(taxes.get(tax.invoiceId) ?? []), tax]);
  if (rows.some((row) => row.invoiceId === null)) taxes.set('', await taxesByCode(manager, organizationId));
  const byId = <T extends { id: string }>(found: readonly T[]) => new Map(found.map((row) => [row.id, row]));
  return { invoices: byId(invoices), subscriptions: byId(subscriptions), customers: byId(customers), taxes };
}

const taxesByCode = async (manager: EntityManager, organizationId: string): Promise<NamedTax[]> =>
  (await manager.findBy(TaxRow, { organizationId })).map(({ id, code, name, rate }) => ({
    taxId: id,
    taxCode: code,
    taxName: name,
    taxRate: rate,
    note: null,
  }));

/** The fees with the other fees of their charges on the same invoices, when a minimum was filled up. */
async function trueUpsOf(manager: EntityManager, rows: readonly FeeRow[]): Promise<FeeRow[]> {
  const organizationId = rows[0]?.organizationId ?? '';
  const charged = rows.filter((row) => row.feeType === 'charge' && row.invoiceId !== null);
  if (charged.length === 0) return [];
  return manager.find(FeeRow, {
    where: {
      organizationId,
      feeType: 'charge',
      invoiceId: In([...new Set(charged.map((row) => row.invoiceId))]),
      itemId: In([...new Set(charged.map((row) => row.itemId))]),
    },
    order: { id: 'asc' },
  });
}
