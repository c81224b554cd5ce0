import type { DataSource } from 'typeorm';
import {
  compareSightings,
  type KnownSighting,
  mergeStates,
  type NextSighting,
  staysUnbroken,
  type Verdict,
} from '../../../domain/lifecycles/sightings.ts';
import { readStatement, runStatement } from '../../../platform/database/sql.ts';
import type { Tx } from '../../../platform/database/unit-of-work.ts';

/** One thing a provider said of one of its objects. */
export interface Observation<T extends object> {
  readonly provider: 'STRIPE';
  readonly objectType: string;
  readonly objectId: string;
  readonly state: T;
  /** What it was just before, where the provider says so. */
  readonly previous: T | null;
  readonly isBeginning: boolean;
  readonly rank: bigint;
  readonly occurredAt: Date;
  readonly receivedAt: Date;
  /** It was said and heard before: what is known now is no older. */
  readonly isRepeated: boolean;
  /** Set when we asked for it: then it is newer than whatever was received before we did. */
  readonly askedAt?: Date;
  readonly learnedOnce: readonly (keyof T & string)[];
}

export interface Observed<T> {
  readonly verdict: Verdict;
  /** What we now hold to be true; undefined while undecided. */
  readonly state: T;
  readonly organizationId: string | null;
}

interface KnownRow {
  readonly rank: string;
  readonly occurred_at: Date;
  readonly asked_at: Date | null;
  readonly state: object;
  readonly is_unbroken: boolean;
  readonly organization_id: string | null;
}

const begin = {
  name: 'provider_objects.begin',
  text: `insert into provider_objects (provider, object_type, object_id, rank, occurred_at, asked_at, state, is_unbroken, updated_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, clock_timestamp()) on conflict do nothing returning object_id`,
};
const lock = {
  name: 'provider_objects.lock',
  text: `select rank, occurred_at, asked_at, state, is_unbroken, organization_id from provider_objects where provider = $1 and object_type = $2 and object_id = $3
    for update`,
};
const replace = {
  name: 'provider_objects.replace',
  text: `update provider_objects set rank = $4, occurred_at = $5, asked_at = $6, state = $7, is_unbroken = $8, updated_at = clock_timestamp()
    where provider = $1 and object_type = $2 and object_id = $3`,
};
const own = {
  name: 'provider_objects.own',
  text: `update provider_objects set organization_id = $4 where provider = $1 and object_type = $2 and object_id = $3 and organization_id is distinct from $4`,
};

/** One text for one content, whatever the order of keys. */
const textOf = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );

/** Clocks differ a little; what is further ahead is no time to order by, and would lock out everything that really comes later. */
const latestAheadMs = 5 * 60_000;
const isAhead = ({ occurredAt, receivedAt }: { occurredAt: Date; receivedAt: Date }): boolean =>
  occurredAt.getTime() > receivedAt.getTime() + latestAheadMs;

/**
 * Holds what was said against what is known, under the object's lock, and keeps what is true of both. `undecided` changes nothing: ask the
 * provider and come back with the answer.
 */
export async function observe<T extends object>(tx: Tx, said: Observation<T>): Promise<Observed<T>> {
  const key = [said.provider, said.objectType, said.objectId];
  const occurredAt = isAhead(said) ? said.receivedAt : said.occurredAt;
  const values = [...key, said.rank, occurredAt, said.askedAt ?? null, textOf(said.state), said.isBeginning && !said.askedAt];
  const begun = await runStatement(tx, begin, values);
  if (begun.length > 0) return { verdict: 'newer', state: said.state, organizationId: null };
  const [known] = await runStatement<KnownRow>(tx, lock, key);
  if (!known) throw new Error(`${said.objectType} ${said.objectId} is gone`);
  const state = known.state as T;
  const { verdict, isUnbroken } = compare(known, said);
  if (verdict === 'undecided') return { verdict, state, organizationId: known.organization_id };
  const merged = mergeStates(state, said.state, verdict, said.learnedOnce);
  const leads = verdict === 'newer';
  // Said again later, it was so until then: what comes late from in between is older.
  const isLater = verdict !== 'older' && occurredAt > known.occurred_at;
  if (leads || isLater || isUnbroken !== known.is_unbroken || textOf(merged) !== textOf(state))
    await runStatement(tx, replace, [
      ...key,
      leads ? said.rank : known.rank,
      isLater ? occurredAt : known.occurred_at,
      leads ? (said.askedAt ?? known.asked_at) : known.asked_at,
      textOf(merged),
      isUnbroken,
    ]);
  return { verdict, state: merged, organizationId: known.organization_id };
}

function compare<T extends object>(known: KnownRow, said: Observation<T>): { verdict: Verdict; isUnbroken: boolean } {
  // An answer says how it is, not how it came to be so.
  if (said.askedAt) {
    const isOld = known.asked_at !== null && known.asked_at >= said.askedAt;
    return isOld ? { verdict: 'older', isUnbroken: known.is_unbroken } : { verdict: 'newer', isUnbroken: false };
  }
  if (said.isRepeated || (known.asked_at && said.receivedAt <= known.asked_at))
    return { verdict: 'older', isUnbroken: known.is_unbroken };
  const before: KnownSighting = {
    occurredAtMs: known.occurred_at.getTime(),
    rank: BigInt(known.rank),
    state: textOf(known.state),
    isUnbroken: known.is_unbroken,
  };
  const next: NextSighting = {
    occurredAtMs: isAhead(said) ? before.occurredAtMs : said.occurredAt.getTime(),
    rank: said.rank,
    state: textOf(said.state),
    previousState: said.previous && textOf(said.previous),
    isBeginning: said.isBeginning,
  };
  const verdict = compareSightings(before, next);
  return { verdict, isUnbroken: staysUnbroken(before, next, verdict) };
}

/** Notes whose object it is, once that is known. */
export async function ownObject(tx: Tx, objectType: string, objectId: string, organizationId: string): Promise<void> {
  await runStatement(tx, own, ['STRIPE', objectType, objectId, organizationId]);
}

const owner = {
  name: 'provider_objects.owner',
  text: 'select organization_id from provider_objects where provider = $1 and object_type = $2 and object_id = $3',
};

/** The organization of an object that was found to be ours. */
export async function ownerOfObject(tx: Tx, objectType: string, objectId: string): Promise<string | undefined> {
  const [row] = await runStatement<{ organization_id: string | null }>(tx, owner, ['STRIPE', objectType, objectId]);
  return row?.organization_id ?? undefined;
}

const states = {
  name: 'provider_objects.states',
  text: 'select object_id, state from provider_objects where provider = $1 and object_type = $2 and object_id = any($3::text[])',
};

/** What is held to be true of an object; undefined when nothing was heard of it. */
export async function knownState(tx: Tx, objectType: string, objectId: string): Promise<object | undefined> {
  const [row] = await runStatement<{ state: object }>(tx, states, ['STRIPE', objectType, [objectId]]);
  return row?.state;
}

/** What is held to be true of these objects, by id. */
export async function knownStates(
  dataSource: DataSource,
  objectType: string,
  ids: readonly string[],
): Promise<Map<string, object>> {
  const rows = await readStatement<{ object_id: string; state: object }>(dataSource, states, ['STRIPE', objectType, ids]);
  return new Map(rows.map((row) => [row.object_id, row.state]));
}
