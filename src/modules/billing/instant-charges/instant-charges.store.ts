import type { UsageInputs } from '../../../domain/invoicing/derivation.ts';
import type { DayCount } from '../../../domain/proration/local-days.ts';
import { parseStrictJson } from '../../../platform/http/strict-json.ts';
import type { Query } from '../../../platform/database/sql.ts';

/** A subscription with events that wait to be charged. */
export interface WaitingSubscription {
  readonly id: string;
  readonly started_at: Date;
  readonly terminated_at: Date | null;
}

export interface WaitingEvent {
  readonly id: string;
  readonly metric_key: number;
  readonly transaction_id: string;
  readonly occurred_at: Date;
  readonly properties: Readonly<Record<string, unknown>>;
}

const ofStream = `s.organization_id = q.organization_id and s.stream_id = q.stream_id and s.status not in ('PENDING', 'CANCELED', 'FAILED')`;

const isPaused = `exists (select from subscription_pauses p where p.organization_id = s.organization_id and p.subscription_id = s.id
    and p.paused_at <= q.occurred_at and (p.resumed_at is null or q.occurred_at < p.resumed_at))`;

/** The time before a pause ended, or before a subscription under the external id began, is nobody's and will be nobody's. */
const isOver = `(s.started_at > q.occurred_at or exists (select from subscription_pauses p where p.organization_id = s.organization_id
    and p.subscription_id = s.id and p.paused_at <= q.occurred_at and q.occurred_at < p.resumed_at))`;

const covers = `${ofStream} and s.started_at <= q.occurred_at and (s.terminated_at is null or q.occurred_at < s.terminated_at) and not ${isPaused}`;

/** Of `instant_charges q`: no subscription covers the event, and none will: a new one begins where the last one ended. */
export const isInVain = `exists (select from subscriptions s where ${ofStream} and ${isOver}) and not exists (select from subscriptions s where ${covers})`;

const drop = {
  name: 'instant_charges.drop_vain',
  text: `delete from instant_charges q where q.organization_id = $1 and ($2::bigint is null or q.stream_id = $2) and ${isInVain}`,
};

/** Its row lock keeps the events of one subscription in one row of workers, and away from the invoice of its period. */
const claim = {
  name: 'instant_charges.claim',
  text: `select s.id, s.started_at, s.terminated_at from subscriptions s where s.organization_id = $1 and s.id <> all($2::uuid[]) and exists (
      select from instant_charges q where q.organization_id = $1 and ${covers})
    order by s.id limit 1 for update of s skip locked`,
};

/** In the order in which they came. */
const waiting = {
  name: 'instant_charges.waiting',
  text: `select q.id, q.metric_key, q.transaction_id, q.occurred_at, e.properties::text as properties
    from subscriptions s
    join instant_charges q on ${covers}
    join usage_events e on e.stream_id = q.stream_id and e.transaction_id = q.transaction_id
    where s.organization_id = $1 and s.id = $2
    order by q.id limit $3`,
};

const done = {
  name: 'instant_charges.done',
  text: 'delete from instant_charges where organization_id = $1 and id = $2',
};

/**
 * The most that a charge was paid for in a period, by one filter and group: the usage of the fee that charged the most units. What
 * was renewed at the start of the period counts as paid, and what was paid for the charge that it is a copy of.
 */
const paid = {
  name: 'instant_charges.paid',
  text: `select f.derivation #> '{pricing,inputs}' as inputs, f.derivation ->> 'units' as units, f.derivation ->> 'day_count' as day_count
    from fees f where f.organization_id = $1 and f.subscription_id = $2 and f.item_id = any($3::uuid[]) and f.period_start = $4 and f.fee_type = 'charge'
      and coalesce(f.derivation -> 'filter_values', '{}') = $5 and coalesce(f.derivation -> 'grouped_by', '{}') = $6
      and not exists (select from invoices i where i.organization_id = f.organization_id and i.id = f.invoice_id and i.status = 'VOID'
        and f.event_transaction_id is null)
    order by coalesce(f.derivation #>> '{pricing,inputs,prorated_units}', f.derivation #>> '{pricing,inputs,units}', f.derivation ->> 'units')::numeric desc,
      f.id desc
    limit 1`,
};

const organizations = {
  name: 'instant_charges.organizations',
  text: 'select distinct organization_id from instant_charges',
};

/** What came from before a subscription's start, or from a pause of it, is usage like any other and costs nothing at once. */
export async function dropVain(query: Query, organizationId: string, streamId: string | null = null): Promise<void> {
  await query(drop, [organizationId, streamId]);
}

/** One that is not among `except`. */
export async function claimWaiting(
  query: Query,
  organizationId: string,
  except: readonly string[],
): Promise<WaitingSubscription | undefined> {
  const [row] = await query<WaitingSubscription>(claim, [organizationId, except]);
  return row;
}

export async function waitingEvents(
  query: Query,
  organizationId: string,
  subscriptionId: string,
  limit: number,
): Promise<WaitingEvent[]> {
  const rows = await query<Omit<WaitingEvent, 'properties'> & { properties: string }>(waiting, [
    organizationId,
    subscriptionId,
    limit,
  ]);
  return rows.map((row) => ({
    ...row,
    properties: parseStrictJson(Buffer.from(row.properties)) as WaitingEvent['properties'],
  }));
}

export async function settle(query: Query, organizationId: string, id: string): Promise<void> {
  await query(done, [organizationId, id]);
}

export interface PaidQuestion {
  readonly subscriptionId: string;
  /** The charge, and the one it is a copy of. */
  readonly chargeIds: readonly string[];
  readonly periodStart: Date;
  readonly filterValues: Readonly<Record<string, readonly string[]>> | null;
  readonly groupedBy: Readonly<Record<string, string | null>> | null;
}

export interface PaidUsage {
  readonly inputs: UsageInputs;
  /** By which rule its days were counted. */
  readonly dayCount: DayCount;
}

interface PaidRecord {
  readonly inputs: UsageInputs | null;
  readonly units: string;
  readonly day_count: DayCount | null;
}

export async function paidUsage(query: Query, organizationId: string, question: PaidQuestion): Promise<PaidUsage | null> {
  const [row] = await query<PaidRecord>(paid, [
    organizationId,
    question.subscriptionId,
    question.chargeIds,
    question.periodStart,
    JSON.stringify(question.filterValues ?? {}),
    JSON.stringify(question.groupedBy ?? {}),
  ]);
  if (!row) return null;
  return { inputs: row.inputs ?? { units: row.units, events_count: '0' }, dayCount: row.day_count ?? 'actual' };
}

export async function organizationsWaiting(query: Query): Promise<string[]> {
  return (await query<{ organization_id: string }>(organizations, [])).map((row) => row.organization_id);
}
