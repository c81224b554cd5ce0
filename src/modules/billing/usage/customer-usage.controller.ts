import { Controller, Get, Param } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { BillingError } from '../../../domain/errors/billing-error.ts';
import { OrganizationId } from '../../../platform/auth/principal.ts';
import { dateOf } from '../../../platform/clock/clock.ts';
import { metaOf, pageOf } from '../../../platform/http/pagination.ts';
import { QueryParams } from '../../../platform/http/payload.ts';
import { findCustomer } from '../../customers/index.ts';
import { OrganizationClock } from '../../organizations/index.ts';
import { findSubscription } from '../../subscriptions/index.ts';
import { CurrentUsageQuery, PastUsageQuery } from '../billing.dto.ts';
import { presentProjectedUsage, presentUsagePeriod, type UsagePeriod } from './present-usage.ts';
import { RunningUsage } from './running-usage.ts';
import type { UsageSoFar } from './usage-so-far.ts';
import { describeCharges, pastPeriods } from './usage.queries.ts';

/** Usage and what it costs: so far, by the end of the period if it goes on, and in the periods that are billed. */
@ApiTags('Billing')
@Controller('api/v1')
export class CustomerUsageController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly runningUsage: RunningUsage,
    private readonly organizationClock: OrganizationClock,
  ) {}

  @Get('subscriptions/:externalId/usage')
  async usage(@OrganizationId() organizationId: string, @Param('externalId') externalId: string) {
    const period = periodOf(await this.runningUsage.of(organizationId, externalId));
    return { usage: presentUsagePeriod(period, await this.describe(organizationId, period)) };
  }

  /** @throws BillingError customer_not_found, subscription_not_found (also when it is another customer's) */
  @Get('customers/:externalCustomerId/current_usage')
  async current(
    @OrganizationId() organizationId: string,
    @Param('externalCustomerId') externalCustomerId: string,
    @QueryParams() query: CurrentUsageQuery,
  ) {
    const period = await this.asked(organizationId, externalCustomerId, query);
    return { customer_usage: presentUsagePeriod(period, await this.describe(organizationId, period)) };
  }

  /** @throws BillingError customer_not_found, subscription_not_found (also when it is another customer's) */
  @Get('customers/:externalCustomerId/projected_usage')
  async projected(
    @OrganizationId() organizationId: string,
    @Param('externalCustomerId') externalCustomerId: string,
    @QueryParams() query: CurrentUsageQuery,
  ) {
    const period = await this.asked(organizationId, externalCustomerId, query);
    const now = await this.organizationClock.now(organizationId);
    return {
      customer_projected_usage: presentProjectedUsage({ ...period, now }, await this.describe(organizationId, period)),
    };
  }

  /** @throws BillingError customer_not_found, subscription_not_found (also when it is another customer's) */
  @Get('customers/:externalCustomerId/past_usage')
  async past(
    @OrganizationId() organizationId: string,
    @Param('externalCustomerId') externalCustomerId: string,
    @QueryParams() query: PastUsageQuery,
  ) {
    const { manager } = this.dataSource;
    const customer = await findCustomer(manager, organizationId, externalCustomerId);
    const subscription = await findSubscription(manager, organizationId, query.external_subscription_id);
    if (subscription.customerId !== customer.id) throw new BillingError('subscription_not_found');
    const page = pageOf(query.periods_count === undefined ? query : { ...query, per_page: query.periods_count });
    const [periods, count] = await pastPeriods(manager, organizationId, subscription.id, {
      page,
      metricCode: query.billable_metric_code,
    });
    const describe = await describeCharges(
      manager,
      organizationId,
      periods.flatMap(({ fees }) => fees.map((fee) => fee.itemId)),
    );
    return { usage_periods: periods.map((period) => presentUsagePeriod(period, describe)), meta: metaOf(page, count) };
  }

  private async asked(organizationId: string, customer: string, query: CurrentUsageQuery): Promise<UsagePeriod> {
    const filter = {
      chargeId: query.charge_id ?? query.filter_by_charge_id,
      chargeCode: query.charge_code ?? query.filter_by_charge_code,
      metricCode: query.billable_metric_code,
      group: query.group ?? query.filter_by_group,
    };
    const named = { customer, subscription: query.external_subscription_id };
    const period = periodOf(await this.runningUsage.ofCustomer(organizationId, named, filter));
    if (query.apply_taxes !== 'false') return period;
    return { ...period, fees: period.fees.map((fee) => ({ ...fee, taxesAmountCents: 0n })) };
  }

  private describe(organizationId: string, { fees }: UsagePeriod) {
    return describeCharges(
      this.dataSource.manager,
      organizationId,
      fees.map((fee) => fee.itemId),
    );
  }
}

const periodOf = ({ subscription, counted, priced }: UsageSoFar): UsagePeriod => ({
  from: dateOf(counted.start),
  to: dateOf(counted.end),
  currency: priced.currency,
  timezone: subscription.billing_timezone,
  invoiceId: null,
  fees: priced.fees,
});
