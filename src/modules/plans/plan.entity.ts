import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Interval } from '../../domain/calendar/billing-period.ts';
import { bigintColumn } from '../../platform/database/transformers.ts';

/** What a subscription costs and how often it is billed; prices of usage and of fixed units hang on it. */
@Entity('plans')
export class PlanRow {
  @PrimaryColumn('uuid')
  organizationId: string;
  @PrimaryColumn('uuid')
  id: string;
  /** Of a subscription's own plan: the one it is a copy of. Null: a plan of the catalog. */
  @Column('uuid', { nullable: true })
  parentId: string | null;
  @Column('text')
  code: string;
  @Column('text')
  name: string;
  @Column('text', { nullable: true })
  invoiceDisplayName: string | null;
  @Column('text', { nullable: true })
  description: string | null;
  @Column('text')
  interval: Interval;
  /** Base price of one whole period. */
  @Column(bigintColumn)
  amountCents: bigint;
  @Column('text')
  amountCurrency: string;
  /** Days. */
  @Column('int4')
  trialPeriod: number;
  /** The base price is billed when a period begins, not when it has ended. */
  @Column('bool')
  payInAdvance: boolean;
  /** Usage of a yearly or half-yearly plan is billed every month. */
  @Column('bool')
  billChargesMonthly: boolean;
  /** The same for fixed charges. */
  @Column('bool')
  billFixedChargesMonthly: boolean;
  @Column('timestamptz')
  createdAt: Date;
  @Column('timestamptz')
  updatedAt: Date;
}
