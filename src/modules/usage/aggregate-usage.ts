import type { Query } from '../../platform/database/sql.ts';
import type { Aggregation } from './metric-directory.ts';

/** What one metric counted in one stream in `[from, to)`. */
export interface CountRequest {
  readonly streamId: string;
  readonly metricKey: number;
  readonly aggregation: Aggregation;
  readonly from: Date;
  readonly to: Date;
}

export interface Usage {
  /** Exact decimal text without trailing zeros. */
  readonly units: string;
  readonly eventsCount: bigint;
}

/**
 * One branch per way of counting; the branches that a request does not ask for are cut off by their HAVING or WHERE before they
 * touch the table. Count, sum and max are answered by ix_usage_events_metric alone. `count(distinct …)` would take twice as long.
 * A unique value that was removed (-1) counts if it was added again later.
 */
const aggregate = {
  name: 'usage.aggregate',
  text: `select coalesce(trim_scale(a.units), 0)::text as units, a.events_count
    from unnest($1::bigint[], $2::int[], $3::text[], $4::timestamptz[], $5::timestamptz[])
      with ordinality as r (stream_id, metric_key, aggregation, starts_at, ends_at, position)
    cross join lateral (
      select case r.aggregation when 'COUNT' then count(*)::numeric when 'SUM' then sum(e.value) else max(e.value) end as units,
          count(*) as events_count
        from usage_events e
        where e.stream_id = r.stream_id and e.metric_key = r.metric_key and e.occurred_at >= r.starts_at and e.occurred_at < r.ends_at
        having r.aggregation in ('COUNT', 'SUM', 'MAX')
      union all
      select count(*) filter (where g.unique_value is not null and (g.removed_at is null or g.added_at > g.removed_at or (g.added_at = g.removed_at and (
            select l.value is null from usage_events l
            where l.stream_id = r.stream_id and l.metric_key = r.metric_key and l.occurred_at = g.added_at and l.unique_value = g.unique_value
            order by l.transaction_id desc
            limit 1))))::numeric,
          coalesce(sum(g.events_count), 0)::bigint
        from (
          select e.unique_value, count(*) as events_count, max(e.occurred_at) filter (where e.value is null) as added_at,
            max(e.occurred_at) filter (where e.value is not null) as removed_at
          from usage_events e
          where r.aggregation = 'UNIQUE_COUNT'
            and e.stream_id = r.stream_id and e.metric_key = r.metric_key and e.occurred_at >= r.starts_at and e.occurred_at < r.ends_at
          group by e.unique_value
        ) g
        having r.aggregation = 'UNIQUE_COUNT'
      union all
      select (
          select l.value from usage_events l
          where l.stream_id = r.stream_id and l.metric_key = r.metric_key and l.occurred_at >= r.starts_at and l.occurred_at < r.ends_at
          order by l.occurred_at desc, l.transaction_id desc
          limit 1
        ), count(*)
        from usage_events e
        where e.stream_id = r.stream_id and e.metric_key = r.metric_key and e.occurred_at >= r.starts_at and e.occurred_at < r.ends_at
        having r.aggregation = 'LATEST'
    ) a
    order by r.position`,
};

/** Answers in the order of the requests, all in one statement; `queryIn(tx)` or `queryOn(dataSource)` says where it is asked. */
export async function aggregateUsage(query: Query, requests: readonly CountRequest[]): Promise<Usage[]> {
  if (requests.length === 0) return [];
  const rows = await query<{ units: string; events_count: string }>(aggregate, [
    requests.map((request) => request.streamId),
    requests.map((request) => request.metricKey),
    requests.map((request) => request.aggregation),
    requests.map((request) => request.from.toISOString()),
    requests.map((request) => request.to.toISOString()),
  ]);
  if (rows.length !== requests.length) throw new Error(`${requests.length} usage requests got ${rows.length} answers`);
  return rows.map((row) => ({ units: row.units, eventsCount: BigInt(row.events_count) }));
}
