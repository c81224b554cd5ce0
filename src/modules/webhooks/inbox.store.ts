import type { DataSource } from 'typeorm';
import { readStatement, runStatement } from '../../platform/database/sql.ts';
import type { Tx } from '../../platform/database/unit-of-work.ts';
import type { Envelope, StoredEvent } from './inbound-provider.ts';

/** An event as it came, under the id it will have. */
export interface Delivery {
  readonly id: string;
  readonly provider: string;
  readonly envelope: Envelope;
  readonly body: Buffer;
}

export type Kept = 'new' | 'repeated' | 'conflicting';

/** In the order of their names, so that two transactions never wait for each other's events; of one event the first delivery stands. */
const insert = {
  name: 'inbound_events.insert',
  text: `insert into inbound_events (id, provider, account, livemode, event_id, type, api_version, occurred_at, object_type, object_id, lane, body,
      fingerprint, status)
    select id, provider, account, livemode, event_id, type, api_version, occurred_at, object_type, object_id, lane, body, fingerprint, 'RECEIVED'
    from unnest($1::uuid[], $2::text[], $3::text[], $4::boolean[], $5::text[], $6::text[], $7::text[], $8::timestamptz[], $9::text[], $10::text[],
      $11::text[], $12::bytea[], $13::bytea[]) with ordinality as r(id, provider, account, livemode, event_id, type, api_version, occurred_at,
      object_type, object_id, lane, body, fingerprint, position)
    order by provider, account, event_id, position
    on conflict on constraint uq_inbound_events_event do nothing returning id`,
};

const duplicate = {
  name: 'inbound_events.count_duplicate',
  text: `update inbound_events set duplicates = duplicates + 1 where provider = $1 and account = $2 and event_id = $3
    returning fingerprint = $4 as same`,
};

/** Of an event that was here before: `conflicting` when it came with another content, and the first one stands. */
export async function countDuplicate(dataSource: DataSource, { provider, envelope }: Delivery): Promise<Exclude<Kept, 'new'>> {
  const { account, eventId, fingerprint } = envelope;
  const [known] = await readStatement<{ same: boolean }>(dataSource, duplicate, [provider, account, eventId, fingerprint]);
  return known?.same === false ? 'conflicting' : 'repeated';
}

/** One statement, durable when it returns. Answers the ids of those that were not here yet. */
export async function insertDeliveries(dataSource: DataSource, deliveries: readonly Delivery[]): Promise<ReadonlySet<string>> {
  const column = <K extends keyof Envelope>(name: K): Envelope[K][] => deliveries.map(({ envelope }) => envelope[name]);
  const rows = await readStatement<{ id: string }>(dataSource, insert, [
    deliveries.map(({ id }) => id),
    deliveries.map(({ provider }) => provider),
    column('account'),
    column('livemode'),
    column('eventId'),
    column('type'),
    column('apiVersion'),
    column('occurredAt'),
    column('objectType'),
    column('objectId'),
    column('lane'),
    deliveries.map(({ body }) => body),
    column('fingerprint'),
  ]);
  return new Set(rows.map(({ id }) => id));
}

/** An event this worker has for a while. */
export interface ClaimedEvent extends StoredEvent {
  readonly lane: string;
  readonly objectId: string;
  readonly attempts: number;
  readonly leaseUntil: Date;
}

interface ClaimedRow {
  id: string;
  provider: string;
  account: string;
  event_id: string;
  type: string;
  lane: string;
  object_id: string;
  occurred_at: Date;
  received_at: Date;
  body: Buffer;
  attempts: number;
  outcome: string | null;
  next_attempt_at: Date;
}

const isDue = `e.status in ('RECEIVED', 'PROCESSING', 'DEFERRED', 'FAILED') and e.next_attempt_at <= clock_timestamp()`;

/**
 * The first due event of each lane that nobody works on; one whose worker died goes before the others of its lane. The unique
 * index on lanes in progress refuses what two workers would otherwise take at the same instant.
 */
const claim = {
  name: 'inbound_events.claim',
  text: `with due as (
      select e.id, e.provider, e.lane, e.status, e.occurred_at from inbound_events e where ${isDue} order by e.next_attempt_at limit 500
    ), first as (
      select distinct on (d.provider, d.lane) d.id from due d
      where d.status = 'PROCESSING' or not exists (select from inbound_events p where p.provider = d.provider and p.lane = d.lane and p.status = 'PROCESSING')
      order by d.provider, d.lane, d.status = 'PROCESSING' desc, d.occurred_at, d.id
    ), mine as (
      select e.id from inbound_events e where e.id in (select id from first) and ${isDue} order by e.next_attempt_at limit $1 for update skip locked
    )
    update inbound_events e set status = 'PROCESSING', attempts = e.attempts + 1, woken = false, next_attempt_at = clock_timestamp() + $2::int * interval '1 second'
    from mine where e.id = mine.id
    returning e.id, e.provider, e.account, e.event_id, e.type, e.lane, e.object_id, e.occurred_at, e.received_at, e.body, e.attempts, e.outcome,
      date_trunc('milliseconds', e.next_attempt_at) as next_attempt_at`,
};

