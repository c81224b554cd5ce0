import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { InvoicingReason } from '../../domain/lifecycles/billing-step.ts';
import type { InvoiceStatus } from '../../domain/lifecycles/invoice.ts';
import { bigintColumn } from '../../platform/database/transformers.ts';
import type { SellerIdentity } from './seller-identity.ts';

/** Amounts in minor units of `currency`. Once it is no DRAFT, a trigger lets only payment and lifecycle columns change. */
@Entity('invoices')
export class InvoiceRow {
  @PrimaryColumn('uuid')
  organizationId: string;
  @PrimaryColumn('uuid')
  id: string;
  @Column('text')
  source: 'GENERATED' | 'MANUAL' | 'STRIPE';
  @Column('text')
  invoiceType: 'subscription' | 'one_off';
  @Column('text')
  status: InvoiceStatus;
  @Column('uuid')
  billingEntityId: string;
  @Column('uuid')
  customerId: string;
  @Column('uuid', { nullable: true })
  subscriptionId: string | null;
  @Column('uuid', { nullable: true })
  billingRunId: string | null;
  /** Null, as series and counter, when it is CLOSED: then it is no document. */
  @Column('text', { nullable: true })
  invoiceNumber: string | null;
  @Column('text', { nullable: true })
  series: string | null;
  @Column({ ...bigintColumn, nullable: true })
  sequentialId: bigint | null;
  @Column('text')
  currency: string;
  @Column(bigintColumn)
  feesAmountCents: bigint;
  @Column(bigintColumn)
  discountAmountCents: bigint;
  @Column(bigintColumn)
  taxesAmountCents: bigint;
  /** What it took of credit notes when it was issued. */
  @Column(bigintColumn)
  creditNotesAmountCents: bigint;
  /** Fees − discounts + taxes − credit. */
  @Column(bigintColumn)
  totalCents: bigint;
  /** What credit notes of its own took off what is owed. */
  @Column(bigintColumn)
  offsetAmountCents: bigint;
  /** What came, less what went back. */
  @Column(bigintColumn)
  totalPaidCents: bigint;
  /** Captured: what its provider settled by the customer's balance there and by credit notes of its own; negative where it added a debt. */
  @Column({ ...bigintColumn, default: 0 })
  providerBalanceCents: bigint;
  /** Captured: what came beyond what was due. */
  @Column({ ...bigintColumn, default: 0 })
  overpaidCents: bigint;
  /** The boundary of its subscription that it bills; null for a one-off. */
  @Column('text', { nullable: true })
  invoicingReason: InvoicingReason | null;
  /** The span that ended, or at a start the one that begins, half-open; each fee has its own. Null for a one-off. */
  @Column('timestamptz', { nullable: true })
  periodStart: Date | null;
  @Column('timestamptz', { nullable: true })
  periodEnd: Date | null;
  @Column('text')
  timezone: string;
  /** Local day in `timezone`, YYYY-MM-DD. */
  @Column('date')
  issuingDate: string;
  @Column('date')
  paymentDueDate: string;
  @Column('int4')
  netPaymentTerm: number;
  /** Null is never finalized by itself. */
  @Column('timestamptz', { nullable: true })
  scheduledFinalizeAt: Date | null;
  @Column('timestamptz', { nullable: true })
  finalizedAt: Date | null;
  @Column('timestamptz', { nullable: true })
  paidAt: Date | null;
  @Column('timestamptz', { nullable: true })
  voidedAt: Date | null;
  @Column('text', { nullable: true })
  paymentMethod: string | null;
  @Column('text', { nullable: true })
  paymentReference: string | null;
  /** Who sold it, kept since it was issued; null before. */
  @Column('jsonb', { nullable: true })
  seller: SellerIdentity | null;
  /** The invoice of the payment provider that this one was captured from. */
  @Column('text', { nullable: true })
  providerInvoiceId: string | null;
  @Column('text', { nullable: true })
  invoicePdf: string | null;
  @Column('text', { nullable: true })
  hostedInvoiceUrl: string | null;
  @Column('jsonb')
  metadata: Record<string, unknown>;
  @Column('timestamptz')
  createdAt: Date;
  @Column('timestamptz')
  updatedAt: Date;
}
