import { Column, Entity, PrimaryColumn } from 'typeorm';

export type RunTrigger = 'CRON' | 'STARTUP' | 'MANUAL' | 'CLI' | 'CLOCK';

/** One pass over an organization's due subscriptions, readable while it works. */
@Entity('billing_runs')
export class BillingRunRow {
  @PrimaryColumn('uuid')
  organizationId: string;
  @PrimaryColumn('uuid')
  id: string;
  @Column('text')
  trigger: RunTrigger;
  @Column('text')
  status: 'PENDING' | 'RUNNING' | 'COMPLETED' | 'FAILED' | 'CANCELLED';
  /** The scheduler's slot: every process that wakes for it works on the same row. Null for runs nobody scheduled. */
  @Column('timestamptz', { nullable: true })
  scheduledFor: Date | null;
  /** What is due by then is billed. */
  @Column('timestamptz')
  asOf: Date;
  /** Those of the organization when it began. */
  @Column('text', { array: true })
  featureFlags: string[];
  /** It only says what it would do: see its planned invoices. */
  @Column('bool')
  dryRun: boolean;
  /** Invoices of a dry run, growing while it is planned. */
  @Column('int4')
  planned: number;
  /** When the plan was carried out; then its counts are those of the invoices that were made. */
  @Column('timestamptz', { nullable: true })
  appliedAt: Date | null;
  /** Due subscriptions when it began; a subscription with several missed periods is processed once for each. */
  @Column('int4')
  found: number;
  @Column('int4')
  processed: number;
  @Column('int4')
  successful: number;
  @Column('int4')
  failed: number;
  @Column('timestamptz')
  startedAt: Date;
  @Column('timestamptz')
  heartbeatAt: Date;
  @Column('timestamptz', { nullable: true })
  finishedAt: Date | null;
}
