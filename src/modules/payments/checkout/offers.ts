import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { BillingError, invalid } from '../../../domain/errors/billing-error.ts';
import type { Session } from '../../../platform/auth/principal.ts';
import { BillingEntityRow, effectiveEntityId, effectiveProvider, type ProviderName } from '../../billing-entities/index.ts';
import { type CustomerRow, findCustomer } from '../../customers/index.ts';
import { PlanRow } from '../../plans/index.ts';
import { MayBeSold } from '../provider/may-be-sold.ts';
import { ProviderCustomers } from './provider-customers.ts';
import { ProviderPrices } from './provider-prices.ts';

export interface Buyer {
  readonly customer: CustomerRow;
  /** Who takes the money. */
  readonly provider: ProviderName;
  /** Whether the provider knows how to take it already. */
  readonly hasPaymentMethod: boolean;
}

export interface Offer extends Buyer {
  readonly plan: PlanRow;
}

/** What a customer may buy, and what it is called at the payment provider. */
@Injectable()
export class Offers {
  constructor(
    private readonly dataSource: DataSource,
    private readonly providerCustomers: ProviderCustomers,
    private readonly providerPrices: ProviderPrices,
    private readonly mayBeSold: MayBeSold,
  ) {}

  /** @throws BillingError customer_not_found */
  async buyer({ organizationId, holderId }: Session): Promise<Buyer> {
    const { manager } = this.dataSource;
    const customer = await findCustomer(manager, organizationId, holderId);
    const id = effectiveEntityId({ billingEntityId: null }, customer);
    const entity = await manager.findOneByOrFail(BillingEntityRow, { organizationId, id });
    const known = await this.providerCustomers.find(customer);
    return { customer, provider: effectiveProvider(customer, entity), hasPaymentMethod: known?.hasPaymentMethod ?? false };
  }

  /** @throws BillingError plan_not_offered (C5, or it costs more than the provider takes), validation_errors (another currency), payment_provider_not_configured */
  async of(buyer: Buyer, planCode: string): Promise<Offer> {
    const { organizationId, currency } = buyer.customer;
    const plan = await this.dataSource.manager.findOneBy(PlanRow, { organizationId, code: planCode });
    if (!plan) throw new BillingError('plan_not_offered', { plan_name: ['plan_not_found'] });
    if (currency !== null && currency !== plan.amountCurrency) throw invalid({ currency: ['currencies_does_not_match'] });
    await this.mayBeSold.require('plan_name', plan, buyer.customer.id, null);
    return { ...buyer, plan };
  }

  /** The provider's ids of who buys and of what it costs, made there where this is the first time. */
  async atProvider({ customer, plan }: Offer): Promise<{ providerCustomerId: string; providerPriceId: string }> {
    return {
      providerCustomerId: await this.providerCustomers.findOrCreate(customer),
      providerPriceId: await this.providerPrices.findOrCreate(plan),
    };
  }
}
