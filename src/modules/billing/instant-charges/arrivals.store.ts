import type { DayCount } from '../../../domain/proration/local-days.ts';
import { madeAt } from '../../../platform/database/ids.ts';
import type { Query } from '../../../platform/database/sql.ts';

/** A charge that is paid in advance, in one period of a subscription. */
export interface AdvancePeriod {
  readonly organizationId: string;
  readonly subscriptionId: string;
  readonly streamId: string;
  /** The charge, and the one it is a copy of. */
  readonly chargeIds: readonly string[];
  readonly metricKey: number;
  /** Everything before the period counts too. */
  readonly recurring: boolean;
  readonly from: Date;
  readonly to: Date;
}

/** An event as it is stored. */
export interface StoredEvent {
  readonly transaction_id: string;
  readonly occurred_at: Date;
  readonly value: string | null;
  readonly unique_value: string | null;
  readonly total: string | null;
  readonly properties: string;
}

export interface ArrivedEvent extends StoredEvent {
  readonly received_at: Date;
  /** That charged it in this period; null where none did. */
  readonly fee_id: string | null;
  readonly is_in_pause: boolean;
  /** It is about to be charged. */
  readonly waits: boolean;
}

/** Columns of `usage_events e`. */
export const storedColumns =
  'e.transaction_id, e.occurred_at, e.value::text as value, e.unique_value, e.precise_total_amount_cents::text as total, e.properties::text as properties';

/** The charge, what it is a copy of, and what was sold of the metric before it: what was paid for under one of them is paid for. */
const pricedBy = `select c.id from charges c join billable_metrics m on m.organization_id = c.organization_id and m.id = c.billable_metric_id
      where c.organization_id = $1 and m.usage_key = $5 and (c.id = any($3::uuid[]) or c.status = 'INACTIVE')`;

/** A pause is free, so what does not stay counts for nothing where it came from one. */
const selectArrived = {
  name: 'pay_in_advance.arrived',
  text: `with priced_by as materialized (${pricedBy})
    select * from (
      select ${storedColumns}, e.received_at, (select f.id from fees f where f.organization_id = $1 and f.subscription_id = $2
          and f.item_id in (select id from priced_by) and f.event_transaction_id = e.transaction_id and f.period_start = $6 order by f.item_id = any($3::uuid[]) desc limit 1) as fee_id,
        exists (select from subscription_pauses p where p.organization_id = $1 and p.subscription_id = $2
          and p.paused_at <= e.occurred_at and (p.resumed_at is null or e.occurred_at < p.resumed_at)) as is_in_pause,
        exists (select from instant_charges w where w.stream_id = e.stream_id and w.transaction_id = e.transaction_id) as waits
      from usage_events e where e.stream_id = $4 and e.metric_key = $5 and e.occurred_at < $7 and ($8 or e.occurred_at >= $6)) a
    where ($8 or not a.is_in_pause) and ($9 or not a.waits)
    order by a.received_at, a.occurred_at, a.transaction_id`,
};

/**
 * What counts in a period, in the order in which it was charged; what was never charged stands where it came. Events that wait count
 * only with `withWaiting`.
 */
export async function arrivedEvents(query: Query, period: AdvancePeriod, { withWaiting = false } = {}): Promise<ArrivedEvent[]> {
  const { organizationId, subscriptionId, streamId, chargeIds, metricKey, recurring, from, to } = period;
  const rows = await query<ArrivedEvent>(selectArrived, [
    organizationId,
    subscriptionId,
    chargeIds,
    streamId,
    metricKey,
    from,
    to,
    recurring,
    withWaiting,
  ]);
  return inOrderOfCharging(rows);
}

function inOrderOfCharging(rows: readonly ArrivedEvent[]): ArrivedEvent[] {
  const charged = rows.filter((row) => row.fee_id !== null).toSorted((a, b) => (a.fee_id! < b.fee_id! ? -1 : 1));
  const others = rows.filter((row) => row.fee_id === null);
  const ordered: ArrivedEvent[] = [];
  let next = 0;
  for (const row of charged) {
    while (next < others.length && others[next]!.received_at <= row.received_at) ordered.push(others[next++]!);
    ordered.push(row);
  }
  return [...ordered, ...others.slice(next)];
}

interface StandingRecord {
  readonly renewal_id: string | null;
  readonly is_open: boolean | null;
  readonly recounted_at: Date | null;
  readonly day_count: DayCount | null;
  readonly is_paid_before: boolean;
}

/** The renewal of what stood when the period began; by which rule days were counted; what a predecessor was paid for beyond the start. */
const selectStanding = {
  name: 'pay_in_advance.standing',
  text: `with of_period as (
      select f.id, f.event_transaction_id, i.status = 'DRAFT' or (f.recounted_at is not null and o.mode = 'TEST') as is_open, f.recounted_at, coalesce(f.derivation ->> 'day_count', 'actual') as day_count
      from fees f join organizations o on o.id = f.organization_id
      left join invoices i on i.organization_id = f.organization_id and i.id = f.invoice_id
      where f.organization_id = $1 and f.subscription_id = $2 and f.item_id in (${pricedBy}) and f.period_start = $6 and f.fee_type = 'charge'
        and (f.event_transaction_id is not null or i.status <> 'VOID')
    ), renewal as (
      select id, is_open, recounted_at from of_period where event_transaction_id is null order by id desc limit 1
    )
    select (select id from renewal) as renewal_id, (select is_open from renewal) as is_open, (select recounted_at from renewal) as recounted_at,
      (select day_count from of_period order by id desc limit 1) as day_count,
      exists (select from subscriptions s join fees f on f.organization_id = s.organization_id and f.subscription_id = s.id
        join charges c on c.organization_id = f.organization_id and c.id = f.item_id and c.pay_in_advance
        join billable_metrics m on m.organization_id = c.organization_id and m.id = c.billable_metric_id
        left join invoices i on i.organization_id = f.organization_id and i.id = f.invoice_id
        where s.organization_id = $1 and s.stream_id = $4 and s.id <> $2 and m.usage_key = $5 and f.fee_type = 'charge'
          and f.period_start <= $6 and f.period_end > $6 and (f.event_transaction_id is not null or i.status <> 'VOID')) as is_paid_before`,
};

export interface Standing {
  /**
   * What came by then and stood when the period began was renewed with it; null: nothing was. A draft takes in what comes until it is
   * issued; when a test organization's was, its virtual time does not say.
   */
  readonly renewedUntil: Date | null;
  /** By which rule the days of this period were counted; null: nothing was charged yet. */
  readonly dayCount: DayCount | null;
  /** A subscription that this one took the place of was paid for it, for longer than until the change. */
  readonly isPaidBefore: boolean;
}

export async function readStanding(query: Query, period: AdvancePeriod): Promise<Standing> {
  const { organizationId, subscriptionId, streamId, chargeIds, metricKey, from } = period;
  const [row] = await query<StandingRecord>(selectStanding, [
    organizationId,
    subscriptionId,
    chargeIds,
    streamId,
    metricKey,
    from,
  ]);
  const renewedUntil = row?.renewal_id ? (row.is_open ? endOfTime : (row.recounted_at ?? madeAt(row.renewal_id))) : null;
  return { renewedUntil, dayCount: row?.day_count ?? null, isPaidBefore: row?.is_paid_before ?? false };
}

const endOfTime = new Date(8.64e15);
