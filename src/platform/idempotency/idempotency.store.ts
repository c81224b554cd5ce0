import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { newId } from '../database/ids.ts';
import { readStatement, writeStatement } from '../database/sql.ts';
import { databaseError } from '../database/unit-of-work.ts';
import type { ClaimedKey } from './attempt.ts';

/** Answers are kept this long; afterwards the key is as good as new. */
const keptForMs = 72 * 3_600_000;
/** An attempt that has not renewed its claim for this long is dead, and the next one takes over. */
const claimForMs = 60_000;
/** Old keys that one new key sweeps away: more than it adds, so they never pile up. */
const sweepSize = 20;

export interface IdempotentRequest {
  /** Null at the operator's door. */
  readonly organizationId: string | null;
  readonly key: string;
  /** SHA-256 of method, path and body. */
  readonly fingerprint: Buffer;
}

export interface StoredAnswer {
  readonly status: number;
  readonly body: Buffer;
}

export type Claim =
  | { readonly outcome: 'claimed'; readonly key: ClaimedKey }
  | { readonly outcome: 'answered'; readonly answer: StoredAnswer }
  | { readonly outcome: 'in_flight' }
  | { readonly outcome: 'reused' };

/** Taking a key over waits for a transaction that is just writing into it, and then knows what that one came to. */
const claim = {
  name: 'idempotency.claim',
  text: `insert into idempotency_keys as k (id, organization_id, key, fingerprint, locked_until, created_at) values ($1, $2, $3, $4, $6, $5)
    on conflict (organization_id, key) do update
      set fingerprint = excluded.fingerprint, locked_until = excluded.locked_until, response_status = null, response_body = null,
        attempt = k.attempt + 1, id = case when k.created_at < $7 then excluded.id else k.id end,
        outcomes = case when k.created_at < $7 then '{}' else k.outcomes end,
        created_at = case when k.created_at < $7 then excluded.created_at else k.created_at end
      where k.created_at < $7
        or (k.response_status is null and k.fingerprint = excluded.fingerprint and (k.locked_until is null or k.locked_until < $5))
    returning id, attempt, outcomes`,
};

const columns = 'fingerprint, response_status, response_body';
const find = {
  name: 'idempotency.find',
  text: `select ${columns} from idempotency_keys where organization_id = $1 and key = $2`,
};
const findOperators = {
  name: 'idempotency.find_operators',
  text: `select ${columns} from idempotency_keys where organization_id is null and key = $1`,
};

const renew = {
  name: 'idempotency.renew',
  text: 'update idempotency_keys set locked_until = $3 where id = $1 and attempt = $2 and response_status is null',
};

const release = {
  name: 'idempotency.release',
  text: 'update idempotency_keys set locked_until = null where id = $1 and attempt = $2 and response_status is null',
};

/** The answer says all that the outcomes were kept for. */
const save = {
  name: 'idempotency.save',
  text: `update idempotency_keys set locked_until = null, response_status = $3, response_body = $4, outcomes = '{}'
    where id = $1 and attempt = $2`,
};

const sweep = {
  name: 'idempotency.sweep',
  text: `delete from idempotency_keys where id in (
    select id from idempotency_keys where created_at < $1 order by created_at limit ${sweepSize} for update skip locked)`,
};

interface KeyRecord {
  readonly fingerprint: Buffer;
  readonly response_status: number | null;
  readonly response_body: Buffer | null;
}

/** Who may do the work of a key, and what came of it. Each statement is durable by itself: a claim outlives the request's transactions. */
@Injectable()
export class IdempotencyStore {
  constructor(private readonly dataSource: DataSource) {}

  async claim(request: IdempotentRequest, now: Date): Promise<Claim> {
    const { organizationId, key, fingerprint } = request;
    const expired = new Date(now.getTime() - keptForMs);
    const lockedUntil = new Date(now.getTime() + claimForMs);
    const values = [newId(), organizationId, key, fingerprint, now, lockedUntil, expired];
    const claimed = await this.unlessHeld(() => readStatement<ClaimedKey>(this.dataSource, claim, values));
    if (claimed === 'held') return { outcome: 'in_flight' };
    if (claimed[0]) {
      await writeStatement(this.dataSource, sweep, [expired]);
      return { outcome: 'claimed', key: claimed[0] };
    }
    const [row] =
      organizationId === null
        ? await readStatement<KeyRecord>(this.dataSource, findOperators, [key])
        : await readStatement<KeyRecord>(this.dataSource, find, [organizationId, key]);
    if (row && !row.fingerprint.equals(fingerprint)) return { outcome: 'reused' };
    if (row?.response_status == null || row.response_body === null) return { outcome: 'in_flight' };
    return { outcome: 'answered', answer: { status: row.response_status, body: row.response_body } };
  }

  /** Says that the attempt still lives. */
  async renew({ id, attempt }: ClaimedKey, now: Date): Promise<void> {
    await writeStatement(this.dataSource, renew, [id, attempt, new Date(now.getTime() + claimForMs)]);
  }

  /** The attempt failed on our side: the next one may start at once. */
  async release({ id, attempt }: ClaimedKey): Promise<void> {
    await writeStatement(this.dataSource, release, [id, attempt]);
  }

  async save({ id, attempt }: ClaimedKey, { status, body }: StoredAnswer): Promise<void> {
    await writeStatement(this.dataSource, save, [id, attempt, status, body]);
  }

  /** A transaction that wrote into the key and lost its server holds it until PostgreSQL notices. */
  private async unlessHeld<T>(work: () => Promise<T>): Promise<T | 'held'> {
    try {
      return await work();
    } catch (error) {
      if (databaseError(error).code === '55P03') return 'held';
      throw error;
    }
  }
}
