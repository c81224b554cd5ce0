import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { FeeDerivation } from '../../domain/invoicing/derivation.ts';
import type { FeeType } from '../../domain/invoicing/items.ts';
import { bigintColumn } from '../../platform/database/transformers.ts';

/** One line of an invoice. `units` and `unit_amount` (major units) are exact decimals; amounts are minor units. */
@Entity('fees')
export class FeeRow {
  @PrimaryColumn('uuid')
  organizationId: string;
  @PrimaryColumn('uuid')
  id: string;
  /** Null: paid in advance, and its charge is not invoiced. */
  @Column('uuid', { nullable: true })
  invoiceId: string | null;
  @Column('uuid')
  billingEntityId: string;
  @Column('text')
  currency: string;
  @Column('uuid', { nullable: true })
  subscriptionId: string | null;
  @Column('text')
  feeType: FeeType | 'refund';
  /** The plan, charge, fixed charge or add-on that it is for. */
  @Column('uuid', { nullable: true })
  itemId: string | null;
  @Column('text')
  name: string;
  @Column('text', { nullable: true })
  description: string | null;
  @Column('numeric', { precision: 40, scale: 15 })
  units: string;
  @Column(bigintColumn)
  eventsCount: bigint;
  @Column('numeric', { precision: 40, scale: 15 })
  unitAmount: string;
  @Column(bigintColumn)
  amountCents: bigint;
  @Column('numeric', { precision: 30, scale: 15 })
  taxesRate: string;
  @Column(bigintColumn)
  taxesAmountCents: bigint;
  @Column('timestamptz', { nullable: true })
  periodStart: Date | null;
  @Column('timestamptz', { nullable: true })
  periodEnd: Date | null;
  @Column('bool')
  payInAdvance: boolean;
  /** Of the event that it charges at once. */
  @Column('text', { nullable: true })
  eventTransactionId: string | null;
  @Column('jsonb')
  derivation: FeeDerivation;
  @Column('timestamptz')
  createdAt: Date;
  /** When its draft was counted again and came to this; null: never, or to nothing else. */
  @Column('timestamptz', { nullable: true })
  recountedAt: Date | null;
}
