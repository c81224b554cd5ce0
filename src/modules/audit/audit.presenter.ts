import { isoOf } from '../../platform/clock/clock.ts';
import type { StoredEntry } from './audit.queries.ts';

/** Lago knows three sources: who calls by a key or token, the vendor's own people, and the system. */
const sourceOf = (actorType: string): 'api' | 'front' | 'system' =>
  actorType === 'api_key' || actorType === 'session' ? 'api' : actorType === 'operator' ? 'front' : 'system';

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);

/** Lago's activity log; who it was stands beside it, because Florin's callers are keys and not e-mail addresses. */
export const presentActivity = (entry: StoredEntry) => ({
  activity_id: entry.id,
  lago_id: entry.id,
  activity_type: entry.type,
  activity_source: sourceOf(entry.actor_type),
  activity_object: entry.payload,
  activity_object_changes: entry.payload['previously'] ?? null,
  user_email: null,
  external_customer_id: textOf(
    entry.object_type === 'customer' ? entry.payload['external_id'] : entry.payload['external_customer_id'],
  ),
  external_subscription_id: textOf(
    entry.object_type === 'subscription' ? entry.payload['external_id'] : entry.payload['external_subscription_id'],
  ),
  resource_id: entry.object_id,
  resource_type: entry.object_type,
  organization_id: entry.organization_id,
  actor: { type: entry.actor_type, id: entry.actor_id },
  request_id: entry.request_id,
  logged_at: isoOf(entry.logged_at),
  created_at: isoOf(entry.occurred_at),
});

/** For the operator: everything, the address and the place in the chain included. */
export const presentAudit = (entry: StoredEntry) => ({
  sequence: BigInt(entry.sequence),
  id: entry.id,
  event_type: entry.type,
  event_timestamp: isoOf(entry.occurred_at),
  logged_at: isoOf(entry.logged_at),
  organization_id: entry.organization_id,
  object_type: entry.object_type,
  object_id: entry.object_id,
  event_data: entry.payload,
  actor_type: entry.actor_type,
  actor_id: entry.actor_id,
  actor_ip: entry.actor_address,
  request_id: entry.request_id,
  hash: entry.hash.toString('hex'),
});
