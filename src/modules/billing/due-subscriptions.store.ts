import { isPutOff, needsAttentionFor } from '../../platform/attention/needs-attention.store.ts';
import type { Query } from '../../platform/database/sql.ts';
import { waking } from '../subscriptions/index.ts';
import { generation } from './generation.ts';
import { type DueSubscription, selectSubscription } from './subscription-to-price.ts';

/**
 * What makes a subscription due (G2, G3): the predicate of the index ix_subscriptions_due, and the time. A successor whose start
 * is billed with its predecessor's last period waits for that one; one that is to end on the day of the boundary waits for its end
 * (lago.md 2.2), so that no period begins of which it is the only day.
 */
const hasEnded = `s.organization_id = $1 and (s.status in ('ACTIVE', 'TRIAL') or s.final_invoice_due) and s.payment_provider = 'MANUAL' and s.current_period_end <= $2
    and (s.ending_at is null or s.ending_at <= $2 or s.final_invoice_due
      or (s.ending_at at time zone s.billing_timezone)::date <> (s.current_period_end at time zone s.billing_timezone)::date)
    and (s.previous_subscription_id is null or not exists (select from subscriptions q where q.organization_id = s.organization_id
      and q.id = s.previous_subscription_id and q.bills_successor and q.final_invoice_due))`;

/** One that time could not take further is not billed as what it was; one that could not be billed is tried again later. */
const isDue = `${hasEnded} and not ${needsAttentionFor(waking, 's.organization_id', 's.id')} and not ${isPutOff(generation, 's.organization_id', 's.id', '$2')}
    and not exists (select from billing_run_errors f where f.organization_id = s.organization_id and f.billing_run_id = $3 and f.subscription_id = s.id)`;

const claim = {
  name: 'billing.claim',
  text: `${selectSubscription} where ${isDue} and not c.consolidate_invoices order by s.current_period_end, s.id limit $4
    for update of s skip locked`,
};

/** Customer by customer, because one invoice takes all that is due of one: the customer's row is what workers share them by. */
const claimTogether = {
  name: 'billing.claim_together',
  text: `with taken as materialized (
      select c.id from customers c where c.organization_id = $1 and c.consolidate_invoices
        and exists (select from subscriptions s where s.organization_id = c.organization_id and s.customer_id = c.id and ${isDue})
      order by c.id limit $4 for no key update of c skip locked)
    ${selectSubscription} where ${isDue} and s.customer_id in (select id from taken) order by s.customer_id, s.current_period_end, s.id for update of s`,
};

const waiting = ({ name, text }: { name: string; text: string }) => ({
  name: `${name}_waiting`,
  text: text.replace(' skip locked', ''),
});
const claimWaiting = waiting(claim);
const claimTogetherWaiting = waiting(claimTogether);

const claimOfCustomer = {
  name: 'billing.claim_of_customer',
  text: `with taken as materialized (select c.id from customers c where c.organization_id = $1 and c.id = $4 for no key update of c)
    ${selectSubscription} where ${isDue} and s.customer_id in (select id from taken) order by s.current_period_end, s.id for update of s`,
};

/** Waits for who holds them: of those that are billed together none is left out. */
const claimNamed = {
  name: 'billing.claim_named',
  text: `with taken as materialized (
      select c.id from customers c where c.organization_id = $1 and c.consolidate_invoices
        and exists (select from subscriptions s where s.organization_id = c.organization_id and s.customer_id = c.id and s.id = any($4::uuid[]))
      order by c.id for no key update of c)
    ${selectSubscription} where ${isDue} and s.id = any($4::uuid[]) and (not c.consolidate_invoices or c.id in (select id from taken))
    order by s.current_period_end, s.id for update of s`,
};

const countDue = { name: 'billing.count_due', text: `select count(*)::int as count from subscriptions s where ${isDue}` };

export interface DueScope {
  readonly organizationId: string;
  readonly asOf: Date;
  /** Subscriptions that failed in this run are left out. */
  readonly runId: string;
}

const valuesOf = ({ organizationId, asOf, runId }: DueScope): unknown[] => [organizationId, asOf, runId];

/**
 * Locks up to `limit` due subscriptions that no other worker holds, the longest due first; when those run out, all that is due of up
 * to `limit` customers whose subscriptions are billed together. Who `waits` gets those that others hold, too.
 */
export async function claimDue(
  query: Query,
  scope: DueScope,
  limit: number,
  { waits = false }: { waits?: boolean } = {},
): Promise<DueSubscription[]> {
  const [single, together] = waits ? [claimWaiting, claimTogetherWaiting] : [claim, claimTogether];
  const alone = await query<DueSubscription>(single, [...valuesOf(scope), limit]);
  return alone.length > 0 ? alone : query<DueSubscription>(together, [...valuesOf(scope), limit]);
}

/** Locks all that is due of one customer, waiting for whoever holds it. */
export const claimDueOfCustomer = (query: Query, scope: DueScope, customerId: string): Promise<DueSubscription[]> =>
  query<DueSubscription>(claimOfCustomer, [...valuesOf(scope), customerId]);

/** Locks those of the named subscriptions that are still due, waiting for whoever holds them. */
export const claimNamedDue = (query: Query, scope: DueScope, ids: readonly string[]): Promise<DueSubscription[]> =>
  query<DueSubscription>(claimNamed, [...valuesOf(scope), ids]);

export async function countDueSubscriptions(query: Query, scope: DueScope): Promise<number> {
  const [row] = await query<{ count: number }>(countDue, valuesOf(scope));
  return row?.count ?? 0;
}

const settle = {
  name: 'billing.settle_attention',
  text: `delete from needs_attention n where n.organization_id = $1 and n.job = '${generation.name}' and n.object_type = '${generation.objectType}'
    and not exists (select from subscriptions s where ${hasEnded} and s.id::text = n.object_id)`,
};

/** What is not due any more, billed or ended, needs no attention any more. */
export const settleBilled = (
  query: Query,
  { organizationId, asOf }: Pick<DueScope, 'organizationId' | 'asOf'>,
): Promise<unknown> => query(settle, [organizationId, asOf]);

const advance = {
  name: 'billing.advance',
  text: `update subscriptions s set current_period_start = coalesce(r.next_start, s.current_period_start),
      current_period_end = coalesce(r.next_end, s.current_period_end), final_invoice_due = s.final_invoice_due and r.next_start is not null,
      last_invoiced_at = $2, updated_at = $2
    from unnest($3::uuid[], $4::timestamptz[], $5::timestamptz[]) as r(id, next_start, next_end)
    where s.organization_id = $1 and s.id = r.id`,
};

export interface Advance {
  readonly id: string;
  /** Null when nothing is left to bill. */
  readonly next: { readonly start: Date; readonly end: Date } | null;
}

export async function advancePeriods(
  query: Query,
  organizationId: string,
  at: Date,
  advances: readonly Advance[],
): Promise<void> {
  await query(advance, [
    organizationId,
    at,
    advances.map((entry) => entry.id),
    advances.map((entry) => entry.next?.start ?? null),
    advances.map((entry) => entry.next?.end ?? null),
  ]);
}
