import { createHmac, randomBytes } from 'node:crypto';
import { shownOnce } from '../idempotency/attempt.ts';

const prefix = 'whsec_';

export const newWebhookSecret = (): Buffer => shownOnce(randomBytes(32));

/** The secret as its receiver configures it. */
export const secretText = (secret: Buffer): string => `${prefix}${secret.toString('base64')}`;

/** The headers of https://www.standardwebhooks.com: the id of the message, when it was sent, and HMAC-SHA-256 over both and the body. */
export function signedHeaders(secret: Buffer, id: string, at: Date, body: string): Readonly<Record<string, string>> {
  const timestamp = Math.floor(at.getTime() / 1000).toString();
  const signature = createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
}
