import { createHash } from 'node:crypto';

/** What an entry says, as it is stored; `payload` is the text of the jsonb. */
export interface AuditEntry {
  readonly sequence: string;
  readonly id: string;
  readonly outbox_id: string;
  readonly type: string;
  readonly object_type: string;
  readonly object_id: string;
  readonly actor_type: string;
  readonly actor_id: string | null;
  readonly actor_address: string | null;
  readonly request_id: string | null;
  readonly payload: string;
  readonly occurred_at: Date;
  readonly logged_at: Date;
}

/** The hash before the first entry of an organization. */
export const genesis = Buffer.alloc(32);

/** SHA-256 over the hash before and every field of the entry: to change, drop or move one, all that follow must be written anew. */
export function hashOf(organizationId: string, entry: AuditEntry, previous: Buffer): Buffer {
  const said = [
    organizationId,
    entry.sequence,
    entry.id,
    entry.outbox_id,
    entry.type,
    entry.object_type,
    entry.object_id,
    entry.actor_type,
    entry.actor_id,
    entry.actor_address,
    entry.request_id,
    entry.payload,
    entry.occurred_at.toISOString(),
    entry.logged_at.toISOString(),
  ];
  return createHash('sha256').update(previous).update(JSON.stringify(said)).digest();
}
