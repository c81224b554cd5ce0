import { type AttentionJob, isPutOff } from '../../../platform/attention/needs-attention.store.ts';
import type { Query } from '../../../platform/database/sql.ts';
import { type StoredEvent, storedColumns } from './arrivals.store.ts';

/** The job that charges events at once, a subscription at a time. */
export const instantEvents: AttentionJob = {
  name: 'instant_charges',
  objectType: 'subscription',
  told: 'subscription.charging_failed',
};

/** A subscription with events that wait to be charged. */
export interface WaitingSubscription {
  readonly id: string;
  readonly external_id: string;
  readonly started_at: Date;
  readonly terminated_at: Date | null;
}

export interface WaitingEvent extends StoredEvent {
  readonly id: string;
  readonly metric_key: number;
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
  text: `select s.id, s.external_id, s.started_at, s.terminated_at from subscriptions s where s.organization_id = $1
      and not ${isPutOff(instantEvents, 's.organization_id', 's.id', '$2')} and exists (
      select from instant_charges q where q.organization_id = $1 and ${covers})
    order by s.id limit 1 for update of s skip locked`,
};

/** In the order in which they came. */
const waiting = {
  name: 'instant_charges.waiting',
  text: `select q.id, q.metric_key, ${storedColumns}
    from subscriptions s
    join instant_charges q on ${covers}
    join usage_events e on e.stream_id = q.stream_id and e.transaction_id = q.transaction_id
    where s.organization_id = $1 and s.id = $2
    order by q.id limit $3`,
};

/** Waits for whoever charges events of these subscriptions: it holds their rows meanwhile. */
const inHand = {
  name: 'instant_charges.in_hand',
  text: `select s.id from subscriptions s where s.organization_id = $1 and exists (select from instant_charges q where q.organization_id = $1 and ${covers})
    order by s.id for update of s`,
};

const done = {
  name: 'instant_charges.done',
  text: 'delete from instant_charges where organization_id = $1 and id = $2',
};

const organizations = {
  name: 'instant_charges.organizations',
  text: 'select distinct organization_id from instant_charges',
};

/** What came from before a subscription's start, or from a pause of it, is usage like any other and costs nothing at once. */
export async function dropVain(query: Query, organizationId: string, streamId: string | null = null): Promise<void> {
  await query(drop, [organizationId, streamId]);
}

/** One that is not put off at `now`. */
export async function claimWaiting(query: Query, organizationId: string, now: Date): Promise<WaitingSubscription | undefined> {
  const [row] = await query<WaitingSubscription>(claim, [organizationId, now]);
  return row;
}

/** Returns when no other worker has events of the organization in hand that waited when it was asked. */
export async function othersAreDone(query: Query, organizationId: string): Promise<void> {
  await query(inHand, [organizationId]);
}

export const waitingEvents = (
  query: Query,
  organizationId: string,
  subscriptionId: string,
  limit: number,
): Promise<WaitingEvent[]> => query<WaitingEvent>(waiting, [organizationId, subscriptionId, limit]);

export async function settle(query: Query, organizationId: string, id: string): Promise<void> {
  await query(done, [organizationId, id]);
}

export async function organizationsWaiting(query: Query): Promise<string[]> {
  return (await query<{ organization_id: string }>(organizations, [])).map((row) => row.organization_id);
}
