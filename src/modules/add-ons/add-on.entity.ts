import { Column, Entity, PrimaryColumn } from 'typeorm';
import { bigintColumn } from '../../platform/database/transformers.ts';

/** Something sold at a fixed price: alone on a one-off invoice, or in units by a plan's fixed charges. */
@Entity('add_ons')
export class AddOnRow {
  @PrimaryColumn('uuid')
  organizationId: string;
  @PrimaryColumn('uuid')
  id: string;
  @Column('text')
  code: string;
  @Column('text')
  name: string;
  @Column('text', { nullable: true })
  invoiceDisplayName: string | null;
  @Column('text', { nullable: true })
  description: string | null;
  @Column(bigintColumn)
  amountCents: bigint;
  @Column('text')
  amountCurrency: string;
  @Column('timestamptz')
  createdAt: Date;
  @Column('timestamptz')
  updatedAt: Date;
}
