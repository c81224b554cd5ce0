import type { Tx } from '../../platform/database/unit-of-work.ts';

/** DI token: every `InboundProvider` there is. */
export const INBOUND_PROVIDERS = Symbol('INBOUND_PROVIDERS');

/** What the inbox keeps of an event beside its bytes. */
export interface Envelope {
  readonly account: string;
  readonly livemode: boolean;
  readonly eventId: string;
  readonly type: string;
  readonly apiVersion: string | null;
  readonly occurredAt: Date;
  readonly objectType: string;
  readonly objectId: string;
  /** What must not be worked on at the same time shares a lane: the provider's customer where the object names one. */
  readonly lane: string;
  /** Of all that may not differ between two deliveries of one event. */
  readonly fingerprint: Buffer;
}

export interface StoredEvent {
  readonly id: string;
  readonly provider: string;
  /** Whose event it is at the provider; empty for our own account. */
  readonly account: string;
  readonly eventId: string;
  readonly type: string;
  readonly occurredAt: Date;
  readonly receivedAt: Date;
  readonly body: Buffer;
  /** It was applied before, and is replayed. */
  readonly isRepeated: boolean;
}

export type Applied =
  | { readonly outcome: string; readonly organizationId?: string | null; readonly changed: boolean }
  /**
   * It names something that is not here yet; it is tried again later, and as soon as its lane moves. A foreign one names nothing at all
   * that is known here: somebody else's, unless something of ours comes for it within the hour.
   */
  | { readonly deferred: string; readonly organizationId?: string | null; readonly isForeign?: boolean }
  /** It is somebody else's, whatever comes. */
  | { readonly ignored: string };

/** What was asked of the provider, and our database's time before it was asked: nothing received earlier can be newer. */
export interface Fact {
  readonly askedAt: Date;
  readonly value: unknown;
}
export type Facts = ReadonlyMap<string, Fact>;

/** Thrown inside `apply` when only the provider can tell: the transaction is taken back, the provider is asked, and it runs again. */
export class NeedsFact extends Error {
  override readonly name = 'NeedsFact';
  constructor(readonly question: string) {
    super(question);
  }
}

/** An object that is not what we hold to be true of it. */
export interface Drift {
  readonly objectType: string;
  readonly objectId: string;
  /** What differs; `missing` when we know nothing of it. */
  readonly fields: readonly string[];
  readonly customerId: string | null;
}

/** Reading all that a provider has. */
export interface Sweep {
  events(since: Date): AsyncIterable<Buffer>;
  drifted(): AsyncIterable<Drift>;
}

/** A vendor whose events come in. */
export interface InboundProvider {
  /** As the table says it. */
  readonly name: 'STRIPE';
  /**
   * Verifies the bytes and reads the envelope.
   * @throws BillingError missing_webhook_signature, invalid_webhook_signature, invalid_webhook_event
   */
  open(body: Buffer, signature: string | undefined): Envelope;
  /** The envelope of bytes that need no signature, as we asked for them. */
  envelope(body: Buffer): Envelope;
  /** Absent where nobody can be asked. */
  readonly sweep?: Sweep;
  /** Applies an event in the inbox's transaction, any number of times with one effect. @throws NeedsFact */
  apply(tx: Tx, event: StoredEvent, facts: Facts): Promise<Applied>;
  /** Answers a question that `apply` raised; outside any transaction. */
  ask(question: string): Promise<unknown>;
}
