import type { Tx } from '../../../platform/database/unit-of-work.ts';
import { ChargeRow } from '../charges/charge.entity.ts';
import { deactivateCharges, writeCharges } from '../charges/write-charges.ts';
import { changedAtOnce } from '../fixed-charges/fixed-charge-units.store.ts';
import { FixedChargeRow } from '../fixed-charges/fixed-charge.entity.ts';
import { deactivateFixedCharges, writeFixedCharges } from '../fixed-charges/write-fixed-charges.ts';
import { PlanRow } from '../plan.entity.ts';
import { overridePlan } from './override-plan.ts';
import { type Prices, readPrices } from './read-prices.ts';

/**
 * Carries a change of a plan over to subscriptions' own copies of it. What a copy had as the plan had it follows; what is its own stays.
 * The plan's row is locked, and so nobody makes a copy meanwhile.
 */
export async function cascadeChange(tx: Tx, plan: PlanRow, before: Prices, at: Date): Promise<void> {
  const { organizationId } = plan;
  const copies = await tx.find(PlanRow, {
    where: { organizationId, parentId: plan.id },
    order: { id: 'asc' },
    lock: { mode: 'pessimistic_write' },
  });
  if (copies.length === 0) return;
  const after = await readPrices(tx, plan);
  const atOnce = await changedAtOnce(tx, organizationId, [...after.fixedCharges.keys()], at);
  for (const copy of copies) {
    const own = await readPrices(tx, copy);
    const row = await overridePlan(
      tx,
      copy,
      {
        ...changed(before.plan, after.plan, own.plan),
        charges: changedPrices(before.charges, after.charges, own.charges),
        fixed_charges: changedPrices(before.fixedCharges, after.fixedCharges, own.fixedCharges).map((fixed) => ({
          ...fixed,
          apply_units_immediately: atOnce.has(parentOf(own, fixed.id)),
        })),
      },
      at,
    );
    await addAndEnd(tx, row, { before, after, own }, at);
  }
}

/** The fields that changed in the plan and were the same in the copy. */
function changed<Says extends object>(before: Says, after: Says, own: Says): Partial<Says> {
  const fields = (Object.keys(after) as (keyof Says)[]).filter(
    (field) => text(before[field]) !== text(after[field]) && text(before[field]) === text(own[field]),
  );
  return Object.fromEntries(fields.map((field) => [field, after[field]])) as Partial<Says>;
}

const text = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? inner.toString() : inner)) ?? '';

type Listed<Says> = ReadonlyMap<string, { readonly says: Says; readonly row: { readonly id: string } }>;

function changedPrices<Says extends object>(before: Listed<Says>, after: Listed<Says>, own: Listed<Says>) {
  return [...own].flatMap(([key, { says, row }]) => {
    const [was, is] = [before.get(key), after.get(key)];
    const changes = was && is ? changed(was.says, is.says, says) : {};
    return Object.keys(changes).length > 0 ? [{ ...changes, id: row.id }] : [];
  });
}

/** The plan's fixed charge that one of a copy was copied from. */
const parentOf = ({ fixedCharges }: Prices, id: string): string =>
  [...fixedCharges].find(([, { row }]) => row.id === id)?.[0] ?? id;

interface Change {
  readonly before: Prices;
  readonly after: Prices;
  readonly own: Prices;
}

/** Prices that are new in the plan, and those that ended. */
async function addAndEnd(tx: Tx, copy: PlanRow, { before, after, own }: Change, at: Date): Promise<void> {
  const { organizationId } = copy;
  const added = <Row>(was: ReadonlyMap<string, unknown>, is: ReadonlyMap<string, { readonly row: Row }>): Row[] =>
    [...is].flatMap(([key, { row }]) => (was.has(key) ? [] : [row]));
  /** What the plan had and has no more, of what the copy has. */
  const ended = <Row>(
    was: ReadonlyMap<string, unknown>,
    is: ReadonlyMap<string, unknown>,
    has: ReadonlyMap<string, { readonly row: Row }>,
  ): Row[] => [...has].flatMap(([key, { row }]) => (was.has(key) && !is.has(key) ? [row] : []));
  for (const row of added(before.charges, after.charges)) {
    const says = after.charges.get(row.id)?.says;
    const input = {
      ...says,
      code: row.code,
      billable_metric_id: row.billableMetricId,
      charge_model: row.chargeModel,
      pay_in_advance: row.payInAdvance,
      invoiceable: row.invoiceable,
      prorated: row.prorated,
    };
    const [copied] = await writeCharges(tx, copy, [input], 'add', at);
    if (copied) await tx.update(ChargeRow, { organizationId, id: copied.id }, { parentId: row.id });
  }
  for (const row of added(before.fixedCharges, after.fixedCharges)) {
    const input = {
      ...after.fixedCharges.get(row.id)?.says,
      code: row.code,
      add_on_id: row.addOnId,
      charge_model: row.chargeModel,
      prorated: row.prorated,
      pay_in_advance: row.payInAdvance,
    };
    const [copied] = await writeFixedCharges(tx, copy, [input], 'add', at);
    if (copied) await tx.update(FixedChargeRow, { organizationId, id: copied.id }, { parentId: row.id });
  }
  await deactivateCharges(tx, copy, ended(before.charges, after.charges, own.charges), at);
  await deactivateFixedCharges(tx, copy, ended(before.fixedCharges, after.fixedCharges, own.fixedCharges), at);
}
