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
  @Column('timestamptz', { nullable: true })
  deletedAt: Date | null;
  @Column('timestamptz')
  createdAt: Date;
  @Column('timestamptz')
  updatedAt: Date;
}