export async function claimEvents(dataSource: DataSource, limit: number, leaseSeconds: number): Promise<ClaimedEvent[]> {
  const rows = await readStatement<ClaimedRow>(dataSource, claim, [limit, leaseSeconds]);
  return rows
    .map((row) => ({
      id: row.id,
      provider: row.provider,
      account: row.account,
      eventId: row.event_id,
      type: row.type,
      lane: row.lane,
      objectId: row.object_id,
      occurredAt: row.occurred_at,
      receivedAt: row.received_at,
      body: row.body,
      attempts: row.attempts,
      isRepeated: row.outcome !== null,
      leaseUntil: row.next_attempt_at,
    }))
    .toSorted((a, b) => a.occurredAt.getTime() - b.occurredAt.getTime());
}

/** Only the worker whose claim it still is may say how it ended. */
const stillMine = `id = $1 and status = 'PROCESSING' and attempts = $2 and date_trunc('milliseconds', next_attempt_at) = $3`;

const markProcessed = {
  name: 'inbound_events.processed',
  text: `update inbound_events set status = 'PROCESSED', processed_at = clock_timestamp(), outcome = $4, organization_id = coalesce($5, organization_id),
      error = null where ${stillMine} returning id`,
};

/** In the transaction of the effect. False: the claim ran out and somebody else has it; the caller takes everything back. */
export async function markEventProcessed(
  tx: Tx,
  event: ClaimedEvent,
  outcome: string,
  organizationId: string | null,
): Promise<boolean> {
  const { id, attempts, leaseUntil } = event;
  return (await runStatement(tx, markProcessed, [id, attempts, leaseUntil, outcome, organizationId])).length > 0;
}

/**
 * What waited in this lane, or for this object, may be possible now; being woken does not count as a try. What was ignored because nothing
 * of it was known here waits again. One that is being looked at right now, perhaps in vain, keeps the wake-up until it is put off.
 */
const wake = {
  name: 'inbound_events.wake',
  text: `update inbound_events set woken = status = 'PROCESSING',
      next_attempt_at = case when status = 'PROCESSING' then next_attempt_at else clock_timestamp() end,
      attempts = case status when 'DEFERRED' then greatest(attempts - 1, 0) when 'IGNORED' then 0 else attempts end,
      status = case status when 'IGNORED' then 'DEFERRED' else status end
    where provider = $1 and lane = any($2::text[]) and status in ('DEFERRED', 'IGNORED', 'PROCESSING') and id <> $3 and account = $4`,
};

export async function wakeDeferred(tx: Tx, event: ClaimedEvent): Promise<void> {
  await runStatement(tx, wake, [event.provider, [event.lane, event.objectId], event.id, event.account]);
}

const postpone = {
  name: 'inbound_events.postpone',
  text: `update inbound_events set status = case when woken and $4 = 'IGNORED' then 'DEFERRED' else $4 end,
      next_attempt_at = clock_timestamp() + case when woken and $4 = 'DEFERRED' then 0 else $5::int end * interval '1 millisecond', error = $6,
      organization_id = coalesce($7, organization_id) where ${stillMine}`,
};

export async function postponeEvent(
  dataSource: DataSource,
  event: ClaimedEvent,
  next: { status: 'DEFERRED' | 'FAILED' | 'DEAD' | 'IGNORED'; inMs: number; error: string; organizationId: string | null },
): Promise<void> {
  const { id, attempts, leaseUntil } = event;
  const values = [id, attempts, leaseUntil, next.status, next.inMs, next.error.slice(0, 2_000), next.organizationId];
  await readStatement(dataSource, postpone, values);
}

const databaseTime = { name: 'inbox.database_time', text: 'select clock_timestamp() as now' };

/** One clock for all processes: what was received and what was asked are compared by it. */
export async function readDatabaseTime(dataSource: DataSource): Promise<Date> {
  const [row] = await readStatement<{ now: Date }>(dataSource, databaseTime, []);
  if (!row) throw new Error('the database does not tell the time');
  return row.now;
}

const lockLane = { name: 'inbox.lock_lane', text: `select pg_advisory_xact_lock(hashtextextended('inbox:' || $1, 0))` };

/** A worker that was believed dead may still be at it: its transaction ends first. */
export async function waitForLane(tx: Tx, event: ClaimedEvent): Promise<void> {
  await runStatement(tx, lockLane, [`${event.provider}:${event.lane}`]);
}
