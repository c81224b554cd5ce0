import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { OperationStatus } from '../../domain/lifecycles/operation.ts';
import { isId } from '../database/ids.ts';
import { type Query, queryIn, queryOn } from '../database/sql.ts';
import type { Tx } from '../database/unit-of-work.ts';
import { toJson } from '../http/strict-json.ts';

export interface Operation {
  readonly organization_id: string;
  readonly id: string;
  readonly type: string;
  readonly status: OperationStatus;
  readonly cancel_requested: boolean;
  /** Rows of its room say how it goes on: silence does not mean that its process died. */
  readonly resumable: boolean;
  /** Whoever opened it over the API says how it gets on. */
  readonly reported: boolean;
  readonly result: object | null;
  readonly error: object | null;
  readonly created_at: Date;
  readonly heartbeat_at: Date;
  readonly finished_at: Date | null;
}

export interface OperationEvent {
  readonly sequence: string;
  readonly type: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly created_at: Date;
}

export type OperationKey = Pick<Operation, 'organization_id' | 'id'>;

const open = {
  name: 'operations.open',
  text: `insert into operations (organization_id, id, type, status, resumable, reported, created_at, heartbeat_at)
    values ($1, $2, $3, 'PENDING', $5, $6, $4, $4) returning *`,
};

const find = { name: 'operations.find', text: 'select * from operations where organization_id = $1 and id = $2' };

/** The state and its event in one statement, the sequence drawn from the row: events of an operation count 1, 2, 3 … */
const say = {
  name: 'operations.say',
  text: `with moved as (
      update operations set last_sequence = last_sequence + 1, heartbeat_at = $3, status = coalesce($4, status),
        result = coalesce($5::jsonb, result), error = coalesce($6::jsonb, error),
        finished_at = case when $4 in ('COMPLETED', 'FAILED', 'CANCELLED') then $3 else finished_at end
      where organization_id = $1 and id = $2 and status in ('PENDING', 'RUNNING') returning organization_id, id, last_sequence, cancel_requested
    ), told as (
      insert into operation_events (organization_id, operation_id, sequence, type, payload, created_at)
      select organization_id, id, last_sequence, $7, $8::jsonb, $3 from moved)
    select cancel_requested from moved`,
};

const beat = { name: 'operations.beat', text: 'update operations set heartbeat_at = $3 where organization_id = $1 and id = $2' };

const since = {
  name: 'operations.since',
  text: `select sequence, type, payload, created_at from operation_events where organization_id = $1 and operation_id = $2 and sequence > $3
    order by sequence limit 1000`,
};

const requestCancel = {
  name: 'operations.request_cancel',
  text: `update operations set cancel_requested = true where organization_id = $1 and id = $2 and status in ('PENDING', 'RUNNING') returning *`,
};

const orphans = {
  name: 'operations.orphans',
  text: `select organization_id, id from operations where organization_id = $1 and id = $2 and status in ('PENDING', 'RUNNING') and heartbeat_at < $3
    and not resumable`,
};

export interface Saying {
  readonly type: string;
  readonly payload: object;
  readonly status?: OperationStatus;
  readonly result?: object;
  readonly error?: object;
}

@Injectable()
export class OperationsStore {
  private readonly query: Query;

  constructor(dataSource: DataSource) {
    this.query = queryOn(dataSource);
  }

  /** In the transaction that begins the work; whoever works on it says so in transactions of its own. */
  async openIn(tx: Tx, key: OperationKey, type: string, at: Date, worked: 'here' | 'by_rows' | 'outside'): Promise<Operation> {
    const values = [key.organization_id, key.id, type, at, worked === 'by_rows', worked === 'outside'];
    const [row] = await queryIn(tx)<Operation>(open, values);
    if (!row) throw new Error('an operation was not opened');
    return row;
  }

  async sayIn(tx: Tx, key: OperationKey, saying: Saying, at: Date): Promise<boolean> {
    return (await sayWith(queryIn(tx), key, saying, at)) !== undefined;
  }

  async find(organizationId: string, id: string): Promise<Operation | undefined> {
    return isId(id) ? (await this.query<Operation>(find, [organizationId, id]))[0] : undefined;
  }

  /** Undefined when the operation has ended already: nothing is said after the end. */
  async say(key: OperationKey, saying: Saying, at: Date): Promise<{ cancel_requested: boolean } | undefined> {
    return sayWith(this.query, key, saying, at);
  }

  async beat({ organization_id, id }: OperationKey, at: Date): Promise<void> {
    await this.query(beat, [organization_id, id, at]);
  }

  since({ organization_id, id }: OperationKey, sequence: bigint): Promise<OperationEvent[]> {
    return this.query<OperationEvent>(since, [organization_id, id, sequence]);
  }

  async requestCancel({ organization_id, id }: OperationKey): Promise<Operation | undefined> {
    return (await this.query<Operation>(requestCancel, [organization_id, id]))[0];
  }

  async isOrphan({ organization_id, id }: OperationKey, heartbeatBefore: Date): Promise<boolean> {
    return (await this.query(orphans, [organization_id, id, heartbeatBefore])).length > 0;
  }
}

async function sayWith(
  query: Query,
  { organization_id, id }: OperationKey,
  saying: Saying,
  at: Date,
): Promise<{ cancel_requested: boolean } | undefined> {
  const json = (value: object | undefined): string | null => (value === undefined ? null : toJson(value));
  const [said] = await query<{ cancel_requested: boolean }>(say, [
    organization_id,
    id,
    at,
    saying.status ?? null,
    json(saying.result),
    json(saying.error),
    saying.type,
    toJson(saying.payload),
  ]);
  return said;
}
