import type { KeptFields } from '../../platform/database/kept-fields.ts';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { type HomeEntityId, LegalIdentityColumns, type ProviderName } from '../billing-entities/index.ts';
import { bigintColumn } from '../../platform/database/transformers.ts';

/** A note of the vendor's own about a customer; at most five each. */
export interface CustomerMetadata {
  readonly id: string;
  readonly key: string;
  readonly value: string;
  readonly display_in_invoice: boolean;
  readonly created_at: string;
}

export const zeroAmountPolicies = ['inherit', 'skip', 'finalize'] as const;
/** What becomes of a period that comes to nothing. */
export type ZeroAmountPolicy = (typeof zeroAmountPolicies)[number];

/** Who is billed. What is null here falls to its billing entity. */
@Entity('customers')
export class CustomerRow extends LegalIdentityColumns {
  @PrimaryColumn('uuid')
  organizationId: string;
  @PrimaryColumn('uuid')
  id: string;
  /** The vendor's own name for the customer. */
  @Column('text')
  externalId: string;
  /** 1, 2, 3 … in the organization; part of `per_customer` invoice numbers. */
  @Column(bigintColumn)
  sequentialId: bigint;
  @Column('uuid')
  billingEntityId: HomeEntityId;
  @Column('text', { nullable: true })
  name: string | null;
  @Column('text', { nullable: true })
  firstname: string | null;
  @Column('text', { nullable: true })
  lastname: string | null;
  @Column('text', { nullable: true })
  url: string | null;
  /** Fixed once there is a subscription or an invoice. */
  @Column('text', { nullable: true })
  currency: string | null;
  @Column('text', { nullable: true })
  timezone: string | null;
  /** Language of documents. */
  @Column('text', { nullable: true })
  documentLocale: string | null;
  /** Days from issue to due date. */
  @Column('int4', { nullable: true })
  netPaymentTerm: number | null;
  /** Days a draft stays a draft. */
  @Column('int4', { nullable: true })
  invoiceGracePeriod: number | null;
  @Column('text')
  finalizeZeroAmountInvoice: ZeroAmountPolicy;
  /** Who takes its money; null: whom its billing entity says. */
  @Column('text', { nullable: true })
  paymentProvider: ProviderName | null;
  /** One invoice for all its subscriptions that are billed by one entity on one day. */
  @Column('bool')
  consolidateInvoices: boolean;
  @Column('jsonb', {
    transformer: { to: (value: unknown) => value, from: (value: unknown) => (Array.isArray(value) ? value : []) },
  })
  metadata: readonly CustomerMetadata[];
  /** What Lago knows of a customer and Florin only shows again, by its wire name. */
  @Column('jsonb')
  keptFields: KeptFields;
  @Column('timestamptz')
  createdAt: Date;
  @Column('timestamptz')
  updatedAt: Date;
}
