import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { ProvisioningStatus } from '../../../domain/lifecycles/provisioning.ts';

/** One attempt to make what a subscription sells; its operation has the same id. */
@Entity('provisioning_attempts')
export class AttemptRow {
  @PrimaryColumn('uuid')
  organizationId: string;
  @PrimaryColumn('uuid')
  id: string;
  @Column('uuid')
  subscriptionId: string;
  @Column('text')
  status: ProvisioningStatus;
  /** How often the request was sent. */
  @Column('int4')
  tries: number;
  /** What came back the last time, as far as it was no success. */
  @Column('text', { nullable: true })
  lastAnswer: string | null;
  /** When a worker looks at it again, by the wall clock; null: there is nothing left to do. */
  @Column('timestamptz', { nullable: true })
  lookAt: Date | null;
  /** It fails when nobody has said by then that the resource is made. */
  @Column('timestamptz')
  deadlineAt: Date;
  @Column('text', { nullable: true })
  resourceId: string | null;
  @Column('text', { nullable: true })
  failureType: string | null;
  @Column('text', { nullable: true })
  failureReason: string | null;
  /** Whether a failure gives back what was paid. */
  @Column('boolean')
  refunds: boolean;
  /** After a failure: whether the payment provider has to be told (DUE) or was (DONE). Once for a subscription. */
  @Column('text')
  settlement: 'NONE' | 'DUE' | 'DONE';
  @Column('int4')
  settlementTries: number;
  @Column('timestamptz')
  createdAt: Date;
  @Column('timestamptz', { nullable: true })
  finishedAt: Date | null;
}
