import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { localDateOf } from '../../../domain/calendar/local-day.ts';
import { BillingError } from '../../../domain/errors/billing-error.ts';
import { Exact } from '../../../domain/money/exact.ts';
import type { TaxRates } from '../../../domain/taxation/tax-rates.ts';
import { instantOf } from '../../../platform/clock/clock.ts';
import { CONFIG, type Config } from '../../../platform/config/config.ts';
import { queryOn } from '../../../platform/database/sql.ts';
import { effectiveEntityOfDocument } from '../../billing-entities/index.ts';
import { OrganizationClock, OrganizationRow } from '../../organizations/index.ts';
import { type PlanRow, pricesBeyondBase } from '../../plans/index.ts';
import { TAX_RATES, taxesByAddress, taxesOf, TaxRow } from '../../taxes/index.ts';

/**
 * What may be sold through a payment provider: it takes a plan's base price and nothing else, so that what costs more is not sold there
 * (docs/decisions/0078), and a simulator of one takes no money.
 */
@Injectable()
export class MayBeSold {
  constructor(
    private readonly dataSource: DataSource,
    private readonly organizationClock: OrganizationClock,
    @Inject(TAX_RATES) private readonly taxRates: TaxRates,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** Money that nobody takes is not sold for to a live organization. @throws BillingError payment_provider_not_configured */
  async requireProvider(organizationId: string): Promise<void> {
    const { stripeSecretKey, stripeSimulatorServes } = this.config;
    if (stripeSecretKey !== undefined || stripeSimulatorServes === 'all') return;
    const { mode } = await this.dataSource.manager.findOneByOrFail(OrganizationRow, { id: organizationId });
    if (mode === 'LIVE') throw new BillingError('payment_provider_not_configured', { STRIPE_SECRET_KEY: ['value_is_mandatory'] });
  }

  /**
   * `field` names the plan in the request; the subscription's own entity, or null, decides the seller.
   * @throws BillingError payment_provider_not_configured, plan_not_offered, validation_errors (an address that decides taxes)
   */
  async require(field: 'plan_name' | 'plan_code', plan: PlanRow, customerId: string, entityId: string | null): Promise<void> {
    await this.requireProvider(plan.organizationId);
    const missing = await pricesBeyondBase(this.dataSource.manager, plan);
    if (await this.isTaxed(plan, customerId, entityId)) missing.push('plan_is_taxed');
    if (missing.length > 0) throw new BillingError('plan_not_offered', { [field]: missing });
  }

  /** By the taxes of the plan, the customer, the seller, the organization, the nearest that has any; else by what the addresses decide. */
  private async isTaxed(plan: PlanRow, customerId: string, entityId: string | null): Promise<boolean> {
    const { organizationId } = plan;
    const { manager } = this.dataSource;
    const entity = await effectiveEntityOfDocument(queryOn(this.dataSource), organizationId, customerId, entityId);
    const assigned = [
      ...(await taxesOf(manager, organizationId, 'plan', [plan.id])).values(),
      ...(await taxesOf(manager, organizationId, 'customer', [customerId])).values(),
      ...(await taxesOf(manager, organizationId, 'billing_entity', [entity.id])).values(),
      await manager.findBy(TaxRow, { organizationId, appliedToOrganization: true }),
    ].find(({ length }) => length > 0);
    const now = instantOf(await this.organizationClock.now(organizationId));
    const decided =
      assigned ?? (await taxesByAddress(this.taxRates, entity.taxAddresses, localDateOf(now, entity.timezone).toString()))();
    return decided.some(({ rate }) => !Exact.parse(rate).isZero());
  }
}
