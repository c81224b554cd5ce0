import type { BillingTime, Interval } from '../../domain/calendar/billing-period.ts';
import { isId } from '../../platform/database/ids.ts';
import type { Query } from '../../platform/database/sql.ts';
import {
  type EffectiveEntityColumns,
  effectiveEntityColumns,
  effectiveEntityIdOf,
  joinEffectiveEntity,
} from '../billing-entities/index.ts';

/** The terms of a plan that another one gave way to, and who bills it now. */
export type SuccessorPlan = Pick<
  DueSubscription,
  | 'plan_id'
  | 'plan_name'
  | 'interval'
  | 'amount_cents'
  | 'pay_in_advance'
  | 'bill_charges_monthly'
  | 'bill_fixed_charges_monthly'
  | 'entity_id'
>;

/** A subscription with everything its invoice needs of customer, plan and effective entity. int8 and numeric are text. */
export interface DueSubscription extends EffectiveEntityColumns {
  readonly id: string;
  readonly stream_id: string;
  readonly billing_time: BillingTime;
  readonly billing_timezone: string;
  readonly subscription_at: Date;
  readonly started_at: Date;
  readonly trial_ends_at: Date | null;
  readonly paused_at: Date | null;
  readonly resumed_at: Date | null;
  readonly on_termination_invoice: 'generate' | 'skip' | null;
  readonly on_termination_credit_note: 'credit' | 'refund' | 'offset' | 'skip' | null;
  /** The subscription that took its place; then the day of the change is the successor's. */
  readonly successor_id: string | null;
  /** What the successor bills in advance together with the last of this one; else null. */
  readonly successor_plan: SuccessorPlan | null;
  readonly current_period_start: Date;
  readonly current_period_end: Date;
  readonly terminated_at: Date | null;
  readonly customer_id: string;
  readonly customer_number: string;
  readonly customer_name: string;
  readonly consolidate_invoices: boolean;
  readonly plan_id: string;
  readonly plan_name: string;
  readonly interval: Interval;
  readonly pay_in_advance: boolean;
  readonly bill_charges_monthly: boolean;
  readonly bill_fixed_charges_monthly: boolean;
  readonly amount_cents: string;
  readonly amount_currency: string;
}

const selectSubscription = `
  select s.id, s.stream_id, s.billing_time, s.billing_timezone, s.subscription_at, s.started_at, s.trial_ends_at,
    s.paused_at, s.resumed_at, s.on_termination_invoice, s.on_termination_credit_note, s.successor_id,
    case when s.bills_successor then json_build_object('plan_id', np.id, 'plan_name', coalesce(np.invoice_display_name, np.name),
      'interval', np.interval, 'amount_cents', np.amount_cents::text, 'pay_in_advance', np.pay_in_advance,
      'bill_charges_monthly', np.bill_charges_monthly, 'bill_fixed_charges_monthly', np.bill_fixed_charges_monthly,
      'entity_id', ${effectiveEntityIdOf('n')}) end as successor_plan,
    s.current_period_start, s.current_period_end, s.terminated_at,
    c.id as customer_id, c.sequential_id as customer_number, coalesce(c.name, c.external_id) as customer_name, c.consolidate_invoices, ${effectiveEntityColumns},
    p.id as plan_id, coalesce(p.invoice_display_name, p.name) as plan_name, p.interval, p.amount_cents, p.amount_currency,
    p.pay_in_advance, p.bill_charges_monthly, p.bill_fixed_charges_monthly
  from subscriptions s
  join customers c on c.organization_id = s.organization_id and c.id = s.customer_id
  join plans p on p.organization_id = s.organization_id and p.id = s.plan_id
  ${joinEffectiveEntity}
  left join subscriptions n on n.organization_id = s.organization_id and n.id = s.successor_id and s.bills_successor
  left join plans np on np.organization_id = n.organization_id and np.id = n.plan_id`;

/**
 * What makes a subscription due (G2, G3): the predicate of the index ix_subscriptions_due, and the time. A successor whose start
 * is billed with its predecessor's last period waits for that one.
 */
