import type { Stripe } from 'stripe';
import { olderShape } from '../versions/older-shape.ts';
import { letters } from '../world/ids.ts';
import type { World } from '../world/world.ts';
import { type DeliveryFault, type Faults, namesType } from './faults.ts';
import { signatureOf } from './signature.ts';

interface Attempt {
  /** Unix seconds of the account's own time. */
  readonly at: number;
  /** What the endpoint answered; null when it did not. */
  readonly status: number | null;
  readonly error?: string;
}

/** One event on its way to one endpoint. */
export interface Delivery {
  readonly id: string;
  readonly event: string;
  readonly type: string;
  readonly endpoint: string;
  state: 'pending' | 'delivered' | 'failed' | 'dropped';
  readonly attempts: Attempt[];
}

interface Parcel {
  readonly delivery: Delivery;
  readonly fault: DeliveryFault | undefined;
}

const minute = 60;
const hour = 60 * minute;

/** Stripe publishes only that it tries for three days with growing pauses; these pauses are ours. Seconds. */
export const threeDaysOfRetries: readonly number[] = [
  5 * minute,
  30 * minute,
  2 * hour,
  5 * hour,
  10 * hour,
  10 * hour,
  12 * hour,
  12 * hour,
  12 * hour,
];

const retryDuty = 'webhook.retry';
const answerWithinMs = 20_000;
const atATime = 8;

/** Sends events to webhook endpoints: signed, unordered beyond a few at a time, again until answered 2xx. */
export class Deliveries {
  readonly all = new Map<string, Delivery>();
  /** More secrets than the endpoint's own: while one is rolled, both sign. */
  private readonly furtherSecrets = new Map<string, string[]>();
  private waiting: Parcel[] = [];
  private held: { parcel: Parcel; behind: number }[] = [];
  private underWay = 0;
  private stopped = false;
  private idlers: (() => void)[] = [];

  constructor(
    private readonly world: World,
    private readonly faults: Faults,
    private readonly retries: readonly number[],
  ) {
    world.deliver = (event) => this.accept(event);
    world.agenda.duty(retryDuty, (id) => this.retry(id));
  }

  /** Takes an event for every endpoint that wants it. */
  private accept(event: Stripe.Event): number {
    const wanted = this.world.store.webhookEndpoints.oldest(
      ({ status, enabled_events }) => status === 'enabled' && enabled_events.some((pattern) => namesType(pattern, event.type)),
    );
    for (const endpoint of wanted) this.post(event, endpoint.id);
    return wanted.length;
  }

  /** Sends an event to an endpoint, for the first time or once more. */
  post(event: Stripe.Event, endpoint: string): Delivery {
    const delivery: Delivery = {
      id: `dlv_${letters(16)}`,
      event: event.id,
      type: event.type,
      endpoint,
      state: 'pending',
      attempts: [],
    };
    this.all.set(delivery.id, delivery);
    this.enqueue(delivery, this.faults.ofDelivery(event.type, endpoint));
    return delivery;
  }

  addSecret(endpoint: string, secret: string): void {
    this.furtherSecrets.set(endpoint, [...(this.furtherSecrets.get(endpoint) ?? []), secret]);
  }

  removeSecret(endpoint: string, secret: string): void {
    this.furtherSecrets.set(
      endpoint,
      (this.furtherSecrets.get(endpoint) ?? []).filter((one) => one !== secret),
    );
  }

  /** A test clock went on: the retries of its events come nearer by as much. */
  bringNearer(clock: string, seconds: number): void {
    for (const entry of this.world.agenda.of(retryDuty)) {
      const event = this.world.store.events.find(this.all.get(entry.id)?.event);
      if (event && this.world.clockOfEvent(event) === clock) this.world.agenda.set(retryDuty, entry.id, entry.at - seconds, null);
    }
  }

  /** Resolves when nothing is under way; what was held back goes out last. Retries that are not yet due do not count. */
  async idle(): Promise<void> {
    if (this.underWay === 0 && this.waiting.length === 0) {
      if (this.held.length === 0) return;
      this.waiting.push(...this.held.splice(0).map(({ parcel }) => parcel));
      this.send();
    }
    await new Promise<void>((resolve) => this.idlers.push(resolve));
    await this.idle();
  }

