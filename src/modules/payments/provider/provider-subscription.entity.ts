import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A subscription that a payment provider manages: it renews there, and its invoices are captured from there. */
@Entity('provider_subscriptions')
export class ProviderSubscriptionRow {
  @PrimaryColumn('uuid')
  organizationId: string;
  @PrimaryColumn('uuid')
  subscriptionId: string;
  @Column('text')
  provider: 'STRIPE';
  /** The checkout session's id first, the provider's subscription's from the moment it is bought. */
  @Column('text')
  providerSubscriptionId: string;
  @Column('text', { nullable: true })
  providerCustomerId: string | null;
  /** The provider's own word, as last seen. */
  @Column('text', { nullable: true })
  providerStatus: string | null;
  @Column('boolean')
  cancelAtPeriodEnd: boolean;
  /** `checkout_session_id`, `error`, and whatever the vendor put here; always replaced as a whole, never changed in place. */
  @Column('jsonb')
  metadata: Readonly<Record<string, unknown>>;
  /** Nobody wants it any more: its session is to expire, or what was paid in it is to be canceled and refunded. */
  @Column('text', { nullable: true })
  closes: 'SESSION' | 'PURCHASE' | null;
  @Column('timestamptz', { nullable: true })
  closedAt: Date | null;
  /** The plan it is to be billed by from now on; null again when the provider has heard it, or refused it. */
  @Column('uuid', { nullable: true })
  changesToPlanId: string | null;
  @Column('timestamptz', { nullable: true })
  changesAskedAt: Date | null;
  @Column('timestamptz')
  createdAt: Date;
  @Column('timestamptz')
  updatedAt: Date;
}
