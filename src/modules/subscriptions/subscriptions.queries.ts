import { type EntityManager, In, type FindOptionsWhere } from 'typeorm';
import { BillingError } from '../../domain/errors/billing-error.ts';
import { liveStatuses, type SubscriptionStatus } from '../../domain/lifecycles/subscription.ts';
import { isId } from '../../platform/database/ids.ts';
import { BillingEntityRow, effectiveEntityId } from '../billing-entities/index.ts';
import { CustomerRow } from '../customers/index.ts';
import { PlanRow } from '../plans/index.ts';
import { SubscriptionRow } from './subscription.entity.ts';
import { presentSubscription } from './subscription.presenter.ts';

/**
 * By id or external id. Of several with one external id the live one wins, else the youngest.
 * @throws BillingError subscription_not_found, for another tenant's too
 */
export async function findSubscription(
  manager: EntityManager,
  organizationId: string,
  idOrExternalId: string,
  { forUpdate = false, status }: { forUpdate?: boolean; status?: SubscriptionStatus } = {},
): Promise<SubscriptionRow> {
  const scope: FindOptionsWhere<SubscriptionRow> = { organizationId, ...(status ? { status } : {}) };
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
  const row = rows.find((candidate) => liveStatuses.includes(candidate.status)) ?? rows[0];
  if (!row) throw new BillingError('subscription_not_found');
  return row;
}

/** Wire objects of these rows, with the codes of customer, plan and effective billing entity. */
export async function presentSubscriptions(manager: EntityManager, rows: readonly SubscriptionRow[]) {
  const organizationId = rows[0]?.organizationId;
  if (organizationId === undefined) return [];
  const customers = await manager.findBy(CustomerRow, { organizationId, id: In(rows.map((row) => row.customerId)) });
  const plans = await manager.findBy(PlanRow, { organizationId, id: In(rows.map((row) => row.planId)) });
  const entities = await manager.findBy(BillingEntityRow, { organizationId });
  const customerById = new Map(customers.map((customer) => [customer.id, customer]));
  const planById = new Map(plans.map((plan) => [plan.id, plan]));
  const entityById = new Map(entities.map((entity) => [entity.id, entity]));
  return rows.map((row) => {
    const customer = customerById.get(row.customerId);
    const plan = planById.get(row.planId);
    const entity = customer && entityById.get(effectiveEntityId(row, customer));
    if (!customer || !plan || !entity) throw new Error(`subscription ${row.id} lost its customer, plan or billing entity`);
    return presentSubscription(row, { externalCustomerId: customer.externalId, plan, billingEntityCode: entity.code });
  });
}
