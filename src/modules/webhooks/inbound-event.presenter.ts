import { isoOf } from '../../platform/clock/clock.ts';
import type { InboundEventRow } from './inbound-event.entity.ts';

/** Without the payload: it holds names and addresses of people. */
export const presentInboundEvent = (row: InboundEventRow) => ({
  id: row.id,
  provider: row.provider.toLowerCase(),
  account: row.account || null,
  livemode: row.livemode,
  event_id: row.eventId,
  type: row.type,
  api_version: row.apiVersion,
  object_type: row.objectType,
  object_id: row.objectId,
  organization_id: row.organizationId,
  status: row.status.toLowerCase(),
  attempts: row.attempts,
  duplicates: row.duplicates,
  outcome: row.outcome,
  error: row.error,
  occurred_at: isoOf(row.occurredAt),
  received_at: isoOf(row.receivedAt),
  next_attempt_at: ['RECEIVED', 'DEFERRED', 'FAILED'].includes(row.status) ? isoOf(row.nextAttemptAt) : null,
  processed_at: row.processedAt && isoOf(row.processedAt),
});
