import type pg from 'pg';

/** The shop's customers: one subscription each, in four zones, due since the first of February 2026. */
export const dueAt = new Date('2026-02-02T12:00:00Z');

const zones = `(array['UTC', 'America/New_York', 'Europe/Berlin', 'Asia/Tokyo'])[1 + n % 4]`;

const streams = `insert into usage_streams (organization_id, external_subscription_id) select $1, 'sub-' || n from generate_series(1, $2::int) n`;

const customers = `insert into customers (organization_id, id, external_id, sequential_id, billing_entity_id, name, currency, timezone, created_at, updated_at)
  select $1, uuidv7(), 'customer-' || n, n, e.ids[1 + n % cardinality(e.ids)], 'Customer ' || n, 'USD', ${zones}, now(), now()
  from generate_series(1, $2::int) n, (select array_agg(id order by id) as ids from billing_entities where organization_id = $1) e`;

const subscriptions = `insert into subscriptions (organization_id, id, external_id, customer_id, plan_id, stream_id, status, billing_time, billing_timezone,
    payment_provider, subscription_at, started_at, current_period_start, current_period_end, created_at, updated_at)
  select $1, uuidv7(), 'sub-' || n, c.id, p.id, s.id, 'ACTIVE', 'calendar', c.timezone, 'MANUAL', since, since, starts_at,
    timestamp '2026-02-01' at time zone c.timezone, now(), now()
  from generate_series(1, $2::int) n
  join customers c on c.organization_id = $1 and c.external_id = 'customer-' || n
  join usage_streams s on s.organization_id = $1 and s.external_subscription_id = 'sub-' || n
  join plans p on p.organization_id = $1
  cross join lateral (select timestamp '2026-01-01' at time zone c.timezone as starts_at) t
  cross join lateral (select starts_at - (n * 7919 % 31536000) * interval '1 second' as since) u`;

/** All inside the period, spread over it; values with decimals, so that rounding has something to do. */
const events = `insert into usage_events (stream_id, metric_key, occurred_at, value, transaction_id, properties, received_at)
  select s.id, m.usage_key, timestamptz '2026-01-03' + (k * 67 + s.id % 997) * interval '1 hour' / $2::int,
    case when m.field_name is not null then ((s.id * 7919 + k * 104729) % 100000) / 100.0 end, m.code || '-' || k,
    case when m.field_name is null then '{}' else jsonb_build_object(m.field_name, ((s.id * 7919 + k * 104729) % 100000) / 100.0) end, now()
  from usage_streams s join billable_metrics m on m.organization_id = s.organization_id cross join generate_series(1, $2::int) k
  where s.organization_id = $1`;

/** Fills the shop by SQL, and leaves statistics and a visibility map as autovacuum would. */
export async function fillShop(
  client: pg.Client,
  organizationId: string,
  { subscriptions: count, eventsPerCharge }: { subscriptions: number; eventsPerCharge: number },
): Promise<void> {
  for (const statement of [streams, customers, subscriptions]) await client.query(statement, [organizationId, count]);
  await client.query(events, [organizationId, eventsPerCharge]);
  await client.query('vacuum (freeze, analyze)');
}
