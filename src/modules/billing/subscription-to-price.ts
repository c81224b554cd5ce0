import type { BillingTime, Interval } from '../../domain/calendar/billing-period.ts';
import type { LineSettings } from '../../domain/invoicing/lines.ts';
import { isId } from '../../platform/database/ids.ts';
import { rowsAsJson } from '../../platform/database/row-json.ts';
import type { Query } from '../../platform/database/sql.ts';
import {
  type EffectiveEntityColumns,
  effectiveEntityColumns,
  effectiveEntityIdOf,
  joinEffectiveEntity,
} from '../billing-entities/index.ts';
import type { CustomerRow } from '../customers/index.ts';
import type { SubscriptionRow } from '../subscriptions/index.ts';

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
  readonly external_id: string;
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

/** Whose days they are, and how they are counted where a part of a period is billed. */
export const daysOf = (subscription: DueSubscription) => ({
  timezone: subscription.billing_timezone,
  dayCount: subscription.day_count,
});

export const lineSettingsOf = (subscription: DueSubscription): LineSettings => ({
  currency: subscription.amount_currency,
  ...daysOf(subscription),
});

/** Subscriptions and customers as they stand, or as relations of rows that are not stored. */
const selectFrom = (subscriptions: string, customers: string): string => `
  select s.id, s.external_id, s.stream_id, s.billing_time, s.billing_timezone, s.subscription_at, s.started_at, s.trial_ends_at,
    s.paused_at, s.resumed_at, s.on_termination_invoice, s.on_termination_credit_note, s.successor_id,
    case when s.bills_successor then json_build_object('plan_id', np.id, 'plan_name', coalesce(np.invoice_display_name, np.name),
      'interval', np.interval, 'amount_cents', np.amount_cents::text, 'pay_in_advance', np.pay_in_advance,
      'bill_charges_monthly', np.bill_charges_monthly, 'bill_fixed_charges_monthly', np.bill_fixed_charges_monthly,
      'entity_id', ${effectiveEntityIdOf('n')}) end as successor_plan,
    s.current_period_start, s.current_period_end, s.terminated_at,
    c.id as customer_id, c.sequential_id as customer_number, coalesce(c.name, c.external_id) as customer_name, c.consolidate_invoices, ${effectiveEntityColumns},
    p.id as plan_id, coalesce(p.invoice_display_name, p.name) as plan_name, p.interval, p.amount_cents, p.amount_currency,
    p.pay_in_advance, p.bill_charges_monthly, p.bill_fixed_charges_monthly
  from ${subscriptions} s
  join ${customers} c on c.organization_id = s.organization_id and c.id = s.customer_id
  join plans p on p.organization_id = s.organization_id and p.id = s.plan_id
  ${joinEffectiveEntity}
  left join ${subscriptions} n on n.organization_id = s.organization_id and n.id = s.successor_id and s.bills_successor
  left join plans np on np.organization_id = n.organization_id and np.id = n.plan_id`;

export const selectSubscription = selectFrom('subscriptions', 'customers');

const readNamed = {
  name: 'billing.read_named',
  text: `${selectSubscription} where s.organization_id = $1 and s.id = any($2::uuid[])`,
};

/** What is imagined of customers stands before what is stored of them. */
const readImagined = {
  name: 'billing.read_imagined',
  text: `with imagined_subscriptions as (select * from jsonb_populate_recordset(null::subscriptions, $3::jsonb)),
      imagined_customers as (select * from jsonb_populate_recordset(null::customers, $4::jsonb)),
      concerned_customers as (select * from imagined_customers union all select * from customers k where k.organization_id = $1
        and k.id in (select customer_id from imagined_subscriptions) and k.id not in (select id from imagined_customers))
    ${selectFrom('imagined_subscriptions', 'concerned_customers')} where s.organization_id = $1 and s.id = any($2::uuid[])
    order by s.current_period_end, s.id`,
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

/** Rows that are not stored, or not as they would be. */
export interface ImaginedRows {
  readonly subscriptions: readonly SubscriptionRow[];
  readonly customers: readonly CustomerRow[];
}

/** Subscriptions by id, due or not; the claim of their predecessors holds them. Of imagined ones, in the order of the claim. */
export const readNamedForPricing = (
  query: Query,
  organizationId: string,
  ids: readonly string[],
  imagined?: ImaginedRows,
): Promise<DueSubscription[]> =>
  imagined
    ? query<DueSubscription>(readImagined, [
        organizationId,
        ids,
        rowsAsJson(imagined.subscriptions),
        rowsAsJson(imagined.customers),
      ])
    : query<DueSubscription>(readNamed, [organizationId, ids]);

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
