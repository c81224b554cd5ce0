import { createHash } from 'node:crypto';
import StripeSdk from 'stripe';
import { BillingError } from '../../domain/errors/billing-error.ts';
import type { Envelope } from '../../modules/webhooks/index.ts';

/** Stripe's own default, and what Standard Webhooks asks for. */
const toleranceSeconds = 300;

/**
 * True when one of the secrets signed exactly these bytes within five minutes of `nowMs`, before or after: the SDK by itself accepts
 * any time in the future (stripe.md 1.3).
 */
export function isSigned(body: Buffer, header: string, secrets: readonly string[], nowMs: number): boolean {
  const stamp = /(?:^|,)\s*t=(\d{1,12})(?:,|$)/.exec(header)?.[1];
  if (stamp === undefined || Math.abs(nowMs / 1_000 - Number(stamp)) > toleranceSeconds) return false;
  return secrets.some((secret) => {
    try {
      return StripeSdk.webhooks.signature?.verifyHeader(body, header, secret, toleranceSeconds, undefined, nowMs) ?? false;
    } catch {
      return false;
    }
  });
}

type Fields = Readonly<Record<string, unknown>>;

const fieldsOf = (value: unknown): Fields | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;

/** No name holds a NUL, and no column takes one. */
const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value.length > 0 && !value.includes('\0') ? value : undefined;

const idOf = (value: unknown): string | undefined => textOf(value) ?? textOf(fieldsOf(value)?.['id']);

/**
 * Reads what the inbox needs of signed bytes.
 * @throws BillingError invalid_webhook_event: no event, or of another mode than the configured key's
 */
export function envelopeOf(body: Buffer, expectedLivemode: boolean | undefined): Envelope {
  const event = parse(body);
  if (event?.['object'] === 'v2.core.event') return envelopeOfNotification(event, body, expectedLivemode);
  const object = fieldsOf(fieldsOf(event?.['data'])?.['object']);
  const eventId = textOf(event?.['id']);
  const type = textOf(event?.['type']);
  const created = event?.['created'];
  if (!event || event['object'] !== 'event' || !object || !eventId || !type || eventId.length > 255)
    throw new BillingError('invalid_webhook_event');
  if (typeof created !== 'number' || !Number.isInteger(created) || created < 0 || created > 99_999_999_999)
    throw new BillingError('invalid_webhook_event');
  const livemode = event['livemode'] === true;
  if (expectedLivemode !== undefined && livemode !== expectedLivemode) throw new BillingError('invalid_webhook_event');
  const objectType = textOf(object['object']) ?? type.split('.').slice(0, -1).join('.');
  const objectId = textOf(object['id']) ?? '';
  const previous = fieldsOf(fieldsOf(event['data'])?.['previous_attributes']);
  const customer = idOf(object['customer']) ?? idOf(previous?.['customer']) ?? (objectType === 'customer' ? objectId : undefined);
  return {
    account: textOf(event['account']) ?? '',
    livemode,
    eventId,
    type,
    apiVersion: textOf(event['api_version']) ?? null,
    occurredAt: new Date(created * 1_000),
    objectType,
    objectId,
    lane: customer ?? idOf(object['invoice']) ?? (objectId || eventId),
    // `pending_webhooks` differs between the deliveries of one event.
    fingerprint: createHash('sha256')
      .update(JSON.stringify([event['data'], type, created]))
      .digest(),
  };
}

/**
 * A thin event of Stripe's API v2 names an object and holds nothing of it. Florin asks for none; one that comes all the same is kept
 * and answered 200, or Stripe would send it for three days and then shut the endpoint. No handler takes its type: it ends `unhandled`.
 */
function envelopeOfNotification(event: Fields, body: Buffer, expectedLivemode: boolean | undefined): Envelope {
  const [eventId, type, created] = [textOf(event['id']), textOf(event['type']), textOf(event['created'])];
  const occurredAt = new Date(created ?? Number.NaN);
  const livemode = event['livemode'] === true;
  if (!eventId || !type || eventId.length > 255 || Number.isNaN(occurredAt.getTime()))
    throw new BillingError('invalid_webhook_event');
  if (expectedLivemode !== undefined && livemode !== expectedLivemode) throw new BillingError('invalid_webhook_event');
  const related = fieldsOf(event['related_object']);
  return {
    account: textOf(event['context']) ?? '',
    livemode,
    eventId,
    type,
    apiVersion: null,
    occurredAt,
    objectType: textOf(related?.['type']) ?? 'v2.core.event',
    objectId: idOf(related) ?? '',
    lane: idOf(related) ?? eventId,
    fingerprint: createHash('sha256').update(body).digest(),
  };
}

function parse(body: Buffer): Fields | undefined {
  try {
    return fieldsOf(JSON.parse(body.toString('utf8')));
  } catch {
    return undefined;
  }
}
