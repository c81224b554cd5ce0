import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Bell } from '../../platform/jobs/bell.ts';
import { databaseError } from '../../platform/database/unit-of-work.ts';
import { quotedArray, readStatement, unquotedArray, writeStatement } from '../../platform/database/sql.ts';
import { parseStrictJson } from '../../platform/http/strict-json.ts';
import { isoText } from './event-time.ts';
import type { Metered } from './meter-event.ts';
import { propertiesJson } from './properties-json.ts';

/** An event that passed every check. */
export interface EventToKeep extends Metered {
  /** It came without a time, so a repeat has another one. */
  readonly isUndated: boolean;
  readonly streamId: string;
  readonly externalSubscriptionId: string;
  readonly metricKey: number;
  /** Waits in `instant_charges` until it is charged. */
  readonly chargedAtOnce: boolean;
  readonly code: string;
  readonly transactionId: string;
  /** ISO 8601 in UTC. */
  readonly occurredAt: string;
  /** As `propertiesJson` writes them. */
  readonly properties: string;
  /** Decimal text, minor units. */
  readonly preciseTotalAmountCents: string | null;
  /** ISO 8601 in UTC. */
  readonly receivedAt: string;
}

/** An event as it is stored. */
export type KeptEvent = Pick<
  EventToKeep,
  | 'streamId'
  | 'externalSubscriptionId'
  | 'code'
  | 'transactionId'
  | 'occurredAt'
  | 'properties'
  | 'preciseTotalAmountCents'
  | 'receivedAt'
>;

/** An event as a statement that selects `eventColumns` returns it. */
export interface EventRecord {
  readonly stream_id: string;
  readonly transaction_id: string;
  readonly external_subscription_id: string;
  readonly code: string;
  readonly occurred_at: Date;
  readonly properties: string;
  readonly precise_total_amount_cents: string | null;
  readonly received_at: Date;
}

/** Of `usage_events e`, `usage_streams s` and `billable_metrics m`. */
export const eventColumns =
  'e.stream_id, e.transaction_id, s.external_subscription_id, m.code, e.occurred_at, e.properties::text as properties, e.precise_total_amount_cents, e.received_at';

/** Metrics among the keys that a charge prices in advance at this moment; what is remembered of them may be two seconds old. */
const chargedAtOnce = `select m.usage_key from billable_metrics m join charges c on c.organization_id = m.organization_id and c.billable_metric_id = m.id
      where m.usage_key = any($10::int[]) and c.pay_in_advance and c.status = 'ACTIVE'`;

/** With $11 the time is not compared: an event without one happens whenever it comes. */
const isRepeat = `e.metric_key = excluded.metric_key and ($11 or e.occurred_at = excluded.occurred_at) and e.properties = excluded.properties
      and e.precise_total_amount_cents is not distinct from excluded.precise_total_amount_cents`;

/** A repeat changes nothing; one that differs fails the statement. */
const insertFrom = (
  condition: string,
) => `insert into usage_events as e (stream_id, metric_key, occurred_at, value, unique_value, transaction_id, received_at,
      precise_total_amount_cents, properties)
    select * from rows from (
      unnest($1::bigint[], $2::int[], $3::timestamptz[], $4::numeric[], $5::text[], $6::text[], $7::timestamptz[], $8::numeric[]),
      jsonb_array_elements($9::jsonb))
    ${condition}
    on conflict (stream_id, transaction_id) do update set received_at = e.received_at
      where case when ${isRepeat} then false else refuse_reused_transaction_id(excluded.transaction_id) end`;

/** Keeps nothing when one of the metrics turns out to be charged at once. */
const insertEvents = { name: 'usage.insert_events', text: insertFrom(`where not exists (${chargedAtOnce})`) };

/** What is charged at once waits for its charge: both or neither. Answers how many events it kept. */
const insertChargedEvents = {
  name: 'usage.insert_charged_events',
  text: `with kept as (${insertFrom('')} returning stream_id, metric_key, transaction_id, occurred_at), waiting as (
      insert into instant_charges (organization_id, stream_id, metric_key, transaction_id, occurred_at)
      select u.organization_id, k.stream_id, k.metric_key, k.transaction_id, k.occurred_at
      from kept k join usage_streams u on u.id = k.stream_id
      where k.metric_key in (${chargedAtOnce}) order by k.occurred_at, k.transaction_id
    )
    select count(*)::int as kept from kept`,
};

const findReused = {
  name: 'usage.find_reused',
  text: `select k.position::int - 1 as position
    from unnest($1::bigint[], $2::text[], $3::int[], $4::timestamptz[], $5::numeric[]) with ordinality
      as k (stream_id, transaction_id, metric_key, occurred_at, total, position)
    join jsonb_array_elements($6::jsonb) with ordinality as p (properties, position) on p.position = k.position
    join usage_events e on e.stream_id = k.stream_id and e.transaction_id = k.transaction_id
    where not (e.metric_key = k.metric_key and (k.occurred_at is null or e.occurred_at = k.occurred_at) and e.properties = p.properties
      and e.precise_total_amount_cents is not distinct from k.total)
    order by k.position`,
};

const findEvents = {
  name: 'usage.find_events',
  text: `select ${eventColumns}
    from unnest($1::bigint[], $2::text[]) as k (stream_id, transaction_id)
    join usage_events e on e.stream_id = k.stream_id and e.transaction_id = k.transaction_id
    join usage_streams s on s.id = e.stream_id
    join billable_metrics m on m.usage_key = e.metric_key`,
};

