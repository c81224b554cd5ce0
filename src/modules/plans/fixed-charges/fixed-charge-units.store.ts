import type { EntityManager } from 'typeorm';
import { Exact } from '../../../domain/money/exact.ts';
import { newId } from '../../../platform/database/ids.ts';
import { queryIn, runStatement } from '../../../platform/database/sql.ts';
import type { Tx } from '../../../platform/database/unit-of-work.ts';
import type { PlanRow } from '../plan.entity.ts';
import type { FixedChargeRow } from './fixed-charge.entity.ts';

const insertChange = {
  name: 'fixed_charge_units.insert',
  text: `insert into fixed_charge_units (organization_id, fixed_charge_id, id, units_before, units, changed_at, immediately)
    values ($1, $2, $3, $4, $5, $6, $7)`,
};

/** Like `plans.has_live_subscription` a statement over a table to the right. */
const insertWaiting = {
  name: 'fixed_charge_units.insert_waiting',
  text: `insert into instant_units (organization_id, subscription_id, change_id)
    select organization_id, id, $3 from subscriptions
    where organization_id = $1 and plan_id = $2 and status = 'ACTIVE' and payment_provider = 'MANUAL'`,
};

const copyChanges = {
  name: 'fixed_charge_units.copy',
  text: `insert into fixed_charge_units (organization_id, fixed_charge_id, id, units_before, units, changed_at, immediately)
    select u.organization_id, f.id, u.id, u.units_before, u.units, u.changed_at, u.immediately from fixed_charges f
    join fixed_charge_units u on u.organization_id = f.organization_id and u.fixed_charge_id = f.parent_id
    where f.organization_id = $1 and f.plan_id = $2`,
};

/**
 * Keeps that the units of a plan in use change at `at`: at once, or from each subscription's next period on. What is paid in advance
 * and grows at once is invoiced to each subscription by `billing`.
 */
export async function keepUnitsChange(
  tx: Tx,
  plan: PlanRow,
  { before, after, immediately, at }: { before: FixedChargeRow; after: FixedChargeRow; immediately: boolean; at: Date },
): Promise<void> {
  const growth = Exact.parse(after.units).compare(Exact.parse(before.units));
  if (growth === 0) return;
  const { organizationId, id } = after;
  const changeId = newId();
  await runStatement(tx, insertChange, [organizationId, id, changeId, before.units, after.units, at, immediately]);
  if (immediately && growth > 0 && after.payInAdvance) await runStatement(tx, insertWaiting, [organizationId, plan.id, changeId]);
}

/** A copy of a plan has the history of the prices it copies. */
export async function copyUnits(tx: Tx, { organizationId, id }: PlanRow): Promise<void> {
  await runStatement(tx, copyChanges, [organizationId, id]);
}

/** Of these fixed charges, those whose units changed at once at this very instant. */
export async function changedAtOnce(
  tx: Tx,
  organizationId: string,
  ids: readonly string[],
  at: Date,
): Promise<ReadonlySet<string>> {
  const rows = await queryIn(tx)<{ fixed_charge_id: string }>(
    {
      name: 'fixed_charge_units.at_once',
      text: `select fixed_charge_id from fixed_charge_units
        where organization_id = $1 and fixed_charge_id = any($2::uuid[]) and changed_at = $3 and immediately`,
    },
    [organizationId, ids, at],
  );
  return new Set(rows.map((row) => row.fixed_charge_id));
}

export interface StoredUnitsChange {
  readonly fixed_charge_id: string;
  readonly id: string;
  readonly units_before: string;
  readonly units: string;
  readonly changed_at: Date;
  readonly immediately: boolean;
}

/** The changes of these fixed charges, in the order of time. */
export const readUnitsChanges = (
  manager: EntityManager,
  organizationId: string,
  ids: readonly string[],
): Promise<StoredUnitsChange[]> =>
  manager.query(
    `select fixed_charge_id, id, units_before::text, units::text, changed_at, immediately from fixed_charge_units
      where organization_id = $1 and fixed_charge_id = any($2::uuid[]) order by changed_at, id`,
    [organizationId, ids],
  );
