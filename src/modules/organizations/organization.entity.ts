import { Column, Entity, PrimaryColumn } from 'typeorm';
import { bigintColumn } from '../../platform/database/transformers.ts';

@Entity('organizations')
export class OrganizationRow {
  @PrimaryColumn('uuid')
  id: string;
  @Column('text')
  name: string;
  @Column('text')
  mode: 'LIVE' | 'TEST';
  /** The organization's own time; null follows the wall clock. */
  @Column('timestamptz', { nullable: true })
  virtualNow: Date | null;
  @Column('text', { array: true })
  featureFlags: string[];
  @Column(bigintColumn)
  lastCustomerNumber: bigint;
  @Column('timestamptz')
  createdAt: Date;
  @Column('timestamptz')
  updatedAt: Date;
}
