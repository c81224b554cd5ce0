import { Column, Entity, PrimaryColumn } from 'typeorm';
import { bigintColumn } from '../../platform/database/transformers.ts';

/** The least that one whole period of a plan costs, all its fees together; what is missing is a fee of its own. */
@Entity('minimum_commitments')
export class MinimumCommitmentRow {
  @PrimaryColumn('uuid')
  organizationId: string;
  @PrimaryColumn('uuid')
  id: string;
  @Column('uuid')
  planId: string;
  /** Minor units of the plan's currency. */
  @Column(bigintColumn)
  amountCents: bigint;
  @Column('text', { nullable: true })
  invoiceDisplayName: string | null;
  @Column('timestamptz')
  createdAt: Date;
  @Column('timestamptz')
  updatedAt: Date;
}
