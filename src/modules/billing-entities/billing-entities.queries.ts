import { type EntityManager, In, IsNull } from 'typeorm';
import { BillingError } from '../../domain/errors/billing-error.ts';
import { isId } from '../../platform/database/ids.ts';
import { BillingEntityRow } from './billing-entity.entity.ts';

/** By id, archived ones too, or by the code of an active one. @throws BillingError billing_entity_not_found, for another tenant's too */
export async function findBillingEntity(
  manager: EntityManager,
  organizationId: string,
  idOrCode: string,
  { forUpdate = false }: { forUpdate?: boolean } = {},
): Promise<BillingEntityRow> {
  const row = await manager.findOne(BillingEntityRow, {
    where: isId(idOrCode)
      ? [
          { organizationId, id: idOrCode },
          { organizationId, code: idOrCode, archivedAt: IsNull() },
        ]
      : { organizationId, code: idOrCode, archivedAt: IsNull() },
    ...(forUpdate ? { lock: { mode: 'pessimistic_write' as const } } : {}),
  });
  if (!row) throw new BillingError('billing_entity_not_found');
  return row;
}

/** The entity that customers without a choice belong to; every organization has exactly one. */
export async function defaultBillingEntity(manager: EntityManager, organizationId: string): Promise<BillingEntityRow> {
  return manager.findOneByOrFail(BillingEntityRow, { organizationId, isDefault: true });
}

/** Of active ones, by their codes. @throws BillingError billing_entity_not_found */
export async function billingEntityIds(
  manager: EntityManager,
  organizationId: string,
  codes: readonly string[],
): Promise<string[]> {
  const wanted = [...new Set(codes)];
  const rows = await manager.findBy(BillingEntityRow, { organizationId, code: In(wanted), archivedAt: IsNull() });
  if (rows.length !== wanted.length) throw new BillingError('billing_entity_not_found');
  return rows.map((row) => row.id);
}
