import type { KeptFields } from '../../platform/database/kept-fields.ts';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { BillingTime } from '../../domain/calendar/billing-period.ts';
import type { SubscriptionStatus } from '../../domain/lifecycles/subscription.ts';

export const terminationCredits = ['credit', 'refund', 'offset', 'skip'] as const;
export type TerminationCredit = (typeof terminationCredits)[number];

/** A contract: this customer has this plan since then. */
@Entity('subscriptions')
export class SubscriptionRow {
  @PrimaryColumn('uuid')
  organizationId: string;
  @PrimaryColumn('uuid')
  id: string;
  @Column('text')
  externalId: string;
  @Column('uuid')
  customerId: string;
  @Column('uuid')
  planId: string;
  /** Null inherits the customer's billing entity. */
  @Column('uuid', { nullable: true })
  billingEntityId: string | null;
  /** Where usage events of this external id are kept. */
  @Column('int8')
  streamId: string;
  @Column('text', { nullable: true })
  name: string | null;
  @Column('text')
  status: SubscriptionStatus;
  @Column('text')
  billingTime: BillingTime;
  /** The zone its days are counted in, taken when it was made. */
  @Column('text')
  billingTimezone: string;
  @Column('text')
  paymentProvider: 'MANUAL' | 'STRIPE';
  /** The anchor of every period. */
  @Column('timestamptz')
  subscriptionAt: Date;
  @Column('timestamptz', { nullable: true })
  startedAt: Date | null;
  @Column('timestamptz', { nullable: true })
  trialEndsAt: Date | null;
  @Column('timestamptz', { nullable: true })
  endingAt: Date | null;
  /** The subscription of the same external id that it replaces or replaced. */
  @Column('uuid', { nullable: true })
  previousSubscriptionId: string | null;
  /** The one that replaced it: the day of the change is the successor's. */
  @Column('uuid', { nullable: true })
  successorId: string | null;
  /** With its last period, what the successor bills in advance from the change on is billed too. */
  @Column('bool')
  billsSuccessor: boolean;
  /** Of a planned change: when it replaces its predecessor. */
  @Column('timestamptz', { nullable: true })
  changeAt: Date | null;
  /** The last pause; time paused is not billed. */
  @Column('timestamptz', { nullable: true })
  pausedAt: Date | null;
  /** When a pause ends by itself. */
  @Column('timestamptz', { nullable: true })
  resumeAt: Date | null;
  @Column('timestamptz', { nullable: true })
  resumedAt: Date | null;
  /** What becomes of the unused part of amounts billed in advance; null: credit. */
  @Column('text', { nullable: true })
  onTerminationCreditNote: TerminationCredit | null;
  /** Null: generate. */
  @Column('text', { nullable: true })
  onTerminationInvoice: 'generate' | 'skip' | null;
  @Column('timestamptz', { nullable: true })
  terminatedAt: Date | null;
  @Column('timestamptz', { nullable: true })
  canceledAt: Date | null;
  /** The period not yet billed, half-open. */
  @Column('timestamptz', { nullable: true })
  currentPeriodStart: Date | null;
  @Column('timestamptz', { nullable: true })
  currentPeriodEnd: Date | null;
  @Column('timestamptz', { nullable: true })
  lastInvoicedAt: Date | null;
  /** Ended, and what it used up to then is not yet billed. */
  @Column('bool')
  finalInvoiceDue: boolean;
  /** What it sells besides billing (`graph`, `workspace`); null: nothing has to be made for it. */
  @Column('text', { nullable: true })
  resourceType: string | null;
  /** What whoever makes the resource is told of it; ours to keep, theirs to read. */
  @Column('jsonb', { nullable: true })
  resourceConfig: object | null;
  /** What it is called there; null until it is made. */
  @Column('text', { nullable: true })
  resourceId: string | null;
  /** Of a FAILED one: why its resource could not be made. */
  @Column('text', { nullable: true })
  failureReason: string | null;
  /** What Lago knows of a subscription and Florin only shows again, by its wire name. */
  @Column('jsonb')
  keptFields: KeptFields;
  @Column('timestamptz')
  createdAt: Date;
  @Column('timestamptz')
  updatedAt: Date;
}
