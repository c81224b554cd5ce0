import type { DataSource } from 'typeorm';
import { isoOf } from '../../../platform/clock/clock.ts';
import { type Page, sliceOf } from '../../../platform/http/pagination.ts';
import type { SubscriptionRow } from '../../subscriptions/index.ts';

interface ToldEvent {
  readonly id: string;
  readonly type: string;
  readonly object_type: string;
  readonly object_id: string;
  readonly payload: object;
  readonly created_at: Date;
}

const ofSubscription = `from outbox_events o where o.organization_id = $1 and o.object_id in (select $2::uuid union all
    select i.id from invoices i where i.organization_id = $1 and i.subscription_id = $2)
  and ($3::text is null or o.type = $3 or replace(o.type, '.', '_') = $3)`;

/** What was told of a subscription and its invoices, the youngest first: the outbox is the one trail, written by one function. */
export async function auditOf(dataSource: DataSource, row: SubscriptionRow, eventType: string | undefined, page: Page) {
  const values = [row.organizationId, row.id, eventType ?? null];
  const { take, skip } = sliceOf(page);
  const events: ToldEvent[] = await dataSource.query(
    `select o.id, o.type, o.object_type, o.object_id, o.payload, o.created_at ${ofSubscription} order by o.id desc limit $4 offset $5`,
    [...values, take, skip],
  );
  const [count] = (await dataSource.query(`select count(*)::int as count ${ofSubscription}`, values)) as { count: number }[];
  const entries = events.map((event) => ({
    id: event.id,
    event_type: event.type,
    object_type: event.object_type,
    object_id: event.object_id,
    event_data: event.payload,
    event_timestamp: isoOf(event.created_at),
  }));
  return { entries, count: count?.count ?? 0 };
}
