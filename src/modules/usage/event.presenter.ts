import { hash } from 'node:crypto';
import type { PageMeta } from '../../platform/http/pagination.ts';
import { jsonString } from './properties-json.ts';
import type { KeptEvent } from './usage-events.store.ts';

export function eventAnswer(event: KeptEvent): string {
  const parts = ['{"event":'];
  addEvent(parts, event);
  parts.push('}');
  return parts.join('');
}

export function eventsAnswer(events: readonly KeptEvent[], meta?: PageMeta): string {
  const parts = ['{"events":['];
  for (const event of events) {
    if (parts.length > 1) parts.push(',');
    addEvent(parts, event);
  }
  parts.push(meta ? `],"meta":${JSON.stringify(meta)}}` : ']}');
  return parts.join('');
}

/**
 * Written by hand, in parts that are joined once: the properties are JSON text already, and a generic serializer would read and print a
 * thousand of them again.
 */
function addEvent(parts: string[], event: KeptEvent): void {
  const id = eventId(event);
  parts.push(
    '{"id":"',
    id,
    '","lago_id":"',
    id,
    '","transaction_id":',
    jsonString(event.transactionId),
    ',"code":',
    jsonString(event.code),
    ',"external_subscription_id":',
    jsonString(event.externalSubscriptionId),
    ',"lago_customer_id":null,"lago_subscription_id":null,"timestamp":"',
    event.occurredAt,
    '","properties":',
    event.properties,
    ',"precise_total_amount_cents":',
    decimalJson(event.preciseTotalAmountCents),
    ',"created_at":"',
    event.receivedAt,
    '"}',
  );
}

const decimalJson = (decimal: string | null): string => (decimal === null ? 'null' : `"${decimal}"`);

/** Events have no id of their own (it would cost an index); clients that want one get a UUIDv5 of what identifies the event. */
function eventId({ streamId, transactionId }: KeptEvent): string {
  const hex = hash('sha1', `florin:event:${streamId}:${transactionId}`);
  const variant = '89ab'[Number.parseInt(hex[16]!, 16) & 3]!;
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
