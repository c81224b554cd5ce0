import type { EntityManager } from 'typeorm';
import { BillingError } from '../../../domain/errors/billing-error.ts';
import { isId } from '../../../platform/database/ids.ts';
import type { PlanRow } from '../plan.entity.ts';
import { ChargeRow } from './charge.entity.ts';

/** By id or code; a deleted one is not found. @throws BillingError charge_not_found */
export async function findCharge(manager: EntityManager, plan: PlanRow, idOrCode: string): Promise<ChargeRow> {
  const ofPlan = { organizationId: plan.organizationId, planId: plan.id, status: 'ACTIVE' as const };
  const byCode = { ...ofPlan, code: idOrCode };
  const row = await manager.findOneBy(ChargeRow, isId(idOrCode) ? [{ ...ofPlan, id: idOrCode }, byCode] : byCode);
  if (!row) throw new BillingError('charge_not_found');
  return row;
}
