import { Column, Entity, PrimaryColumn } from 'typeorm';
import { bigintColumn } from '../../platform/database/transformers.ts';
import type { Metadata } from './metadata.ts';

export const creditNoteReasons = [
  'duplicated_charge',
  'product_unsatisfactory',
  'order_change',
  'order_cancellation',
  'fraudulent_charge',
  'other',
] as const;
export type CreditNoteReason = (typeof creditNoteReasons)[number];
export const refundStatuses = ['pending', 'succeeded', 'failed'] as const;

/** What is given back of one invoice. Amounts in minor units of `currency`; total = credit + refund + offset. */
@Entity('credit_notes')
export class CreditNoteRow {
  @PrimaryColumn('uuid')
  organizationId: string;
  @PrimaryColumn('uuid')
  id: string;
  @Column('uuid')
  invoiceId: string;
  @Column('uuid')
  customerId: string;
  @Column('uuid')
  billingEntityId: string;
  /** Counted per invoice. */
  @Column('int4')
  sequentialId: number;
  @Column('text')
  number: string;
  @Column('text')
  currency: string;
  /** A draft as long as its invoice is one; it gives no credit then. */
  @Column('text')
  status: 'DRAFT' | 'FINALIZED';
  @Column('text')
  reason: CreditNoteReason;
  @Column('text', { nullable: true })
  description: string | null;
  @Column('date')
  issuingDate: string;
  @Column(bigintColumn)
  subTotalAmountCents: bigint;
  @Column(bigintColumn)
  taxesAmountCents: bigint;
  @Column(bigintColumn)
  totalAmountCents: bigint;
  /** To be taken by later invoices. */
  @Column(bigintColumn)
  creditAmountCents: bigint;
  /** To be paid back. */
  @Column(bigintColumn)
  refundAmountCents: bigint;
  /** No longer owed of its own invoice. */
  @Column(bigintColumn)
  offsetAmountCents: bigint;
  /** What later invoices can still take. */
  @Column(bigintColumn)
  balanceAmountCents: bigint;
  /** What of the credit was paid out instead of being taken. */
  @Column(bigintColumn)
  refundedBalanceCents: bigint;
  /** What of the credit was voided; its invoice may be credited by so much again. */
  @Column(bigintColumn)
  voidedBalanceCents: bigint;
  @Column('text', { nullable: true })
  refundStatus: (typeof refundStatuses)[number] | null;
  @Column('jsonb', { nullable: true })
  metadata: Metadata;
  @Column('timestamptz', { nullable: true })
  voidedAt: Date | null;
  @Column('timestamptz')
  createdAt: Date;
  @Column('timestamptz')
  updatedAt: Date;
}
