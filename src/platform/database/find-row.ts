import { type EntityManager, type EntityTarget, type FindOptionsWhere, In } from 'typeorm';
import { BillingError } from '../../domain/errors/billing-error.ts';
import type { ErrorCode } from '../../domain/errors/error-codes.ts';
import { isId } from './ids.ts';

export interface Lock {
  readonly forUpdate?: boolean;
}

interface Search<Row> {
  readonly organizationId: string;
  readonly idOrCode: string;
  readonly lock: Lock;
  readonly otherwise: ErrorCode;
  /** What else holds of the row. */
  readonly among?: FindOptionsWhere<Row>;
}

/** One row of the organization by its id or its code. @throws BillingError `otherwise`, for another tenant's too */
export async function findByIdOrCode<Row extends { organizationId: string; id: string; code: string }>(
  manager: EntityManager,
  type: EntityTarget<Row>,
  { organizationId, idOrCode, lock, otherwise, among }: Search<Row>,
): Promise<Row> {
  const byCode = { ...among, organizationId, code: idOrCode };
  const where = isId(idOrCode) ? [{ ...among, organizationId, id: idOrCode }, byCode] : byCode;
  const row = await manager.findOne(type, {
    where: where as unknown as FindOptionsWhere<Row>,
    ...(lock.forUpdate ? { lock: { mode: 'pessimistic_write' as const } } : {}),
  });
  if (!row) throw new BillingError(otherwise);
  return row;
}

/** Those of these ids that the organization has. */
export async function rowsById<Row extends { organizationId: string; id: string }>(
  manager: EntityManager,
  type: EntityTarget<Row>,
  organizationId: string,
  ids: ReadonlySet<string>,
): Promise<Map<string, Row>> {
  if (ids.size === 0) return new Map();
  const rows = await manager.findBy(type, { organizationId, id: In([...ids]) } as unknown as FindOptionsWhere<Row>);
  return new Map(rows.map((row) => [row.id, row]));
}
