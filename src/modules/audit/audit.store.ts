import type { Query } from '../../platform/database/sql.ts';
import type { AuditEntry } from './audit-chain.ts';

/** Transactions of `[done_before, until)` are being read, in order of id; of them, all up to `after_id` are done. */
interface Window {
  readonly done_before: string;
  readonly until: string;
  readonly after_id: string;
}

export type ToldEvent = Omit<AuditEntry, 'sequence' | 'id' | 'logged_at'> & { readonly organization_id: string };

const open = {
  name: 'audit.open',
  text: `insert into outbox_readers (reader, done_before, until, after_id) values ('audit', '0', '0', 0) on conflict do nothing`,
};

/** One writer at a time; whoever comes second has nothing to do. */
const take = {
  name: 'audit.take',
  text: `select done_before, until, after_id from outbox_readers where reader = 'audit' for update skip locked`,
};

/**
 * A cluster that was restored from a dump counts its transactions anew: what was told in "later" ones is from before. It is read
 * again from the beginning; entries that exist already are not made twice.
 */
const forgetOldCluster = {
  name: 'audit.forget_old_cluster',
  text: `with stale as (select from outbox_readers where reader = 'audit' and until > pg_snapshot_xmax(pg_current_snapshot())),
      told as (update outbox_events set told_in = '1' where told_in >= pg_snapshot_xmax(pg_current_snapshot()) and exists (select from stale))
    update outbox_readers set done_before = '0', until = '0', after_id = 0
    where reader = 'audit' and until > pg_snapshot_xmax(pg_current_snapshot())`,
};

/** The next window ends before the oldest transaction that still runs: below it nothing can appear any more. */
const nextWindow = {
  name: 'audit.next_window',
  text: `update outbox_readers set done_before = until, until = greatest(until, pg_snapshot_xmin(pg_current_snapshot())), after_id = 0
    where reader = 'audit' returning done_before, until, after_id`,
};

const read = {
  name: 'audit.read',
  text: `select o.organization_id, o.id as outbox_id, o.type, o.object_type, o.object_id, coalesce(o.actor_type, 'system') as actor_type, o.actor_id,
      o.actor_address, o.request_id, o.payload::text as payload, o.created_at as occurred_at
    from outbox_events o where o.told_in >= $1::xid8 and o.told_in < $2::xid8 and o.id > $3
      and not exists (select from audit_entries a where a.organization_id = o.organization_id and a.outbox_id = o.id)
    order by o.id limit $4`,
};

const advance = { name: 'audit.advance', text: `update outbox_readers set after_id = $1 where reader = 'audit'` };

const heads = {
  name: 'audit.heads',
  text: `select o.id as organization_id, h.sequence, h.hash from unnest($1::uuid[]) as o(id)
    cross join lateral (select sequence, hash from audit_entries a where a.organization_id = o.id order by sequence desc limit 1) h`,
};

const insert = {
  name: 'audit.insert',
  text: `insert into audit_entries (organization_id, sequence, id, outbox_id, type, object_type, object_id, actor_type, actor_id, actor_address, request_id,
      payload, occurred_at, logged_at, hash)
    select * from unnest($1::uuid[], $2::int8[], $3::uuid[], $4::int8[], $5::text[], $6::text[], $7::uuid[], $8::text[], $9::text[], $10::text[],
      $11::text[], $12::jsonb[], $13::timestamptz[], $14::timestamptz[], $15::bytea[])`,
};

export interface Head {
  readonly organization_id: string;
  readonly sequence: string;
  readonly hash: Buffer;
}

/** The window to go on with; undefined while another process has it. */
export async function takeWindow(query: Query): Promise<Window | undefined> {
  await query(open, []);
  const [taken] = await query<Window>(take, []);
  if (!taken) return undefined;
  await query(forgetOldCluster, []);
  const [window] = await query<Window>(take, []);
  return window;
}

export const openNextWindow = async (query: Query): Promise<Window | undefined> => (await query<Window>(nextWindow, []))[0];

export const readTold = (query: Query, { done_before, until, after_id }: Window, limit: number): Promise<ToldEvent[]> =>
  query<ToldEvent>(read, [done_before, until, after_id, limit]);

export const advanceTo = (query: Query, outboxId: string): Promise<unknown> => query(advance, [outboxId]);

export const headsOf = (query: Query, organizationIds: readonly string[]): Promise<Head[]> =>
  query<Head>(heads, [organizationIds]);

const behind = {
  name: 'audit.behind',
  text: `select from outbox_events o where o.organization_id = $1
      and o.told_in >= coalesce((select done_before from outbox_readers where reader = 'audit'), '0')
      and not exists (select from audit_entries a where a.organization_id = o.organization_id and a.outbox_id = o.id) limit 1`,
};

export const isBehind = async (query: Query, organizationId: string): Promise<boolean> =>
  (await query(behind, [organizationId])).length > 0;

export type EntryToStore = AuditEntry & { readonly organization_id: string; readonly hash: Buffer };

export async function insertEntries(query: Query, entries: readonly EntryToStore[]): Promise<void> {
  const column = <K extends keyof EntryToStore>(name: K): EntryToStore[K][] => entries.map((entry) => entry[name]);
  await query(insert, [
    column('organization_id'),
    column('sequence'),
    column('id'),
    column('outbox_id'),
    column('type'),
    column('object_type'),
    column('object_id'),
    column('actor_type'),
    column('actor_id'),
    column('actor_address'),
    column('request_id'),
    column('payload'),
    column('occurred_at'),
    column('logged_at'),
    column('hash'),
  ]);
}
