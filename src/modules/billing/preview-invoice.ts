import { Inject, Injectable } from '@nestjs/common';
import type { TaxRates } from '../../domain/taxation/tax-rates.ts';
import { TAX_RATES } from '../taxes/index.ts';
import { DataSource } from 'typeorm';
import { BillingError } from '../../domain/errors/billing-error.ts';
import { isBilled } from '../../domain/lifecycles/subscription.ts';
import { queryOn } from '../../platform/database/sql.ts';
import { creditsFor } from '../credit-notes/index.ts';
import { findCustomer } from '../customers/index.ts';
import { findSubscription } from '../subscriptions/index.ts';
import { type DueSubscription, readForPricing, readOfCustomerForPricing } from './due-subscriptions.store.ts';
import { type PricedSubscription, priceSubscriptions } from './price-subscriptions.ts';
import { running } from './step-of.ts';

/** With the credit it would take if it were issued now. */
export interface PreviewedInvoice extends PricedSubscription {
  readonly creditCents: bigint;
}

/** The invoice that the next run would make of a subscription's current period, with the usage known so far. Stores nothing. */
@Injectable()
export class PreviewInvoice {
  constructor(
    private readonly dataSource: DataSource,
    @Inject(TAX_RATES) private readonly taxRates: TaxRates,
  ) {}

  /** @throws BillingError subscription_not_found, subscription_not_billable (it has no period: not started, in trial, ended) */
  async execute(organizationId: string, externalId: string): Promise<PreviewedInvoice> {
    const priced = await this.price(organizationId, externalId, (row) => row);
    const { customer_id: customerId, id, amount_currency: currency } = priced.subscription;
    const taker = { id, customerId, billingEntityId: priced.entity.id, currency, totalCents: priced.priced.totalCents };
    const credits = await creditsFor(queryOn(this.dataSource), organizationId, [taker]);
    return { ...priced, creditCents: credits.get(id) ?? 0n };
  }

  /** The running period, whose usage is on the next invoice. @throws BillingError as execute */
  usage(organizationId: string, externalId: string): Promise<PricedSubscription> {
    return this.price(organizationId, externalId, running);
  }

  private async price(
    organizationId: string,
    externalId: string,
    periodOf: (row: DueSubscription) => DueSubscription,
  ): Promise<PricedSubscription> {
    const query = queryOn(this.dataSource);
    const subscription = await findSubscription(this.dataSource.manager, organizationId, externalId);
    const billable = isBilled(subscription.status) || subscription.finalInvoiceDue;
    const row = billable ? await readForPricing(query, organizationId, subscription.id) : undefined;
    const [priced] = row ? await priceSubscriptions({ query, taxRates: this.taxRates }, organizationId, [periodOf(row)]) : [];
    if (!priced) throw new BillingError('subscription_not_billable', { status: [subscription.status.toLowerCase()] });
    return priced;
  }

  /**
   * The usage of the subscription of a customer, found with its customer in one statement: dashboards ask this all day. Only
   * when that finds nothing, the slow way says what is missing.
   * @throws BillingError customer_not_found, subscription_not_found (also when it is another customer's), subscription_not_billable
   */
  async usageOf(organizationId: string, externalCustomerId: string, externalId: string): Promise<PricedSubscription> {
    const query = queryOn(this.dataSource);
    const row = await readOfCustomerForPricing(query, organizationId, externalCustomerId, externalId);
    const [found] = row ? await priceSubscriptions({ query, taxRates: this.taxRates }, organizationId, [running(row)]) : [];
    if (found) return found;
    const customer = await findCustomer(this.dataSource.manager, organizationId, externalCustomerId);
    const priced = await this.usage(organizationId, externalId);
    if (priced.subscription.customer_id !== customer.id) throw new BillingError('subscription_not_found');
    return priced;
  }
}