/** The bell that says that events wait to be charged at once. */
export const instantCharges = 'instant_charges';

@Injectable()
export class UsageEventsStore {
  constructor(
    private readonly dataSource: DataSource,
    private readonly bell: Bell,
  ) {}

  /**
   * Keeps all of them or none, in one statement. An event whose (stream, transaction id) is taken, here or in an earlier request,
   * is not kept again: the first one is returned in its place.
   * @throws what `isReused` knows when one of them differs from the first, also only in time unless that is ignored
   */
  async keep(events: readonly EventToKeep[], { ignoresTime = false } = {}): Promise<KeptEvent[]> {
    // In one order for everybody: two requests with the same events wait for each other instead of deadlocking.
    const rows = events.length === 1 ? events : withoutRepeats(events.toSorted(byKey));
    const values: unknown[] = [
      unquotedArray(rows, (row) => row.streamId),
      unquotedArray(rows, (row) => row.metricKey),
      unquotedArray(rows, (row) => row.occurredAt),
      unquotedArray(rows, (row) => row.value),
      quotedArray(rows, (row) => row.uniqueValue),
      quotedArray(rows, (row) => row.transactionId),
      unquotedArray(rows, (row) => row.receivedAt),
      unquotedArray(rows, (row) => row.preciseTotalAmountCents),
      `[${rows.map((row) => row.properties).join(',')}]`,
    ];
    const metricKeys = new Set<number>();
    for (const row of rows) metricKeys.add(row.metricKey);
    values.push(`{${[...metricKeys].join(',')}}`, ignoresTime);
    const inserted = rows.some((row) => row.chargedAtOnce)
      ? await this.keepCharged(values)
      : await writeStatement(this.dataSource, insertEvents, values);
    if (inserted === events.length) return [...events];
    const firsts = await this.firsts(events);
    if (firsts.every(isKept)) return firsts;
    await this.keepCharged(values);
    return (await this.firsts(events)).map((first) => {
      if (!isKept(first)) throw new Error('an event is neither new nor stored');
      return first;
    });
  }

  /** Positions of events whose transaction id is stored with another body. */
  async reused(events: readonly EventToKeep[]): Promise<number[]> {
    const rows = await readStatement<{ position: number }>(this.dataSource, findReused, [
      events.map((event) => event.streamId),
      events.map((event) => event.transactionId),
      events.map((event) => event.metricKey),
      events.map((event) => (event.isUndated ? null : event.occurredAt)),
      events.map((event) => event.preciseTotalAmountCents),
      `[${events.map((event) => event.properties).join(',')}]`,
    ]);
    return rows.map(({ position }) => position);
  }

  private async keepCharged(values: readonly unknown[]): Promise<number> {
    const [row] = await readStatement<{ kept: number }>(this.dataSource, insertChargedEvents, values);
    this.bell.ring(instantCharges);
    return row?.kept ?? 0;
  }

  /** Undefined: none is stored. */
  private async firsts(events: readonly EventToKeep[]): Promise<(KeptEvent | undefined)[]> {
    const records = await readStatement<EventRecord>(this.dataSource, findEvents, [
      events.map((event) => event.streamId),
      events.map((event) => event.transactionId),
    ]);
    const byId = new Map(records.map((record) => [`${record.stream_id} ${record.transaction_id}`, keptEvent(record)]));
    return events.map((event) => byId.get(`${event.streamId} ${event.transactionId}`));
  }
}

const isKept = (event: KeptEvent | undefined): event is KeptEvent => event !== undefined;

/** A transaction id that stands for two events. */
class ReusedTransactionId extends Error {
  /** As the database says it, so that requests that were written together are told apart. */
  readonly code = '23505';
  readonly constraint = 'transaction_id_reused';
}

export const isReused = (error: unknown): boolean => databaseError(error).constraint === 'transaction_id_reused';

/** Of events in the order of their keys. */
function withoutRepeats(events: readonly EventToKeep[]): readonly EventToKeep[] {
  const isRepeat = (event: EventToKeep, position: number): boolean => {
    const before = events[position - 1];
    if (!before || byKey(before, event) !== 0) return false;
    if (!isSameBody(before, event)) throw new ReusedTransactionId(event.transactionId);
    return true;
  };
  return events.some(isRepeat) ? events.filter((event, position) => !isRepeat(event, position)) : events;
}

/** Of two events of one stream and transaction id. */
export const isSameBody = (a: EventToKeep, b: EventToKeep): boolean =>
  a.metricKey === b.metricKey &&
  a.properties === b.properties &&
  a.preciseTotalAmountCents === b.preciseTotalAmountCents &&
  (a.isUndated || b.isUndated || a.occurredAt === b.occurredAt);

export const keptEvent = (record: EventRecord): KeptEvent => ({
  streamId: record.stream_id,
  externalSubscriptionId: record.external_subscription_id,
  code: record.code,
  transactionId: record.transaction_id,
  occurredAt: isoText(record.occurred_at.getTime()),
  properties: propertiesJson(parseStrictJson(Buffer.from(record.properties))),
  preciseTotalAmountCents: record.precise_total_amount_cents,
  receivedAt: isoText(record.received_at.getTime()),
});

function byKey(a: EventToKeep, b: EventToKeep): number {
  if (a.streamId !== b.streamId) return a.streamId < b.streamId ? -1 : 1;
  return a.transactionId < b.transactionId ? -1 : a.transactionId > b.transactionId ? 1 : 0;
}
