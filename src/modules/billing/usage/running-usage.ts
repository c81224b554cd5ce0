import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { BillingError } from '../../../domain/errors/billing-error.ts';
import { isBilled } from '../../../domain/lifecycles/subscription.ts';
import type { TaxRates } from '../../../domain/taxation/tax-rates.ts';
import { queryOn } from '../../../platform/database/sql.ts';
import { findCustomer } from '../../customers/index.ts';
import { findSubscription } from '../../subscriptions/index.ts';
import { TAX_RATES } from '../../taxes/index.ts';
import { readForPricing, readOfCustomerForPricing } from '../subscription-to-price.ts';
import { type UsageFilter, type UsageSoFar, usageSoFar } from './usage-so-far.ts';

/** The usage of a subscription's running period, at its price. Stores nothing. */
@Injectable()
export class RunningUsage {
  constructor(
    private readonly dataSource: DataSource,
    @Inject(TAX_RATES) private readonly taxRates: TaxRates,
  ) {}

  /** @throws BillingError subscription_not_found, subscription_not_billable (it has no period: not started, ended) */
  async of(organizationId: string, externalId: string, filter: UsageFilter = {}): Promise<UsageSoFar> {
    const query = queryOn(this.dataSource);
    const subscription = await findSubscription(this.dataSource.manager, organizationId, externalId);
    const billable = isBilled(subscription.status) || subscription.finalInvoiceDue;
    const row = billable ? await readForPricing(query, organizationId, subscription.id) : undefined;
    if (!row) throw new BillingError('subscription_not_billable', { status: [subscription.status.toLowerCase()] });
    return usageSoFar({ query, taxRates: this.taxRates }, organizationId, row, filter);
  }

  /**
   * The same of the subscription of a customer, found with its customer in one statement: dashboards ask this all day. Only
   * when that finds nothing, the slow way says what is missing.
   * @throws BillingError customer_not_found, subscription_not_found (also when it is another customer's), subscription_not_billable
   */
  async ofCustomer(
    organizationId: string,
    { customer: externalCustomerId, subscription: externalId }: { readonly customer: string; readonly subscription: string },
    filter: UsageFilter,
  ): Promise<UsageSoFar> {
    const query = queryOn(this.dataSource);
    const row = await readOfCustomerForPricing(query, organizationId, externalCustomerId, externalId);
    if (row) return usageSoFar({ query, taxRates: this.taxRates }, organizationId, row, filter);
    const customer = await findCustomer(this.dataSource.manager, organizationId, externalCustomerId);
    const usage = await this.of(organizationId, externalId, filter);
    if (usage.subscription.customer_id !== customer.id) throw new BillingError('subscription_not_found');
    return usage;
  }
}
