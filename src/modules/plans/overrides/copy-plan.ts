import { In } from 'typeorm';
import { newId } from '../../../platform/database/ids.ts';
import type { Tx } from '../../../platform/database/unit-of-work.ts';
import { ChargeFilterRow } from '../charges/charge-filter.entity.ts';
import { ChargeRow } from '../charges/charge.entity.ts';
import { copyUnits } from '../fixed-charges/fixed-charge-units.store.ts';
import { FixedChargeRow } from '../fixed-charges/fixed-charge.entity.ts';
import { MinimumCommitmentRow } from '../minimum-commitment.entity.ts';
import { PlanRow } from '../plan.entity.ts';

/**
 * The plan of one subscription: the one it has if nobody shares it, else a copy with everything that is priced in it, under the same
 * codes. The caller holds the row of the plan it copies.
 */
export async function ownPlan(tx: Tx, plan: PlanRow, at: Date): Promise<PlanRow> {
  if (plan.parentId !== null) return plan;
  const { organizationId } = plan;
  const copied = { parentId: plan.id, createdAt: at, updatedAt: at };
  const own: PlanRow = { ...plan, ...copied, id: newId() };
  await tx.insert(PlanRow, own);
  await tx.query(
    'insert into plan_taxes (organization_id, plan_id, tax_id) select organization_id, $3, tax_id from plan_taxes where organization_id = $1 and plan_id = $2',
    [organizationId, plan.id, own.id],
  );
  await copyCharges(tx, plan, own);
  await copyFixedCharges(tx, plan, own);
  await copyCommitment(tx, plan, own);
  return own;
}

async function copyCharges(tx: Tx, plan: PlanRow, own: PlanRow): Promise<void> {
  const { organizationId } = plan;
  const charges = await tx.findBy(ChargeRow, { organizationId, planId: plan.id, status: 'ACTIVE' });
  if (charges.length === 0) return;
  const copies = charges.map((charge) => ({ ...charge, id: newId(), planId: own.id, parentId: charge.id }));
  await tx.insert(ChargeRow, copies);
  const idByParent = new Map(copies.map((copy) => [copy.parentId, copy.id]));
  const filters = await tx.findBy(ChargeFilterRow, { organizationId, chargeId: In(charges.map((charge) => charge.id)) });
  const copiedFilters = filters.map((filter) => ({
    ...filter,
    id: newId(),
    chargeId: idByParent.get(filter.chargeId) ?? filter.chargeId,
  }));
  if (copiedFilters.length > 0) await tx.insert(ChargeFilterRow, copiedFilters);
  await tx.query(
    `insert into charge_taxes (organization_id, charge_id, tax_id)
      select c.organization_id, c.id, t.tax_id from charges c
      join charge_taxes t on t.organization_id = c.organization_id and t.charge_id = c.parent_id
      where c.organization_id = $1 and c.plan_id = $2`,
    [organizationId, own.id],
  );
}

async function copyFixedCharges(tx: Tx, plan: PlanRow, own: PlanRow): Promise<void> {
  const { organizationId } = plan;
  const fixed = await tx.findBy(FixedChargeRow, { organizationId, planId: plan.id, status: 'ACTIVE' });
  if (fixed.length === 0) return;
  await tx.insert(
    FixedChargeRow,
    fixed.map((charge) => ({ ...charge, id: newId(), planId: own.id, parentId: charge.id })),
  );
  await copyUnits(tx, own);
}

async function copyCommitment(tx: Tx, plan: PlanRow, own: PlanRow): Promise<void> {
  const { organizationId } = plan;
  const commitment = await tx.findOneBy(MinimumCommitmentRow, { organizationId, planId: plan.id });
  if (!commitment) return;
  const copy = { ...commitment, id: newId(), planId: own.id };
  await tx.insert(MinimumCommitmentRow, copy);
  await tx.query(
    `insert into minimum_commitment_taxes (organization_id, minimum_commitment_id, tax_id)
      select organization_id, $3, tax_id from minimum_commitment_taxes where organization_id = $1 and minimum_commitment_id = $2`,
    [organizationId, commitment.id, copy.id],
  );
}
