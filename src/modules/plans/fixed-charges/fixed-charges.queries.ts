import type { EntityManager } from 'typeorm';
import { BillingError } from '../../../domain/errors/billing-error.ts';
import { isId } from '../../../platform/database/ids.ts';
import type { PlanRow } from '../plan.entity.ts';
import { FixedChargeRow } from './fixed-charge.entity.ts';

/** By id or code; a deleted one is not found. @throws BillingError fixed_charge_not_found */
export async function findFixedCharge(manager: EntityManager, plan: PlanRow, idOrCode: string): Promise<FixedChargeRow> {
  const ofPlan = { organizationId: plan.organizationId, planId: plan.id, status: 'ACTIVE' as const };
  const byCode = { ...ofPlan, code: idOrCode };
  const row = await manager.findOneBy(FixedChargeRow, isId(idOrCode) ? [{ ...ofPlan, id: idOrCode }, byCode] : byCode);
  if (!row) throw new BillingError('fixed_charge_not_found');
  return row;
}
