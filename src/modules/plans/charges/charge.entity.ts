import { Column, Entity, PrimaryColumn } from 'typeorm';

/** From ACTIVE to INACTIVE there is no way back: an inactive price is never billed again. */
export type PriceStatus = 'ACTIVE' | 'INACTIVE';

/** The price of a metric's usage in one plan. */
@Entity('charges')
export class ChargeRow {
  @PrimaryColumn('uuid')
  organizationId: string;
  @PrimaryColumn('uuid')
  id: string;
  @Column('uuid')
  planId: string;
  @Column('uuid')
  billableMetricId: string;
  /** Unique in the plan, inactive ones included. */
  @Column('text')
  code: string;
  @Column('text', { nullable: true })
  invoiceDisplayName: string | null;
  @Column('text')
  chargeModel: 'standard';
  /** Major units of the plan's currency for one unit, as decimal text. */
  @Column('numeric', { precision: 40, scale: 15 })
  unitAmount: string;
  @Column('text')
  status: PriceStatus;
  @Column('timestamptz')
  createdAt: Date;
  @Column('timestamptz')
  updatedAt: Date;
}
