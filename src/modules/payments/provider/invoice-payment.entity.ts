import { Column, Entity, PrimaryColumn } from 'typeorm';
import { bigintColumn } from '../../../platform/database/transformers.ts';

/** Which payment paid which invoice: the only way from a charge, a refund or a dispute back to its invoice. */
@Entity('invoice_payments')
export class InvoicePaymentRow {
  @PrimaryColumn('uuid')
  organizationId: string;
  @PrimaryColumn('uuid')
  id: string;
  @Column('uuid')
  invoiceId: string;
  @Column('text')
  provider: 'STRIPE';
  @Column('text')
  providerPaymentId: string;
  @Column('text', { nullable: true })
  paymentIntentId: string | null;
  @Column('text', { nullable: true })
  chargeId: string | null;
  @Column('text')
  status: 'OPEN' | 'PAID' | 'CANCELED';
  /** Minor units of `currency`. */
  @Column(bigintColumn)
  amountCents: bigint;
  @Column('text')
  currency: string;
  /** Of `amountCents`, what went back. */
  @Column(bigintColumn)
  refundedCents: bigint;
  @Column('timestamptz', { nullable: true })
  paidAt: Date | null;
  @Column('timestamptz')
  createdAt: Date;
  @Column('timestamptz')
  updatedAt: Date;
}
