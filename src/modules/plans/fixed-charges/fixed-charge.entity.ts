import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { WireProperties } from '../../../domain/pricing/charge-model.ts';
import type { PriceStatus } from '../charges/charge.entity.ts';
import type { FixedChargeModelName } from './fixed-charge.dto.ts';

/** So many units of an add-on in every period of a plan. */
@Entity('fixed_charges')
export class FixedChargeRow {
  @PrimaryColumn('uuid')
  organizationId: string;
  @PrimaryColumn('uuid')
  id: string;
  @Column('uuid')
  planId: string;
  /** The fixed charge that it is a copy of, in a subscription's own plan. */
  @Column('uuid', { nullable: true })
  parentId: string | null;
  @Column('uuid')
  addOnId: string;
  /** Unique in the plan, inactive ones included. */
  @Column('text')
  code: string;
  @Column('text', { nullable: true })
  invoiceDisplayName: string | null;
  @Column('numeric', { precision: 40, scale: 15 })
  units: string;
  @Column('text')
  chargeModel: FixedChargeModelName;
  /** As `readChargeModel` read them: decimals are text. */
  @Column('jsonb')
  properties: WireProperties;
  /** A period that is billed in part costs its share of days. */
  @Column('bool')
  prorated: boolean;
  /** Billed when a period begins, not when it has ended. */
  @Column('bool')
  payInAdvance: boolean;
  @Column('text')
  status: PriceStatus;
  @Column('timestamptz')
  createdAt: Date;
  @Column('timestamptz')
  updatedAt: Date;
}
