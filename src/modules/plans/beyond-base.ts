import type { EntityManager } from 'typeorm';
import { ChargeRow } from './charges/charge.entity.ts';
import { FixedChargeRow } from './fixed-charges/fixed-charge.entity.ts';
import { MinimumCommitmentRow } from './minimum-commitment.entity.ts';
import type { PlanRow } from './plan.entity.ts';

/** What a plan costs besides its base price, by name; empty where that is all. */
export async function pricesBeyondBase(
  manager: EntityManager,
  { organizationId, id: planId }: Pick<PlanRow, 'organizationId' | 'id'>,
): Promise<string[]> {
  const active = { organizationId, planId, status: 'ACTIVE' as const };
  const found: [name: string, is: boolean][] = [
    ['plan_has_usage', await manager.existsBy(ChargeRow, active)],
    ['plan_has_fixed_charges', await manager.existsBy(FixedChargeRow, active)],
    ['plan_has_minimum_commitment', await manager.existsBy(MinimumCommitmentRow, { organizationId, planId })],
  ];
  return found.flatMap(([name, is]) => (is ? [name] : []));
}
