import { currentActor } from '../auth/actor.ts';
import type { Tx } from '../database/unit-of-work.ts';
import { runStatement } from '../database/sql.ts';
import { toJson } from '../http/strict-json.ts';
import { currentRequestId } from '../logging/log.ts';

/** Something that happened to one object, told in the transaction that made it happen. */
export interface OutboxEvent {
  readonly objectType: string;
  readonly objectId: string;
  /** `<object>.<what happened>`, such as `invoice.created`. */
  readonly type: string;
  readonly payload: object;
}

const insertEvents = {
  name: 'outbox.insert',
  text: `insert into outbox_events (organization_id, object_type, object_id, type, payload, created_at, actor_type, actor_id, actor_address, request_id)
    select $1, e.object_type, e.object_id, e.type, e.payload, $2, $7, $8, $9, $10 from unnest($3::text[], $4::uuid[], $5::text[], $6::jsonb[])
      with ordinality as e(object_type, object_id, type, payload, position) order by e.position`,
};

/**
 * Appends events in the given order. Writers of one object hold its row lock, so ids of one object's events follow the order
 * in which its changes committed. Each event notes in whose name it was told.
 */
export async function tell(tx: Tx, organizationId: string, at: Date, events: readonly OutboxEvent[]): Promise<void> {
  if (events.length === 0) return;
  const actor = currentActor();
  await runStatement(tx, insertEvents, [
    organizationId,
    at,
    events.map((event) => event.objectType),
    events.map((event) => event.objectId),
    events.map((event) => event.type),
    events.map((event) => toJson(event.payload)),
    actor.type,
    actor.id,
    actor.address,
    currentRequestId() ?? null,
  ]);
}
