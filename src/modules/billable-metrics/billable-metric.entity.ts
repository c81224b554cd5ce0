import { Column, Entity, PrimaryColumn } from 'typeorm';

export type AggregationType = 'COUNT' | 'SUM' | 'MAX' | 'UNIQUE_COUNT' | 'WEIGHTED_SUM' | 'LATEST';

/** A property of events with the values by which charges may set prices of their own. */
export interface MetricFilter {
  readonly key: string;
  readonly values: readonly string[];
}

/** Lago's word for each of a filter's values. */
export const anyValue = '__ALL_FILTER_VALUES__';

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
  /** Computes `fieldName` from the other properties of each event. */
  @Column('text', { nullable: true })
  expression: string | null;
  /** What was counted by the end of a period is there in the next. */
  @Column('bool')
  recurring: boolean;
  /** Of a weighted sum, always. */
  @Column('text', { nullable: true })
  weightedInterval: 'seconds' | null;
  /** Applied once, to the quantity of a period. */
  @Column('text', { nullable: true })
  roundingFunction: 'round' | 'ceil' | 'floor' | null;
  @Column('int4', { nullable: true })
  roundingPrecision: number | null;
  @Column('jsonb')
  filters: readonly MetricFilter[];
  @Column('timestamptz')
  createdAt: Date;
  @Column('timestamptz')
  updatedAt: Date;
}
