import { type EntityManager, In, IsNull } from 'typeorm';
import { findByIdOrCode, type Lock, rowsById } from '../../platform/database/find-row.ts';
import { AddOnRow } from '../add-ons/index.ts';
import { BillableMetricRow } from '../billable-metrics/index.ts';
import { presentTax, taxesOf } from '../taxes/index.ts';
import { ChargeFilterRow } from './charges/charge-filter.entity.ts';
import { ChargeRow } from './charges/charge.entity.ts';
import { FixedChargeRow } from './fixed-charges/fixed-charge.entity.ts';
import { MinimumCommitmentRow } from './minimum-commitment.entity.ts';
import { PlanRow } from './plan.entity.ts';
import {
  presentCharge,
  presentChargeFilter,
  presentCommitment,
  presentFixedCharge,
  presentPlan,
  type PresentedCharge,
  type PresentedCommitment,
  type PresentedFixedCharge,
} from './plan.presenter.ts';

/** Of the catalog, by id or code. @throws BillingError plan_not_found, for another tenant's and a subscription's own too */
export const findPlan = (manager: EntityManager, organizationId: string, idOrCode: string, lock: Lock = {}): Promise<PlanRow> =>
  findByIdOrCode(manager, PlanRow, {
    organizationId,
    idOrCode,
    lock,
    otherwise: 'plan_not_found',
    among: { parentId: IsNull() },
  });

/** Its id and those of subscriptions' own copies of it. */
export async function plansAndCopies(manager: EntityManager, { organizationId, id }: PlanRow): Promise<string[]> {
  const copies = await manager.find(PlanRow, { where: { organizationId, parentId: id }, select: { id: true } });
  return [id, ...copies.map((copy) => copy.id)];
}

/** Does a period of this plan begin with something to bill? */
export async function billsInAdvance(manager: EntityManager, plan: PlanRow): Promise<boolean> {
  const { organizationId, id: planId } = plan;
  return plan.payInAdvance || manager.existsBy(FixedChargeRow, { organizationId, planId, payInAdvance: true, status: 'ACTIVE' });
}

/** The wire objects of one organization's plans, each with its charges, fixed charges and taxes. */
export async function presentPlans(manager: EntityManager, rows: readonly PlanRow[]) {
  const organizationId = rows[0]?.organizationId;
  if (organizationId === undefined) return [];
  const planIds = rows.map((row) => row.id);
  const oldestFirst = { createdAt: 'asc', id: 'asc' } as const;
  const active = { where: { organizationId, planId: In(planIds), status: 'ACTIVE' as const }, order: oldestFirst };
  const charges = await manager.find(ChargeRow, active);
  const fixedCharges = await manager.find(FixedChargeRow, active);
  const presentedCharges = await presentCharges(manager, charges);
  const presentedFixedCharges = await presentFixedCharges(manager, fixedCharges);
  const taxes = await taxesOf(manager, organizationId, 'plan', planIds);
  const commitments = await commitmentsOf(manager, rows);
  return rows.map((row) =>
    presentPlan(row, {
      charges: presentedCharges.filter((_, i) => charges[i]?.planId === row.id),
      fixedCharges: presentedFixedCharges.filter((_, i) => fixedCharges[i]?.planId === row.id),
      commitment: commitments.get(row.id) ?? null,
      taxes: (taxes.get(row.id) ?? []).map(presentTax),
    }),
  );
}

/** The wire objects of minimum commitments by plan id. */
async function commitmentsOf(manager: EntityManager, plans: readonly PlanRow[]): Promise<Map<string, PresentedCommitment>> {
  const organizationId = plans[0]?.organizationId ?? '';
  const rows = await manager.findBy(MinimumCommitmentRow, { organizationId, planId: In(plans.map((plan) => plan.id)) });
  if (rows.length === 0) return new Map();
  const ids = rows.map((row) => row.id);
  const taxes = await taxesOf(manager, organizationId, 'minimum_commitment', ids);
  const planById = new Map(plans.map((plan) => [plan.id, plan]));
  return new Map(
    rows.flatMap((row) => {
      const plan = planById.get(row.planId);
      return plan ? [[plan.id, presentCommitment(row, plan, (taxes.get(row.id) ?? []).map(presentTax))] as const] : [];
    }),
  );
}

/** The wire objects of one organization's charges, in the given order. */
export async function presentCharges(manager: EntityManager, rows: readonly ChargeRow[]): Promise<PresentedCharge[]> {
  const organizationId = rows[0]?.organizationId;
  if (organizationId === undefined) return [];
  const metrics = await rowsById(manager, BillableMetricRow, organizationId, new Set(rows.map((row) => row.billableMetricId)));
  const ids = rows.map((row) => row.id);
  const taxes = await taxesOf(manager, organizationId, 'charge', ids);
  const filters = await manager.find(ChargeFilterRow, {
    where: { organizationId, chargeId: In(ids) },
    order: { createdAt: 'asc', id: 'asc' },
  });
  return rows.map((row) => {
    const metric = metrics.get(row.billableMetricId);
    if (!metric) throw new Error(`charge ${row.id} lost its metric`);
    return presentCharge(row, {
      metric,
      filters: filters.filter((filter) => filter.chargeId === row.id).map(presentChargeFilter),
      taxes: (taxes.get(row.id) ?? []).map(presentTax),
    });
  });
}

/** The wire objects of one organization's fixed charges, in the given order. */
export async function presentFixedCharges(
  manager: EntityManager,
  rows: readonly FixedChargeRow[],
): Promise<PresentedFixedCharge[]> {
  const organizationId = rows[0]?.organizationId;
  if (organizationId === undefined) return [];
  const addOns = await rowsById(manager, AddOnRow, organizationId, new Set(rows.map((row) => row.addOnId)));
  return rows.map((row) => {
    const addOn = addOns.get(row.addOnId);
    if (!addOn) throw new Error(`fixed charge ${row.id} lost its add-on`);
    return presentFixedCharge(row, addOn);
  });
}
