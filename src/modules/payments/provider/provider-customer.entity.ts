import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A customer as a payment provider knows it. */
@Entity('provider_customers')
export class ProviderCustomerRow {
  @PrimaryColumn('uuid')
  organizationId: string;
  @PrimaryColumn('uuid')
  customerId: string;
  @PrimaryColumn('text')
  provider: 'STRIPE';
  @Column('text')
  providerCustomerId: string;
  @Column('boolean')
  hasPaymentMethod: boolean;
  @Column('text', { nullable: true })
  defaultPaymentMethodId: string | null;
  /** The provider's time of the word on that. */
  @Column('timestamptz', { nullable: true })
  defaultMethodSaidAt: Date | null;
  /** The provider's time when the last payment method was gone; older words of one are not believed any more. */
  @Column('timestamptz', { nullable: true })
  methodsGoneAt: Date | null;
  @Column('timestamptz', { nullable: true })
  deletedAt: Date | null;
  @Column('timestamptz')
  createdAt: Date;
  @Column('timestamptz')
  updatedAt: Date;
}
