import type { EntityManager } from 'typeorm';
import type { Query } from '../database/sql.ts';
import type { Page } from '../http/pagination.ts';
import { sliceOf } from '../http/pagination.ts';
import type { Reason } from './reason.ts';

/** A job and the kind of object that it works on one by one. */
export interface AttentionJob {
  readonly name: string;
  readonly objectType: string;
  /** The event that tells of an object that failed. */
  readonly told: string;
}

/** What a job could not work on. */
export interface TroubledObject {
  readonly organizationId: string;
  readonly id: string;
  /** How its owner calls it. */
  readonly externalId: string | null;
  /** What of it is at fault, as `event t1`. */
  readonly part?: string;
}

export interface AttentionRecord extends Reason {
  readonly organization_id: string;
  readonly job: string;
  readonly object_type: string;
  readonly object_id: string;
  readonly external_id: string | null;
  readonly attempts: number;
  readonly first_seen_at: Date;
  readonly last_seen_at: Date;
  readonly next_attempt_at: Date;
}

/** Tried again after 5, 10, 20 … minutes, at the most after six hours. */
const insert = {
  name: 'needs_attention.insert',
  text: `with before as (select code, field, message from needs_attention where organization_id = $1 and job = $2 and object_id = $4)
    insert into needs_attention as n (organization_id, job, object_type, object_id, external_id, code, field, message, first_seen_at, last_seen_at, next_attempt_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $9::timestamptz + interval '5 minutes')
    on conflict on constraint pk_needs_attention do update set external_id = excluded.external_id, code = excluded.code, field = excluded.field,
      message = excluded.message, attempts = n.attempts + 1, last_seen_at = excluded.last_seen_at,
      next_attempt_at = excluded.last_seen_at + least(interval '5 minutes' * 2 ^ least(n.attempts, 10), interval '6 hours')
    returning n.*, not exists (select from before b where b.code = n.code and b.field is not distinct from n.field and b.message = n.message) as is_news`,
};

/** Answers the row, and whether it says something that it did not say before. */
export async function insertAttention(
  query: Query,
  job: Pick<AttentionJob, 'name' | 'objectType'>,
  { organizationId, id, externalId, part }: TroubledObject,
  { code, field, message }: Reason,
  at: Date,
): Promise<AttentionRecord & { readonly is_news: boolean }> {
  const said = part === undefined ? message : `${part}: ${message}`;
  const values = [organizationId, job.name, job.objectType, id, externalId, code, field, said, at];
  const [row] = await query<AttentionRecord & { is_news: boolean }>(insert, values);
  if (!row) throw new Error('what needs attention was not written');
  return row;
}

/** SQL: the job failed with this object. All but the job are expressions. */
export const needsAttentionFor = (job: AttentionJob, organizationId: string, objectId: string): string =>
  `exists (select from needs_attention n where n.organization_id = ${organizationId} and n.job = '${job.name}' and n.object_id = ${objectId}::text)`;

/** SQL: the job failed with this object and does not try it again before `at`. All but the job are expressions. */
export const isPutOff = (job: AttentionJob, organizationId: string, objectId: string, at: string): string =>
  `exists (select from needs_attention n where n.organization_id = ${organizationId} and n.job = '${job.name}' and n.object_id = ${objectId}::text
      and n.next_attempt_at > ${at})`;

const hurry = {
  name: 'needs_attention.hurry',
  text: 'update needs_attention set next_attempt_at = last_seen_at where organization_id = $1 and next_attempt_at > last_seen_at',
};

/** Somebody asks: what was put off is tried at once. */
export const tryAgainNow = (query: Query, organizationId: string): Promise<unknown> => query(hurry, [organizationId]);

const settle = {
  name: 'needs_attention.settle',
  text: 'delete from needs_attention where organization_id = $1 and job = $2 and object_id = any($3::text[])',
};

export const settleAttention = (query: Query, job: string, organizationId: string, ids: readonly string[]): Promise<unknown> =>
  query(settle, [organizationId, job, ids]);

const claim = {
  name: 'needs_attention.claim',
  text: `update needs_attention set next_attempt_at = $3::timestamptz + interval '5 minutes'
    where organization_id = $1 and job = $2 and next_attempt_at <= $3 and attempts < $4 returning object_id`,
};

/** Ids of objects whose next try has come, where there were fewer than `triesAtMost`: nobody else gets them for five minutes. */
export async function claimAttention(
  query: Query,
  { name }: AttentionJob,
  organizationId: string,
  { at, triesAtMost }: { at: Date; triesAtMost: number },
): Promise<string[]> {
  const rows = await query<{ object_id: string }>(claim, [organizationId, name, at, triesAtMost]);
  return rows.map((row) => row.object_id);
}

const count = { name: 'needs_attention.count', text: 'select job, count(*)::int as count from needs_attention group by job' };

/** How many objects each job could not work on, of all organizations. */
export async function countAttention(query: Query): Promise<ReadonlyMap<string, number>> {
  const rows = await query<{ job: string; count: number }>(count, []);
  return new Map(rows.map((row) => [row.job, row.count]));
}

/** Of one organization, or of all; the latest first. */
export async function listAttention(
  manager: EntityManager,
  organizationId: string | undefined,
  page: Page,
): Promise<[AttentionRecord[], number]> {
  const { take, skip } = sliceOf(page);
  const where = '($1::uuid is null or organization_id = $1)';
  const rows: AttentionRecord[] = await manager.query(
    `select * from needs_attention where ${where} order by last_seen_at desc, organization_id, job, object_id limit $2 offset $3`,
    [organizationId ?? null, take, skip],
  );
  const [{ count }] = (await manager.query(`select count(*)::int as count from needs_attention where ${where}`, [
    organizationId ?? null,
  ])) as [{ count: number }];
  return [rows, count];
}
