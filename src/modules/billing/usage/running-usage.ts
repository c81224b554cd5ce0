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
import { type PricedSubscription, priceSubscriptions } from '../price-subscriptions.ts';
import { running } from '../step-of.ts';

/** The running period of a subscription as its invoice will price it, with the usage known so far. Stores nothing. */
@Injectable()
export class RunningUsage {
  constructor(
    private readonly dataSource: DataSource,
    @Inject(TAX_RATES) private readonly taxRates: TaxRates,
  ) {}

  /** @throws BillingError subscription_not_found, subscription_not_billable (it has no period: not started, ended) */
  async of(organizationId: string, externalId: string): Promise<PricedSubscription> {
    const query = queryOn(this.dataSource);
    const subscription = await findSubscription(this.dataSource.manager, organizationId, externalId);
    const billable = isBilled(subscription.status) || subscription.finalInvoiceDue;
    const row = billable ? await readForPricing(query, organizationId, subscription.id) : undefined;
    const [priced] = row ? await priceSubscriptions({ query, taxRates: this.taxRates }, organizationId, [running(row)]) : [];
    if (!priced) throw new BillingError('subscription_not_billable', { status: [subscription.status.toLowerCase()] });
    return priced;
  }

  /**
   * The same of the subscription of a customer, found with its customer in one statement: dashboards ask this all day. Only
   * when that finds nothing, the slow way says what is missing.
   * @throws BillingError customer_not_found, subscription_not_found (also when it is another customer's), subscription_not_billable
   */
  async ofCustomer(organizationId: string, externalCustomerId: string, externalId: string): Promise<PricedSubscription> {
    const query = queryOn(this.dataSource);
    const row = await readOfCustomerForPricing(query, organizationId, externalCustomerId, externalId);
    const [found] = row ? await priceSubscriptions({ query, taxRates: this.taxRates }, organizationId, [running(row)]) : [];
    if (found) return found;
    const customer = await findCustomer(this.dataSource.manager, organizationId, externalCustomerId);
    const priced = await this.of(organizationId, externalId);
    if (priced.subscription.customer_id !== customer.id) throw new BillingError('subscription_not_found');
    return priced;
  }
}
