import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { ChargeModelName, WireProperties } from '../../../domain/pricing/charge-model.ts';
import { bigintColumn } from '../../../platform/database/transformers.ts';

/** A deleted price is INACTIVE, for good: it is never billed again, and what was billed by it can still be explained. */
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
  /** The charge that it is a copy of, in a subscription's own plan. */
  @Column('uuid', { nullable: true })
  parentId: string | null;
  @Column('uuid')
  billableMetricId: string;
  /** Unique among the active ones of the plan. */
  @Column('text')
  code: string;
  @Column('text', { nullable: true })
  invoiceDisplayName: string | null;
  @Column('text')
  chargeModel: ChargeModelName;
  /** As `readChargeModel` read them: decimals are text. */
  @Column('jsonb')
  properties: WireProperties;
  /** Charged by each event at once. */
  @Column('bool')
  payInAdvance: boolean;
  @Column('bool')
  invoiceable: boolean;
  /** Units of a recurring metric count by the days they are there. */
  @Column('bool')
  prorated: boolean;
  /** The least that a whole period costs. */
  @Column(bigintColumn)
  minAmountCents: bigint;
  @Column('text')
  status: PriceStatus;
  @Column('timestamptz')
  createdAt: Date;
  @Column('timestamptz')
  updatedAt: Date;
}
