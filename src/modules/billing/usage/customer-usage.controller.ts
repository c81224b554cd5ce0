import { Controller, Get, Param } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { BillingError } from '../../../domain/errors/billing-error.ts';
import { OrganizationId } from '../../../platform/auth/principal.ts';
import { metaOf, pageOf } from '../../../platform/http/pagination.ts';
import { QueryParams } from '../../../platform/http/payload.ts';
import { findCustomer } from '../../customers/index.ts';
import { OrganizationClock } from '../../organizations/index.ts';
import { findSubscription } from '../../subscriptions/index.ts';
import { CurrentUsageQuery, PastUsageQuery } from '../billing.dto.ts';
import type { PricedSubscription } from '../price-subscriptions.ts';
import { presentProjectedUsage, presentUsagePeriod, type UsagePeriod } from './present-usage.ts';
import { RunningUsage } from './running-usage.ts';
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
    const period = runningPeriodOf(await this.runningUsage.of(organizationId, externalId));
    return { usage: presentUsagePeriod(period, await this.describe(organizationId, period)) };
  }

  /** @throws BillingError customer_not_found, subscription_not_found (also when it is another customer's) */
  @Get('customers/:externalCustomerId/current_usage')
  async current(
    @OrganizationId() organizationId: string,
    @Param('externalCustomerId') externalCustomerId: string,
    @QueryParams() query: CurrentUsageQuery,
  ) {
    const priced = await this.runningUsage.ofCustomer(organizationId, externalCustomerId, query.external_subscription_id);
    const period = runningPeriodOf(priced);
    return { customer_usage: presentUsagePeriod(period, await this.describe(organizationId, period)) };
  }

  /** @throws BillingError customer_not_found, subscription_not_found (also when it is another customer's) */
  @Get('customers/:externalCustomerId/projected_usage')
  async projected(
    @OrganizationId() organizationId: string,
    @Param('externalCustomerId') externalCustomerId: string,
    @QueryParams() query: CurrentUsageQuery,
  ) {
    const priced = await this.runningUsage.ofCustomer(organizationId, externalCustomerId, query.external_subscription_id);
    const period = runningPeriodOf(priced);
    const now = await this.organizationClock.now(organizationId);
    return {
      customer_projected_usage: presentProjectedUsage(
        { ...period, timezone: priced.subscription.billing_timezone, now },
        await this.describe(organizationId, period),
      ),
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

  private describe(organizationId: string, { fees }: UsagePeriod) {
    return describeCharges(
      this.dataSource.manager,
      organizationId,
      fees.map((fee) => fee.itemId),
    );
  }
}

/** What is paid again for the next period is no usage of this one. */
function runningPeriodOf({ subscription, priced }: PricedSubscription): UsagePeriod {
  const to = subscription.current_period_end;
  return {
    from: subscription.current_period_start,
    to,
    currency: priced.currency,
    invoiceId: null,
    fees: priced.fees.filter((fee) => fee.type === 'charge' && fee.from.epochMilliseconds < to.getTime()),
  };
}
