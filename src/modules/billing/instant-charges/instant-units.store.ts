import { type AttentionJob, isPutOff } from '../../../platform/attention/needs-attention.store.ts';
import type { Query } from '../../../platform/database/sql.ts';

/** The job that charges growing units at once, a subscription at a time. */
export const instantUnits: AttentionJob = {
  name: 'instant_units',
  objectType: 'subscription',
  told: 'subscription.charging_failed',
};

/** Its row lock keeps the changes of one subscription with one worker, and away from the invoice of its period. */
const claim = {
  name: 'instant_units.claim',
  text: `select s.id, s.external_id from subscriptions s where s.organization_id = $1
      and not ${isPutOff(instantUnits, 's.organization_id', 's.id', '$2')} and exists (
      select from instant_units w where w.organization_id = $1 and w.subscription_id = s.id)
    order by s.id limit 1 for update of s skip locked`,
};

const take = {
  name: 'instant_units.take',
  text: 'delete from instant_units where organization_id = $1 and subscription_id = $2 returning change_id',
};

const organizations = { name: 'instant_units.organizations', text: 'select distinct organization_id from instant_units' };

export interface GrowingSubscription {
  readonly id: string;
  readonly external_id: string;
}

/** A subscription whose units grew, locked; none that is put off at `now`. */
export async function claimGrowing(query: Query, organizationId: string, now: Date): Promise<GrowingSubscription | undefined> {
  const [row] = await query<GrowingSubscription>(claim, [organizationId, now]);
  return row;
}

/** Takes what waits of one subscription; the caller's transaction invoices it. */
export async function takeGrowth(query: Query, organizationId: string, subscriptionId: string): Promise<ReadonlySet<string>> {
  const rows = await query<{ change_id: string }>(take, [organizationId, subscriptionId]);
  return new Set(rows.map((row) => row.change_id));
}

export async function organizationsGrowing(query: Query): Promise<string[]> {
  return (await query<{ organization_id: string }>(organizations, [])).map((row) => row.organization_id);
}
