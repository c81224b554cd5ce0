import StripeSdk from 'stripe';
import type { Answer, Florin } from './florin.ts';
import { ProcessInbox } from '../../src/modules/webhooks/index.ts';

export const webhookSecret = 'whsec_test_0123456789abcdef';

let serial = 0;

/** An event as Stripe sends it; `object` may be of any API version. */
export const stripeEvent = (type: string, object: object, fields: object = {}) => ({
  id: `evt_${(serial += 1).toString().padStart(24, '0')}`,
  object: 'event',
  api_version: StripeSdk.API_VERSION,
  created: 1_770_000_000,
  livemode: false,
  pending_webhooks: 1,
  request: { id: null, idempotency_key: null },
  type,
  data: { object },
  ...fields,
});

/** The header Stripe's own SDK makes for these bytes. */
export const sign = (payload: string, { secret = webhookSecret, at = Date.now() } = {}): string =>
  StripeSdk.webhooks.generateTestHeaderString({ payload, secret, timestamp: Math.floor(at / 1_000) });

/** Posts bytes to the webhook door; signed unless a header (or none) is given. */
export async function postWebhook(
  florin: Florin,
  payload: string,
  headers: Record<string, string> = { 'stripe-signature': sign(payload) },
  path = '/api/v1/webhooks/stripe',
): Promise<Answer> {
  const response = await fetch(`${florin.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    body: payload,
  });
  return { status: response.status, headers: Object.fromEntries(response.headers), body: await response.json() };
}

/** Delivers events in this order, each pretty-printed as Stripe does, and works the inbox off. */
export async function deliver(florin: Florin, ...events: readonly object[]): Promise<void> {
  for (const event of events) {
    const { status, body } = await postWebhook(florin, JSON.stringify(event, null, 2));
    if (status !== 200) throw new Error(`the event was answered ${status} ${JSON.stringify(body)}`);
  }
  await workOff(florin);
}

export const workOff = (florin: Florin): Promise<number> => florin.app.get(ProcessInbox, { strict: false }).execute();
