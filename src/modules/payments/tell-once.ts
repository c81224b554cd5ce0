import type { Tx } from '../../platform/database/unit-of-work.ts';
import { type OutboxEvent, tell } from '../../platform/outbox/outbox.ts';

/**
 * Tells something of which the provider may tell us several times, under several event ids. `once` names the happening
 * among those of its type and object. The caller holds the object's lock.
 */
export async function tellOnce(tx: Tx, organizationId: string, at: Date, once: string, event: OutboxEvent): Promise<boolean> {
  const told = (await tx.query(
    `select from outbox_events where organization_id = $1 and object_id = $2 and type = $3 and payload ->> 'once' = $4 limit 1`,
    [organizationId, event.objectId, event.type, once],
  )) as unknown[];
  if (told.length > 0) return false;
  await tell(tx, organizationId, at, [{ ...event, payload: { ...event.payload, once } }]);
  return true;
}
