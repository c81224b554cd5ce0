import type { Stripe } from 'stripe';
import { Agenda } from './agenda.ts';
import { difference } from './difference.ts';
import { newId } from './ids.ts';
import { Store } from './store.ts';
import { Time } from './time.ts';

type EventType = Stripe.Event['type'];
type Listener = (event: Stripe.Event) => void;

/** The request during which events happen: they name it. */
export interface CurrentRequest {
  readonly id: string;
  readonly idempotency_key: string | null;
}

/**
 * The simulated account: what it owns, its times, what is due, and what happened. Machines act on it and hear of each other
 * only through the events everybody else gets.
 */
export class World {
  readonly store = new Store();
  readonly agenda = new Agenda();
  readonly time = new Time(this.store, this.agenda);
  request: CurrentRequest | null = null;
  private readonly listeners = new Map<string, Listener[]>();
  /** The delivery of events to webhook endpoints; returns how many endpoints take it. */
  deliver: (event: Stripe.Event) => number = () => 0;

  constructor(
    readonly apiVersion: string,
    /** Where the simulator is reached, for the links it hands out. */
    public url: string,
  ) {}

  /** `customer` decides by which clock. */
  now(customer: string | null = null): number {
    return this.time.now(this.time.clockOf(customer));
  }

  on(type: EventType, listener: Listener): void {
    this.listeners.set(type, [...(this.listeners.get(type) ?? []), listener]);
  }

  /** Something happened to an object: an event with its state of this moment. */
  emit(type: EventType, object: object, previous?: object): Stripe.Event {
    const state = snapshot(object);
    const event = {
      id: newId('evt'),
      object: 'event',
      api_version: this.apiVersion,
      created: this.time.now(this.clockOf(state)),
      data: { object: state, ...(previous && { previous_attributes: previous }) },
      livemode: false,
      pending_webhooks: 0,
      request: this.request ?? { id: null, idempotency_key: null },
      type,
    } as unknown as Stripe.Event;
    this.store.events.add(event);
    event.pending_webhooks = this.deliver(event);
    for (const listener of this.listeners.get(type) ?? []) listener(event);
    return event;
  }

  /** Changes an object and tells of it, with the former values; nothing changed, nothing told. */
  change<T extends object>(type: EventType, object: T, mutate: (object: T) => void): void {
    const before = snapshot(object);
    mutate(object);
    const previous = difference(before, snapshot(object));
    if (Object.keys(previous).length > 0) this.emit(type, object, previous);
  }

  clockOfEvent(event: Stripe.Event): string | null {
    return this.clockOf(event.data.object as unknown as Record<string, unknown>);
  }

  private clockOf(state: Record<string, unknown>): string | null {
    if (state['object'] === 'test_helpers.test_clock') return String(state['id']);
    const customer = state['object'] === 'customer' ? state['id'] : state['customer'];
    const known = typeof customer === 'string' ? this.time.clockOf(customer) : null;
    return known ?? (typeof state['test_clock'] === 'string' ? state['test_clock'] : null);
  }
}

/** The state of an object at this moment. */
const snapshot = (object: object): Record<string, unknown> => JSON.parse(JSON.stringify(object)) as Record<string, unknown>;
