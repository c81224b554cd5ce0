import { Column, Entity, PrimaryColumn } from 'typeorm';

export type AggregationType = 'COUNT' | 'SUM' | 'MAX' | 'UNIQUE_COUNT' | 'LATEST';

/** What is measured: how the usage events of one code become one quantity. */
@Entity('billable_metrics')
export class BillableMetricRow {
  @PrimaryColumn('uuid')
  organizationId: string;
  @PrimaryColumn('uuid')
  id: string;
  /** Narrow key of the metric's usage events; given by the database. */
  @Column({ type: 'int4', insert: false, update: false })
  usageKey: number;
  /** The code that usage events carry. */
  @Column('text')
  code: string;
  @Column('text')
  name: string;
  @Column('text', { nullable: true })
  description: string | null;
  @Column('text')
  aggregationType: AggregationType;
  /** The event property that is aggregated; null when events are counted. */
  @Column('text', { nullable: true })
  fieldName: string | null;
  @Column('timestamptz')
  createdAt: Date;
  @Column('timestamptz')
  updatedAt: Date;
}