  stop(): void {
    this.stopped = true;
    this.waiting = [];
    this.held = [];
  }

  private retry(id: string): void {
    const delivery = this.all.get(id);
    if (delivery) this.enqueue(delivery, this.faults.ofDelivery(delivery.type, delivery.endpoint));
  }

  private enqueue(delivery: Delivery, fault: DeliveryFault | undefined): void {
    if (fault?.kind === 'drop') {
      delivery.state = 'dropped';
      return;
    }
    const parcel = { delivery, fault };
    if (fault?.kind === 'reorder') this.held.push({ parcel, behind: fault.behind });
    else for (let copies = fault?.kind === 'duplicate' ? fault.copies : 1; copies > 0; copies -= 1) this.waiting.push(parcel);
    // After the request that caused it has been answered.
    setImmediate(() => this.send());
  }

  private send(): void {
    while (!this.stopped && this.underWay < atATime) {
      const parcel = this.waiting.shift();
      if (!parcel) break;
      this.underWay += 1;
      void this.carry(parcel).finally(() => this.sent());
    }
    if (this.underWay === 0 && this.waiting.length === 0) for (const resolve of this.idlers.splice(0)) resolve();
  }

  private sent(): void {
    this.underWay -= 1;
    for (const one of this.held) one.behind -= 1;
    const free = this.held.filter(({ behind }) => behind <= 0);
    this.held = this.held.filter(({ behind }) => behind > 0);
    this.waiting.push(...free.map(({ parcel }) => parcel));
    this.send();
  }

  private async carry({ delivery, fault }: Parcel): Promise<void> {
    if (fault?.kind === 'delay') await new Promise((resolve) => setTimeout(resolve, fault.ms));
    const endpoint = this.world.store.webhookEndpoints.find(delivery.endpoint);
    const event = this.world.store.events.find(delivery.event);
    if (!endpoint || !event) return;
    const attempt =
      fault?.kind === 'fail' ? { status: null, error: 'not sent, as planned' } : await this.knock(event, endpoint, fault);
    delivery.attempts.push({ at: this.world.now(), ...attempt });
    if (attempt.status !== null && attempt.status >= 200 && attempt.status < 300) {
      if (delivery.state !== 'delivered') event.pending_webhooks = Math.max(0, event.pending_webhooks - 1);
      delivery.state = 'delivered';
      return;
    }
    if (delivery.state === 'delivered' || this.stopped) return;
    const pause = this.retries[delivery.attempts.length - 1];
    if (pause === undefined) delivery.state = 'failed';
    else this.world.agenda.set(retryDuty, delivery.id, this.world.now() + pause, null);
  }

  private async knock(
    event: Stripe.Event,
    endpoint: Stripe.WebhookEndpoint,
    fault: DeliveryFault | undefined,
  ): Promise<{ status: number | null; error?: string }> {
    const body = this.bodyFor(event, endpoint);
    const secrets = [endpoint.secret ?? '', ...(this.furtherSecrets.get(endpoint.id) ?? [])];
    const wrong = fault?.kind === 'signature' && fault.how === 'wrong';
    const stale = fault?.kind === 'signature' && fault.how === 'stale';
    const second = Math.floor(Date.now() / 1000) - (stale ? hour : 0);
    try {
      const response = await fetch(endpoint.url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json; charset=utf-8',
          'user-agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
          'stripe-signature': signatureOf(body, wrong ? ['whsec_wrong'] : secrets, second),
        },
        body,
        redirect: 'manual',
        signal: AbortSignal.timeout(answerWithinMs),
      });
      await response.arrayBuffer();
      return { status: response.status };
    } catch (error) {
      return { status: null, error: (error as Error).message };
    }
  }

  /** Pretty-printed as Stripe does, in the shape of the endpoint's API version. */
  private bodyFor(event: Stripe.Event, endpoint: Stripe.WebhookEndpoint): string {
    const version = endpoint.api_version ?? this.world.apiVersion;
    const data = { ...event.data, object: olderShape(event.data.object, version, this.world.store) };
    return JSON.stringify({ ...event, api_version: version, data }, null, 2);
  }
}
