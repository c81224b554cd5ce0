import { type EntityManager, In } from 'typeorm';
import { BillingError } from '../../domain/errors/billing-error.ts';
import { isId } from '../../platform/database/ids.ts';
import { BillingEntityRow, idOfHomeEntity } from '../billing-entities/index.ts';
import { presentTax, taxesOf } from '../taxes/index.ts';
import { CustomerRow } from './customer.entity.ts';
import { presentCustomer } from './customer.presenter.ts';

/** By id or external id. @throws BillingError customer_not_found, for another tenant's too */
export async function findCustomer(
  manager: EntityManager,
  organizationId: string,
  idOrExternalId: string,
  { forUpdate = false }: { forUpdate?: boolean } = {},
): Promise<CustomerRow> {
  const row = await manager.findOne(CustomerRow, {
    where: isId(idOrExternalId)
      ? [
          { organizationId, id: idOrExternalId },
          { organizationId, externalId: idOrExternalId },
        ]
      : { organizationId, externalId: idOrExternalId },
    ...(forUpdate ? { lock: { mode: 'pessimistic_write' as const } } : {}),
  });
  if (!row) throw new BillingError('customer_not_found');
  return row;
}

/** The wire objects of one organization's customers, with their billing entities and taxes. */
export async function presentCustomers(manager: EntityManager, rows: readonly CustomerRow[]) {
  const organizationId = rows[0]?.organizationId;
  if (organizationId === undefined) return [];
  const entities = await manager.findBy(BillingEntityRow, {
    organizationId,
    id: In([...new Set(rows.map((row) => idOfHomeEntity(row.billingEntityId)))]),
  });
  const entityById = new Map(entities.map((entity) => [entity.id, entity]));
  const taxes = await taxesOf(
    manager,
    organizationId,
    'customer',
    rows.map((row) => row.id),
  );
  return rows.map((row) => {
    const billingEntity = entityById.get(idOfHomeEntity(row.billingEntityId));
    if (!billingEntity) throw new Error(`customer ${row.id} lost its billing entity`);
    return presentCustomer(row, { billingEntity, taxes: (taxes.get(row.id) ?? []).map(presentTax) });
  });
}
