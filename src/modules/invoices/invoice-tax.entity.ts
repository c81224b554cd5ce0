import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { TaxKind } from '../../domain/taxation/decide-taxes.ts';
import { bigintColumn } from '../../platform/database/transformers.ts';

/** One rate of one invoice, as it was when the invoice was made. */
@Entity('invoice_taxes')
export class InvoiceTaxRow {
  @PrimaryColumn('uuid')
  organizationId: string;
  @PrimaryColumn('uuid')
  invoiceId: string;
  /** Null where addresses decided it, by `addressRule`. */
  @Column('uuid', { nullable: true })
  taxId: string | null;
  @PrimaryColumn('text')
  taxCode: string;
  @Column('text')
  taxName: string;
  @PrimaryColumn('numeric', { precision: 30, scale: 15 })
  taxRate: string;
  @Column(bigintColumn)
  feesAmountCents: bigint;
  @Column(bigintColumn)
  amountCents: bigint;
  @Column('text', { nullable: true })
  addressRule: TaxKind | null;
  /** What the invoice has to say of it. */
  @Column('text', { nullable: true })
  note: string | null;
}
