import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { readStatement, writeStatement } from '../database/sql.ts';

/** Answers are kept this long; afterwards the key is as good as new. */
const keptForMs = 72 * 3_600_000;
/** An attempt that has not renewed its claim for this long is dead, and the next one takes over. */
const claimForMs = 60_000;
/** Old keys that one new key sweeps away: more than it adds, so they never pile up. */
const sweepSize = 20;

export interface IdempotentRequest {
  readonly organizationId: string;
  readonly key: string;
  /** SHA-256 of method, path and body. */
  readonly fingerprint: Buffer;
}

export interface StoredAnswer {
  readonly status: number;
  readonly body: string;
}

export type Claim =
  | { readonly outcome: 'claimed' }
  | { readonly outcome: 'answered'; readonly answer: StoredAnswer }
  | { readonly outcome: 'in_flight' }
  | { readonly outcome: 'reused' };

const claim = {
  name: 'idempotency.claim',
  text: `insert into idempotency_keys as k (organization_id, key, fingerprint, locked_until, created_at) values ($1, $2, $3, $5, $4)
    on conflict (organization_id, key) do update
      set fingerprint = excluded.fingerprint, locked_until = excluded.locked_until, response_status = null, response_body = null,
        created_at = case when k.created_at < $6 then excluded.created_at else k.created_at end
      where k.created_at < $6
        or (k.response_status is null and k.fingerprint = excluded.fingerprint and (k.locked_until is null or k.locked_until < $4))`,
};

const find = {
  name: 'idempotency.find',
  text: `select fingerprint, response_status, response_body from idempotency_keys where organization_id = $1 and key = $2`,
};

const renew = {
  name: 'idempotency.renew',
  text: `update idempotency_keys set locked_until = $3 where organization_id = $1 and key = $2 and response_status is null`,
};

const release = {
  name: 'idempotency.release',
  text: `update idempotency_keys set locked_until = null where organization_id = $1 and key = $2 and response_status is null`,
};

const save = {
  name: 'idempotency.save',
  text: `update idempotency_keys set locked_until = null, response_status = $3, response_body = $4 where organization_id = $1 and key = $2`,
};

const sweep = {
  name: 'idempotency.sweep',
  text: `delete from idempotency_keys where (organization_id, key) in (
    select organization_id, key from idempotency_keys where created_at < $1 order by created_at limit ${sweepSize} for update skip locked)`,
};

/** Who may do the work of a key, and what came of it. Each statement is durable by itself: a claim outlives the request's transaction. */
@Injectable()
export class IdempotencyStore {
  constructor(private readonly dataSource: DataSource) {}

  async claim(request: IdempotentRequest, now: Date): Promise<Claim> {
    const { organizationId, key, fingerprint } = request;
    const expired = new Date(now.getTime() - keptForMs);
    const claimed = await writeStatement(this.dataSource, claim, [
      organizationId,
      key,
      fingerprint,
      now,
      new Date(now.getTime() + claimForMs),
      expired,
    ]);
    if (claimed === 1) {
      await writeStatement(this.dataSource, sweep, [expired]);
      return { outcome: 'claimed' };
    }
    const [row] = await readStatement<{ fingerprint: Buffer; response_status: number | null; response_body: string | null }>(
      this.dataSource,
      find,
      [organizationId, key],
    );
    if (row && !row.fingerprint.equals(fingerprint)) return { outcome: 'reused' };
    if (row?.response_status == null) return { outcome: 'in_flight' };
    return { outcome: 'answered', answer: { status: row.response_status, body: row.response_body ?? '' } };
  }

  /** Says that the attempt still lives. */
  async renew({ organizationId, key }: IdempotentRequest, now: Date): Promise<void> {
    await writeStatement(this.dataSource, renew, [organizationId, key, new Date(now.getTime() + claimForMs)]);
  }

  /** The attempt failed on our side: the next one may start at once. */
  async release({ organizationId, key }: IdempotentRequest): Promise<void> {
    await writeStatement(this.dataSource, release, [organizationId, key]);
  }

  async save({ organizationId, key }: IdempotentRequest, { status, body }: StoredAnswer): Promise<void> {
    await writeStatement(this.dataSource, save, [organizationId, key, status, body]);
  }
}
