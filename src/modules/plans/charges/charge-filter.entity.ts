import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { WireProperties } from '../../../domain/pricing/charge-model.ts';

/** A charge's price for events whose properties have these values; it goes when the charge no longer lists it. */
@Entity('charge_filters')
export class ChargeFilterRow {
  @PrimaryColumn('uuid')
  organizationId: string;
  @PrimaryColumn('uuid')
  id: string;
  @Column('uuid')
  chargeId: string;
  @Column('text', { nullable: true })
  invoiceDisplayName: string | null;
  /** Key → values. An event matches when it has one of the values of each key. */
  @Column('jsonb')
  filterValues: Readonly<Record<string, readonly string[]>>;
  /** Of the charge's model. */
  @Column('jsonb')
  properties: WireProperties;
  @Column('timestamptz')
  createdAt: Date;
  @Column('timestamptz')
  updatedAt: Date;
}
