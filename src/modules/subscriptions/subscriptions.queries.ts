import { type EntityManager, In, type FindOptionsWhere } from 'typeorm';
import { BillingError } from '../../domain/errors/billing-error.ts';
import { liveStatuses, startedStatuses, type SubscriptionStatus } from '../../domain/lifecycles/subscription.ts';
import { type Page, sliceOf } from '../../platform/http/pagination.ts';
import { isId } from '../../platform/database/ids.ts';
import { billingEntityIds, BillingEntityRow, effectiveEntityId, effectiveEntityIdOf } from '../billing-entities/index.ts';
import type { Tx } from '../../platform/database/unit-of-work.ts';
import { CustomerRow, findCustomer } from '../customers/index.ts';
import { findPlan, PlanRow, plansAndCopies } from '../plans/index.ts';
import type { ListSubscriptionsQuery, WireStatus } from './subscription.dto.ts';
import { SubscriptionRow } from './subscription.entity.ts';
import { presentSubscription } from './subscription.presenter.ts';

/**
 * By id or external id. Of several with one external id the live one wins, else the youngest; with `status` of those that have it.
 * @throws BillingError subscription_not_found, for another tenant's too
 */
export async function findSubscription(
  manager: EntityManager,
  organizationId: string,
  idOrExternalId: string,
  { forUpdate = false, status }: { forUpdate?: boolean; status?: WireStatus | undefined } = {},
): Promise<SubscriptionRow> {
  const scope: FindOptionsWhere<SubscriptionRow> = { organizationId, ...(status && { status: In(statusesOf(status)) }) };
  const rows = await manager.find(SubscriptionRow, {
    where: isId(idOrExternalId)
      ? [
          { ...scope, id: idOrExternalId },
          { ...scope, externalId: idOrExternalId },
        ]
      : { ...scope, externalId: idOrExternalId },
    order: { createdAt: 'desc', id: 'desc' },
    ...(forUpdate ? { lock: { mode: 'pessimistic_write' as const } } : {}),
  });
  const row = rows.find(isLive) ?? rows[0];
  if (!row) throw new BillingError('subscription_not_found');
  return row;
}

/** One that has started and has not ended is active to who asks for it, whatever more is known of it. */
const statusesOf = (status: WireStatus): SubscriptionStatus[] =>
  status === 'active' ? liveStatuses.filter((live) => live !== 'PENDING') : [status.toUpperCase() as SubscriptionStatus];

/** Of the alias `s`. */
const ofPlan = (condition: string): string =>
  `exists (select from plans p where p.organization_id = s.organization_id and p.id = s.plan_id and ${condition})`;
const billedBy = `exists (select from customers c where c.organization_id = s.organization_id and c.id = s.customer_id
  and ${effectiveEntityIdOf('s')} in (:...entityIds))`;

/** Youngest first. @throws BillingError customer_not_found, plan_not_found, billing_entity_not_found where a filter names one that is not there */
export async function listSubscriptions(
  manager: EntityManager,
  organizationId: string,
  filter: ListSubscriptionsQuery,
  page: Page,
): Promise<[SubscriptionRow[], number]> {
  const query = manager.createQueryBuilder(SubscriptionRow, 's').where('s.organizationId = :organizationId', { organizationId });
  const customer = filter.external_customer_id && (await findCustomer(manager, organizationId, filter.external_customer_id));
  if (customer) query.andWhere('s.customerId = :customerId', { customerId: customer.id });
  const plan = filter.plan_code && (await findPlan(manager, organizationId, filter.plan_code));
  if (plan) query.andWhere('s.planId in (:...planIds)', { planIds: await plansAndCopies(manager, plan) });
  if (filter.external_id !== undefined) query.andWhere('s.externalId = :externalId', { externalId: filter.external_id });
  if (filter.currency !== undefined) query.andWhere(ofPlan('p.amount_currency = :currency'), { currency: filter.currency });
  if (filter.overridden !== undefined)
    query.andWhere(ofPlan('(p.parent_id is not null) = :overridden'), { overridden: filter.overridden });
  if (filter.billing_entity_codes?.length)
    query.andWhere(billedBy, { entityIds: await billingEntityIds(manager, organizationId, filter.billing_entity_codes) });
  query.andWhere('s.status in (:...statuses)', {
    statuses: filter.status?.map((status) => status.toUpperCase()) ?? startedStatuses,
  });
  const { skip, take } = sliceOf(page);
  return query.orderBy('s.createdAt', 'DESC').addOrderBy('s.id', 'ASC').skip(skip).take(take).getManyAndCount();
}

/** Holds its external id; a planned change only waits for it. */
const isLive = ({ status, changeAt }: SubscriptionRow): boolean =>
  liveStatuses.includes(status) && !(status === 'PENDING' && changeAt !== null);

/** The one that holds this external id, locked. */
export async function liveSubscription(tx: Tx, organizationId: string, externalId: string): Promise<SubscriptionRow | undefined> {
  const rows = await tx.find(SubscriptionRow, {
    where: { organizationId, externalId, status: In([...liveStatuses]) },
    order: { id: 'asc' },
    lock: { mode: 'pessimistic_write' },
  });
  return rows.find(isLive);
}

/** Wire objects of these rows, with the codes of customer, plan and effective billing entity. */
export async function presentSubscriptions(manager: EntityManager, rows: readonly SubscriptionRow[]) {
  const organizationId = rows[0]?.organizationId;
  if (organizationId === undefined) return [];
  const customers = await manager.findBy(CustomerRow, { organizationId, id: In(rows.map((row) => row.customerId)) });
  const planned = await manager.findBy(SubscriptionRow, {
    organizationId,
    previousSubscriptionId: In(rows.map((row) => row.id)),
    status: 'PENDING',
  });
  const previousIds = rows.flatMap((row) => row.previousSubscriptionId ?? []);
  const previous = previousIds.length > 0 ? await manager.findBy(SubscriptionRow, { organizationId, id: In(previousIds) }) : [];
  const planIds = new Set([...rows, ...planned, ...previous].map((row) => row.planId));
  const plans = await manager.findBy(PlanRow, { organizationId, id: In([...planIds]) });
  const entities = await manager.findBy(BillingEntityRow, { organizationId });
  const customerById = new Map(customers.map((customer) => [customer.id, customer]));
  const planById = new Map(plans.map((plan) => [plan.id, plan]));
  const entityById = new Map(entities.map((entity) => [entity.id, entity]));
  return rows.map((row) => {
    const customer = customerById.get(row.customerId);
    const plan = planById.get(row.planId);
    const entity = customer && entityById.get(effectiveEntityId(row, customer));
    if (!customer || !plan || !entity) throw new Error(`subscription ${row.id} lost its customer, plan or billing entity`);
    const next = planned.find((candidate) => candidate.previousSubscriptionId === row.id);
    const before = previous.find((candidate) => candidate.id === row.previousSubscriptionId);
    return presentSubscription(row, {
      externalCustomerId: customer.externalId,
      plan,
      billingEntityCode: entity.code,
      nextPlanCode: planById.get(next?.planId ?? '')?.code ?? null,
      changeAt: next?.changeAt ?? null,
      previousPlanCode: planById.get(before?.planId ?? '')?.code ?? null,
    });
  });
}
