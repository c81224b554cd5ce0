import type { EntityManager } from 'typeorm';

/** What a fee is for, as Lago's `item` says it: a charge is of a billable metric, a fixed charge of an add-on, the rest of a subscription. */
export interface BilledItem {
  readonly id: string;
  readonly code: string;
  readonly type: 'AddOn' | 'BillableMetric' | 'Subscription';
}

/** What names its item: the plan, commitment, charge, fixed charge or add-on that was priced. */
interface Billed {
  readonly itemId: string | null;
  readonly subscriptionId: string | null;
}

const byItemId = `
  select p.id as key, p.id, p.code, 'Subscription' as type from plans p where p.organization_id = $1 and p.id = any($2::uuid[])
  union all select m.id, p.id, p.code, 'Subscription' from minimum_commitments m
    join plans p on p.organization_id = m.organization_id and p.id = m.plan_id where m.organization_id = $1 and m.id = any($2::uuid[])
  union all select a.id, a.id, a.code, 'AddOn' from add_ons a where a.organization_id = $1 and a.id = any($2::uuid[])
  union all select f.id, a.id, a.code, 'AddOn' from fixed_charges f join add_ons a on a.organization_id = f.organization_id and a.id = f.add_on_id
    where f.organization_id = $1 and f.id = any($2::uuid[])
  union all select c.id, m.id, m.code, 'BillableMetric' from charges c
    join billable_metrics m on m.organization_id = c.organization_id and m.id = c.billable_metric_id
    where c.organization_id = $1 and c.id = any($2::uuid[])`;

/** Undefined where a line of free words is for nothing of ours. */
export async function billedItemsOf(
  manager: EntityManager,
  organizationId: string,
  billed: readonly Billed[],
): Promise<(one: Billed) => BilledItem | undefined> {
  const ids = [...new Set(billed.flatMap(({ itemId }) => itemId ?? []))];
  const rows: (BilledItem & { readonly key: string })[] = await manager.query(byItemId, [organizationId, ids]);
  const byKey = new Map(rows.map(({ key, ...item }) => [key, item]));
  return ({ itemId, subscriptionId }) => {
    const item = byKey.get(itemId ?? '');
    return item?.type === 'Subscription' ? { ...item, id: subscriptionId ?? item.id } : item;
  };
}
