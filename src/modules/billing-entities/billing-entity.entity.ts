import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { ProviderName } from './choose-payment-provider.ts';
import type { NumberRestart } from '../../domain/invoicing/document-number.ts';
import type { DayCount } from '../../domain/proration/local-days.ts';
import { LegalIdentityColumns } from './legal-identity.entity.ts';

/** What a billing entity may send by e-mail by itself. */
export const mailedDocuments = ['invoice.finalized'] as const;
export type MailedDocument = (typeof mailedDocuments)[number];

/** A legal seller: it issues invoices, numbers them and decides their taxes and terms. */
@Entity('billing_entities')
export class BillingEntityRow extends LegalIdentityColumns {
  @PrimaryColumn('uuid')
  organizationId: string;
  @PrimaryColumn('uuid')
  id: string;
  @Column('text')
  code: string;
  @Column('text')
  name: string;
  @Column('text')
  defaultCurrency: string;
  @Column('text')
  timezone: string;
  @Column('text')
  documentNumberPrefix: string;
  @Column('text')
  documentNumberTemplate: string;
  @Column('text')
  documentNumberRestart: NumberRestart;
  /** Days from issue to due date. */
  @Column('int4')
  netPaymentTerm: number;
  /** Whether a period that comes to nothing makes an invoice. */
  @Column('bool')
  finalizeZeroAmountInvoice: boolean;
  /** How days are counted where a part of a period is billed (0058). */
  @Column('text')
  dayCount: DayCount;
  /** What it sends to its customers by itself. */
  @Column('text', { array: true })
  emailSettings: MailedDocument[];
  /** Days a draft stays a draft; 0 means one hour. */
  @Column('int4')
  invoiceGracePeriod: number;
  @Column('text', { nullable: true })
  invoiceFooter: string | null;
  /** Language of its documents. */
  @Column('text')
  documentLocale: string;
  /** Where no tax is assigned, its address and the customer's decide (0029). */
  @Column('bool')
  taxByAddress: boolean;
  /** Who takes the money of customers that name nobody else. */
  @Column('text', { default: 'STRIPE' })
  paymentProvider: ProviderName;
  @Column('bool')
  isDefault: boolean;
  /** Closed for new business since; it goes on billing what it has. */
  @Column('timestamptz', { nullable: true })
  archivedAt: Date | null;
  @Column('timestamptz')
  createdAt: Date;
  @Column('timestamptz')
  updatedAt: Date;
}
