import { Column, Entity, PrimaryColumn } from 'typeorm';
import { bigintColumn } from '../../platform/database/transformers.ts';

/** One rate of one invoice, as it was when the invoice was made. */
@Entity('invoice_taxes')
export class InvoiceTaxRow {
  @PrimaryColumn('uuid')
  organizationId: string;
  @PrimaryColumn('uuid')
  invoiceId: string;
  @PrimaryColumn('uuid')
  taxId: string;
  @Column('text')
  taxCode: string;
  @Column('text')
  taxName: string;
  @Column('numeric', { precision: 30, scale: 15 })
  taxRate: string;
  @Column(bigintColumn)
  feesAmountCents: bigint;
  @Column(bigintColumn)
  amountCents: bigint;
}
