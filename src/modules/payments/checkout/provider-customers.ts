import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { UnitOfWork } from '../../../platform/database/unit-of-work.ts';
import { customerDisplayName, CustomerRow } from '../../customers/index.ts';
import { OrganizationClock } from '../../organizations/index.ts';
import { MayBeSold } from '../provider/may-be-sold.ts';
import { PaymentProviders } from '../provider/payment-providers.ts';
import { ProviderCustomerRow } from '../provider/provider-customer.entity.ts';
import { linkCustomer } from '../provider/provider-links.store.ts';

const provider = 'STRIPE';

/** Our customers at Stripe: each is made there once, when it is first needed (C8). */
@Injectable()
export class ProviderCustomers {
  private readonly inFlight = new Map<string, Promise<string>>();

  constructor(
    private readonly dataSource: DataSource,
    private readonly unitOfWork: UnitOfWork,
    private readonly organizationClock: OrganizationClock,
    private readonly providers: PaymentProviders,
    private readonly mayBeSold: MayBeSold,
  ) {}

  /** Null while the customer was never there, or is gone. */
  async find({ organizationId, id }: Pick<CustomerRow, 'organizationId' | 'id'>): Promise<ProviderCustomerRow | null> {
    const row = await this.dataSource.manager.findOneBy(ProviderCustomerRow, { organizationId, customerId: id, provider });
    return row?.deletedAt ? null : row;
  }

  /** The provider's id. Those who ask at the same time share one request; other processes meet at its key. */
  async findOrCreate(customer: CustomerRow): Promise<string> {
    const known = await this.find(customer);
    if (known) return known.providerCustomerId;
    const running = this.inFlight.get(customer.id);
    if (running) return running;
    const made = this.create(customer).finally(() => this.inFlight.delete(customer.id));
    this.inFlight.set(customer.id, made);
    return made;
  }

  private async create(customer: CustomerRow): Promise<string> {
    const { organizationId, id } = customer;
    await this.mayBeSold.requireProvider(organizationId);
    const key = { organizationId, customerId: id, provider } as const;
    const gone = await this.dataSource.manager.findOneBy(ProviderCustomerRow, key);
    const providerCustomerId = await this.providers.get(provider).createCustomer({
      organizationId,
      id,
      name: customerDisplayName(customer),
      email: customer.email,
      replaces: gone?.providerCustomerId ?? null,
    });
    return this.unitOfWork.run(async (tx) => {
      const at = await this.organizationClock.now(organizationId, tx);
      const linked = await linkCustomer(tx, customer, providerCustomerId, at);
      if (linked && !linked.deletedAt) return linked.providerCustomerId;
      const none = {
        hasPaymentMethod: false,
        defaultPaymentMethodId: null,
        defaultMethodSaidAt: null,
        methodsGoneAt: null,
        deletedAt: null,
      };
      const fresh = { providerCustomerId, ...none, updatedAt: at };
      await tx.update(ProviderCustomerRow, key, fresh);
      return providerCustomerId;
    });
  }
}
