import type { Query } from '../../platform/database/sql.ts';
import type { Aggregation } from './metric-directory.ts';

/** What one metric counted in one stream in `[from, to)`, by filter and group. */
export interface BucketRequest {
  readonly streamId: string;
  readonly metricKey: number;
  readonly aggregation: Aggregation;
  /** Everything before `from` counts too. */
  readonly recurring: boolean;
  readonly from: Date;
  readonly to: Date;
  /** For each filter its keys with their values; an event belongs to the first that it matches. */
  readonly filters: readonly Readonly<Record<string, readonly string[]>>[];
  /** Grouping keys of what matches no filter, then of each filter. */
  readonly groupKeys: readonly (readonly string[])[];
  /** Leaves out events that wait to be charged at once, other than the one with this transaction id; null: counts all. */
  readonly charging: string | null;
  /** Whether the events themselves are wanted, for a price that looks at each. */
  readonly withEvents: boolean;
}

export interface CountedEvent {
  readonly at: string;
  readonly value: string | null;
  readonly unique_value: string | null;
}

export interface CountedBucket {
  /** Position of the request. */
  readonly request: number;
  /** Position of the filter; -1: it matched none. */
  readonly filter: number;
  /** Values in the order of the keys. */
  readonly groups: readonly (string | null)[];
  /** Exact decimal text. Of a weighted sum units × seconds, still to be divided by the seconds of the whole period. */
  readonly units: string;
  readonly eventsCount: bigint;
  readonly totalAmountCents: string;
  /** In order of time and transaction id, with those before `from` if it recurs. */
  readonly events: readonly CountedEvent[];
}

interface BucketRecord {
  readonly position: string;
  readonly filter: number;
  readonly groups: readonly (string | null)[];
  readonly units: string | null;
  readonly events_count: string;
  readonly total_amount_cents: string | null;
  readonly events: readonly CountedEvent[] | null;
}

/**
 * Every event goes to the first filter it matches and to the group of its values, then each way of counting has one aggregate that
 * its FILTER keeps empty where it is not asked for. Of a unique value the last event decides: it is there, or it was removed
 * (stored as -1); where both came at one instant the larger transaction id is the later.
 */
const aggregate = {
  name: 'usage.aggregate_buckets',
  text: `with seen as materialized (
      select r.position, r.aggregation, r.with_events, r.starts_at, r.ends_at, e.occurred_at, e.transaction_id, e.value, e.unique_value,
        e.precise_total_amount_cents, e.occurred_at >= r.starts_at as is_new, coalesce(f.filter, -1) as filter,
        (select coalesce(jsonb_agg(e.properties ->> k.key order by k.place), '[]')
          from jsonb_array_elements_text(r.group_keys -> (coalesce(f.filter, -1) + 1)) with ordinality as k (key, place)) as groups
      from unnest($1::bigint[], $2::int[], $3::text[], $4::boolean[], $5::timestamptz[], $6::timestamptz[], $7::jsonb[], $8::jsonb[], $9::boolean[],
          $10::text[])
        with ordinality as r (stream_id, metric_key, aggregation, recurring, starts_at, ends_at, filters, group_keys, with_events, charging, position)
      join usage_events e on e.stream_id = r.stream_id and e.metric_key = r.metric_key and e.occurred_at < r.ends_at
        and (e.occurred_at >= r.starts_at or r.recurring)
        and (r.charging is null or e.transaction_id = r.charging or not exists (
          select from instant_charges w where w.stream_id = e.stream_id and w.transaction_id = e.transaction_id))
      left join lateral (
        select (c.place - 1)::int as filter from jsonb_array_elements(r.filters) with ordinality as c (values_by_key, place)
        where not exists (
          select from jsonb_each(c.values_by_key) as v (key, vals) where (v.vals ? (e.properties ->> v.key)) is not true)
        order by c.place limit 1
      ) f on true
    ), in_use as (
      select u.position, u.filter, u.groups, count(*) as units from (
        select s.position, s.filter, s.groups, (array_agg(s.value order by s.occurred_at desc, s.transaction_id desc))[1] is null as is_there
        from seen s where s.aggregation = 'UNIQUE_COUNT' and s.unique_value is not null group by s.position, s.filter, s.groups, s.unique_value
      ) u where u.is_there group by u.position, u.filter, u.groups
    )
    select s.position, s.filter, s.groups, count(*) filter (where s.is_new) as events_count,
      trim_scale(case s.aggregation
        when 'COUNT' then count(*)::numeric
        when 'SUM' then sum(s.value)
        when 'MAX' then max(s.value)
        when 'LATEST' then (array_agg(s.value order by s.occurred_at desc, s.transaction_id desc) filter (where s.aggregation = 'LATEST'))[1]
        when 'WEIGHTED_SUM' then sum(s.value * (extract(epoch from s.ends_at) - extract(epoch from greatest(s.occurred_at, s.starts_at))))
        else max(u.units)
      end)::text as units,
      trim_scale(sum(s.precise_total_amount_cents) filter (where s.is_new))::text as total_amount_cents,
      jsonb_agg(jsonb_build_object('at', s.occurred_at, 'value', s.value::text, 'unique_value', s.unique_value)
        order by s.occurred_at, s.transaction_id) filter (where s.with_events) as events
    from seen s
    left join in_use u on u.position = s.position and u.filter = s.filter and u.groups = s.groups
    group by s.position, s.filter, s.groups, s.aggregation
    order by s.position, s.filter, s.groups`,
};

/** All buckets of all requests in one statement; a request without events has none. */
export async function aggregateBuckets(query: Query, requests: readonly BucketRequest[]): Promise<CountedBucket[]> {
  if (requests.length === 0) return [];
  const rows = await query<BucketRecord>(aggregate, [
    requests.map((request) => request.streamId),
    requests.map((request) => request.metricKey),
    requests.map((request) => request.aggregation),
    requests.map((request) => request.recurring),
    requests.map((request) => request.from.toISOString()),
    requests.map((request) => request.to.toISOString()),
    requests.map((request) => JSON.stringify(request.filters)),
    requests.map((request) => JSON.stringify(request.groupKeys)),
    requests.map((request) => request.withEvents),
    requests.map((request) => request.charging),
  ]);
  return rows.map((row) => ({
    request: Number(row.position) - 1,
    filter: row.filter,
    groups: row.groups,
    units: row.units ?? '0',
    eventsCount: BigInt(row.events_count),
    totalAmountCents: row.total_amount_cents ?? '0',
    events: row.events ?? [],
  }));
}
