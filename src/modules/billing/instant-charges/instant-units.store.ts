import type { Query } from '../../../platform/database/sql.ts';

/** Its row lock keeps the changes of one subscription with one worker, and away from the invoice of its period. */
const claim = {
  name: 'instant_units.claim',
  text: `select s.id from subscriptions s where s.organization_id = $1 and exists (
      select from instant_units w where w.organization_id = $1 and w.subscription_id = s.id)
    order by s.id limit 1 for update of s skip locked`,
};

const take = {
  name: 'instant_units.take',
  text: 'delete from instant_units where organization_id = $1 and subscription_id = $2 returning change_id',
};

const organizations = { name: 'instant_units.organizations', text: 'select distinct organization_id from instant_units' };

/** A subscription whose units grew, locked. */
export async function claimGrowing(query: Query, organizationId: string): Promise<string | undefined> {
  const [row] = await query<{ id: string }>(claim, [organizationId]);
  return row?.id;
}

/** Takes what waits of one subscription; the caller's transaction invoices it. */
export async function takeGrowth(query: Query, organizationId: string, subscriptionId: string): Promise<ReadonlySet<string>> {
  const rows = await query<{ change_id: string }>(take, [organizationId, subscriptionId]);
  return new Set(rows.map((row) => row.change_id));
}

export async function organizationsGrowing(query: Query): Promise<string[]> {
  return (await query<{ organization_id: string }>(organizations, [])).map((row) => row.organization_id);
}
