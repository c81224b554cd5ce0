import { Column, Entity, PrimaryColumn } from 'typeorm';

export const inboundStatuses = ['RECEIVED', 'PROCESSING', 'PROCESSED', 'DEFERRED', 'FAILED', 'DEAD', 'IGNORED'] as const;
export type InboundStatus = (typeof inboundStatuses)[number];

/** An event as a provider sent it, byte for byte, and how far we are with it. */
@Entity('inbound_events')
export class InboundEventRow {
  @PrimaryColumn('uuid')
  id: string;
  @Column('text')
  provider: 'STRIPE';
  /** Whose events these are at the provider; empty for our own account. */
  @Column('text')
  account: string;
  @Column('boolean')
  livemode: boolean;
  @Column('text')
  eventId: string;
  @Column('text')
  type: string;
  @Column('text', { nullable: true })
  apiVersion: string | null;
  /** When the provider says it happened: whole seconds. */
  @Column('timestamptz')
  occurredAt: Date;
  @Column('text')
  objectType: string;
  @Column('text')
  objectId: string;
  /** Events of one lane are worked on one at a time. */
  @Column('text')
  lane: string;
  @Column('bytea', { select: false })
  body: Buffer;
  /** SHA-256 of what may not differ between two deliveries of one event. */
  @Column('bytea', { select: false })
  fingerprint: Buffer;
  @Column('text')
  status: InboundStatus;
  @Column('int4')
  attempts: number;
  /** Further deliveries of the same event. */
  @Column('int4')
  duplicates: number;
  /** While it is PROCESSING: when the worker that has it counts as dead. */
  @Column('timestamptz')
  nextAttemptAt: Date;
  /** Something it may wait for happened while it was being worked on. */
  @Column('boolean')
  woken: boolean;
  @Column('text', { nullable: true })
  error: string | null;
  /** What processing it came to. */
  @Column('text', { nullable: true })
  outcome: string | null;
  @Column('uuid', { nullable: true })
  organizationId: string | null;
  @Column('timestamptz')
  receivedAt: Date;
  @Column('timestamptz', { nullable: true })
  processedAt: Date | null;
}
