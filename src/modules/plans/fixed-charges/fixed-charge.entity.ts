import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { PriceStatus } from '../charges/charge.entity.ts';

/** So many units of an add-on in every period of a plan. */
@Entity('fixed_charges')
export class FixedChargeRow {
  @PrimaryColumn('uuid')
  organizationId: string;
  @PrimaryColumn('uuid')
  id: string;
  @Column('uuid')
  planId: string;
  @Column('uuid')
  addOnId: string;
  /** Unique in the plan, inactive ones included. */
  @Column('text')
  code: string;
  @Column('text', { nullable: true })
  invoiceDisplayName: string | null;
  @Column('numeric', { precision: 40, scale: 15 })
  units: string;
  /** Major units of the plan's currency for one unit, as decimal text. */
  @Column('numeric', { precision: 40, scale: 15 })
  unitAmount: string;
  /** A period that is billed in part costs its share of days. */
  @Column('bool')
  prorated: boolean;
  @Column('text')
  status: PriceStatus;
  @Column('timestamptz')
  createdAt: Date;
  @Column('timestamptz')
  updatedAt: Date;
}
