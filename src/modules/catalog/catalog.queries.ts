import { type EntityManager, type EntityTarget, type FindOptionsWhere, In } from 'typeorm';
import { BillingError } from '../../domain/errors/billing-error.ts';
import type { ErrorCode } from '../../domain/errors/error-codes.ts';
import { isId } from '../../platform/database/ids.ts';
import { presentTax, taxesOf } from '../taxes/index.ts';
import { AddOnRow } from './add-on.entity.ts';
import { BillableMetricRow } from './billable-metric.entity.ts';
import { ChargeRow } from './charge.entity.ts';
import { FixedChargeRow } from './fixed-charge.entity.ts';
import { PlanRow } from './plan.entity.ts';
import {
  presentCharge,
  presentFixedCharge,
  presentPlan,
  type PresentedCharge,
  type PresentedFixedCharge,
} from './plan.presenter.ts';

interface Lock {
  readonly forUpdate?: boolean;
}

/** By id or code. @throws BillingError plan_not_found, for another tenant's too */
export const findPlan = (manager: EntityManager, organizationId: string, idOrCode: string, lock: Lock = {}): Promise<PlanRow> =>
  findByCode(manager, PlanRow, { organizationId, idOrCode, lock, otherwise: 'plan_not_found' });

/** By id or code. @throws BillingError billable_metric_not_found, for another tenant's too */
export const findMetric = (
  manager: EntityManager,
  organizationId: string,
  idOrCode: string,
  lock: Lock = {},
): Promise<BillableMetricRow> =>
  findByCode(manager, BillableMetricRow, { organizationId, idOrCode, lock, otherwise: 'billable_metric_not_found' });

/** By id or code. @throws BillingError add_on_not_found, for another tenant's too */
export const findAddOn = (manager: EntityManager, organizationId: string, idOrCode: string, lock: Lock = {}): Promise<AddOnRow> =>
  findByCode(manager, AddOnRow, { organizationId, idOrCode, lock, otherwise: 'add_on_not_found' });

/** The wire objects of one organization's plans, each with its charges, fixed charges and taxes. */
export async function presentPlans(manager: EntityManager, rows: readonly PlanRow[]) {
  const organizationId = rows[0]?.organizationId;
  if (organizationId === undefined) return [];
  const planIds = rows.map((row) => row.id);
  const oldestFirst = { createdAt: 'asc', id: 'asc' } as const;
  const charges = await manager.find(ChargeRow, { where: { organizationId, planId: In(planIds) }, order: oldestFirst });
  const fixedCharges = await manager.find(FixedChargeRow, { where: { organizationId, planId: In(planIds) }, order: oldestFirst });
  const presentedCharges = await presentCharges(manager, charges);
  const presentedFixedCharges = await presentFixedCharges(manager, fixedCharges);
  const taxes = await taxesOf(manager, organizationId, 'plan', planIds);
  return rows.map((row) =>
    presentPlan(row, {
      charges: presentedCharges.filter((_, i) => charges[i]?.planId === row.id),
      fixedCharges: presentedFixedCharges.filter((_, i) => fixedCharges[i]?.planId === row.id),
      taxes: (taxes.get(row.id) ?? []).map(presentTax),
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
  return rows.map((row) => {
    const metric = metrics.get(row.billableMetricId);
    if (!metric) throw new Error(`charge ${row.id} lost its metric`);
    return presentCharge(row, metric, (taxes.get(row.id) ?? []).map(presentTax));
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

interface Search {
  readonly organizationId: string;
  readonly idOrCode: string;
  readonly lock: Lock;
  readonly otherwise: ErrorCode;
}

async function findByCode<Row extends { organizationId: string; id: string; code: string }>(
  manager: EntityManager,
  type: EntityTarget<Row>,
  { organizationId, idOrCode, lock, otherwise }: Search,
): Promise<Row> {
  const byCode = { organizationId, code: idOrCode };
  const where = isId(idOrCode) ? [{ organizationId, id: idOrCode }, byCode] : byCode;
  const row = await manager.findOne(type, {
    where: where as unknown as FindOptionsWhere<Row>,
    ...(lock.forUpdate ? { lock: { mode: 'pessimistic_write' as const } } : {}),
  });
  if (!row) throw new BillingError(otherwise);
  return row;
}
