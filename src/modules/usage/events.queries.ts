import type { DataSource } from 'typeorm';
import { type Page, sliceOf } from '../../platform/http/pagination.ts';
import type { ListEventsQuery } from './event.dto.ts';
import { eventColumns, type EventRecord, type KeptEvent, keptEvent } from './usage-events.store.ts';

const fromEvents = `from usage_streams s
  join usage_events e on e.stream_id = s.id
  join billable_metrics m on m.usage_key = e.metric_key
  where s.organization_id = $1`;

const filtered = `${fromEvents}
  and ($2::text is null or s.external_subscription_id = $2)
  and ($3::text is null or m.code = $3)
  and ($4::timestamptz is null or e.occurred_at >= $4)
  and ($5::timestamptz is null or e.occurred_at < $5)`;

/** Newest first. */
export async function listEvents(
  dataSource: DataSource,
  organizationId: string,
  filter: ListEventsQuery,
  page: Page,
): Promise<{ events: KeptEvent[]; count: number }> {
  const values = [
    organizationId,
    filter.external_subscription_id ?? null,
    filter.code ?? null,
    filter.timestamp_from ?? null,
    filter.timestamp_to ?? null,
  ];
  const { take, skip } = sliceOf(page);
  const [total]: { count: string }[] = await dataSource.query(`select count(*) ${filtered}`, values);
  const records: EventRecord[] = await dataSource.query(
    `select ${eventColumns} ${filtered} order by e.occurred_at desc, e.stream_id, e.transaction_id limit $6 offset $7`,
    [...values, take, skip],
  );
  return { events: records.map(keptEvent), count: Number(total?.count ?? 0) };
}

/** A transaction id belongs to its subscription; without one, the event received last is meant. */
export async function findEvent(
  dataSource: DataSource,
  organizationId: string,
  transactionId: string,
  externalSubscriptionId: string | undefined,
): Promise<KeptEvent | undefined> {
  // One probe of the primary key a stream: never a scan of the events, however many there are (docs/decisions/0008).
  const [record]: EventRecord[] = await dataSource.query(
    `select ${eventColumns} from usage_streams s
      cross join lateral (select * from usage_events p where p.stream_id = s.id and p.transaction_id = $2 limit 1) e
      join billable_metrics m on m.usage_key = e.metric_key
      where s.organization_id = $1 and ($3::text is null or s.external_subscription_id = $3)
      order by e.received_at desc, e.stream_id limit 1`,
    [organizationId, transactionId, externalSubscriptionId ?? null],
  );
  return record && keptEvent(record);
}