const isDue = `s.organization_id = $1 and (s.status in ('ACTIVE', 'TRIAL') or s.final_invoice_due) and s.payment_provider = 'MANUAL' and s.current_period_end <= $2
    and (s.previous_subscription_id is null or not exists (select from subscriptions q where q.organization_id = s.organization_id
      and q.id = s.previous_subscription_id and q.bills_successor and q.final_invoice_due))
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

const claimOfCustomer = {
  name: 'billing.claim_of_customer',
  text: `with taken as materialized (select c.id from customers c where c.organization_id = $1 and c.id = $4 for no key update of c)
    ${selectSubscription} where ${isDue} and s.customer_id in (select id from taken) order by s.current_period_end, s.id for update of s`,
};

const claimNamed = {
  name: 'billing.claim_named',
  text: `${selectSubscription} where ${isDue} and s.id = any($4::uuid[]) order by s.current_period_end, s.id for update of s skip locked`,
};

const readNamed = {
  name: 'billing.read_named',
  text: `${selectSubscription} where s.organization_id = $1 and s.id = any($2::uuid[])`,
};

const read = { name: 'billing.read', text: `${selectSubscription} where s.organization_id = $1 and s.id = $2` };

/** Of several with one external id the live one, else the youngest, as everywhere. */
const readOfCustomer = {
  name: 'billing.read_of_customer',
  text: `${selectSubscription} where s.organization_id = $1 and (s.status in ('ACTIVE', 'TRIAL') or s.final_invoice_due) and s.id = (
    select o.id from customers h join subscriptions o on o.organization_id = h.organization_id and o.customer_id = h.id
    where h.organization_id = $1 and (h.external_id = $2 or h.id = $3) and (o.external_id = $4 or o.id = $5)
    order by o.status in ('CANCELED', 'TERMINATED', 'FAILED'), o.created_at desc, o.id desc limit 1)`,
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
 * to `limit` customers whose subscriptions are billed together.
 */
export async function claimDue(query: Query, scope: DueScope, limit: number): Promise<DueSubscription[]> {
  const alone = await query<DueSubscription>(claim, [...valuesOf(scope), limit]);
  return alone.length > 0 ? alone : query<DueSubscription>(claimTogether, [...valuesOf(scope), limit]);
}

/** Locks all that is due of one customer, waiting for whoever holds it. */
export const claimDueOfCustomer = (query: Query, scope: DueScope, customerId: string): Promise<DueSubscription[]> =>
  query<DueSubscription>(claimOfCustomer, [...valuesOf(scope), customerId]);

/** Locks those of the named subscriptions that are still due and free. */
export const claimNamedDue = (query: Query, scope: DueScope, ids: readonly string[]): Promise<DueSubscription[]> =>
  query<DueSubscription>(claimNamed, [...valuesOf(scope), ids]);

/** Subscriptions by id, due or not; the claim of their predecessors holds them. */
export const readNamedForPricing = (query: Query, organizationId: string, ids: readonly string[]): Promise<DueSubscription[]> =>
  query<DueSubscription>(readNamed, [organizationId, ids]);

/** One subscription, due or not, unlocked: for previews. */
export async function readForPricing(query: Query, organizationId: string, id: string): Promise<DueSubscription | undefined> {
  const [row] = await query<DueSubscription>(read, [organizationId, id]);
  return row;
}

/** The customer's subscription, if it has something to bill; both by id or external id, in one statement. */
export async function readOfCustomerForPricing(
  query: Query,
  organizationId: string,
  customer: string,
  subscription: string,
): Promise<DueSubscription | undefined> {
  const idOf = (text: string): string | null => (isId(text) ? text : null);
  const values = [organizationId, customer, idOf(customer), subscription, idOf(subscription)];
  const [row] = await query<DueSubscription>(readOfCustomer, values);
  return row;
}

export async function countDueSubscriptions(query: Query, scope: DueScope): Promise<number> {
  const [row] = await query<{ count: number }>(countDue, valuesOf(scope));
  return row?.count ?? 0;
}

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
