import { Controller, Get, HttpCode, Param, Patch, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { DataSource, In, Not } from 'typeorm';
import { BillingError } from '../../../domain/errors/billing-error.ts';
import { OperatorOnly } from '../../../platform/auth/principal.ts';
import { isId } from '../../../platform/database/ids.ts';
import { metaOf, pageOf, sliceOf } from '../../../platform/http/pagination.ts';
import { Payload, QueryParams } from '../../../platform/http/payload.ts';
import { CustomerRow } from '../../customers/index.ts';
import { latestAttempt, presentAttempt } from '../../provisioning/index.ts';
import { presentSubscriptions, SubscriptionRow } from '../../subscriptions/index.ts';
import { ProviderCustomerRow } from '../provider/provider-customer.entity.ts';
import { ProviderSubscriptionRow } from '../provider/provider-subscription.entity.ts';
import { AdminCreateSubscriptionInput, AdminSubscriptionsQuery, AdminUpdateSubscriptionInput } from './admin.dto.ts';
import { OrderProviderSubscription } from './order-provider-subscription.ts';
import { OverrideSubscription } from './override-subscription.ts';

/** The operator's view of subscriptions, across organizations, with what ties them to a payment provider (F9). */
@ApiTags('Payments')
@OperatorOnly()
@Controller('admin/v1/subscriptions')
export class AdminSubscriptionsController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly orderSubscription: OrderProviderSubscription,
    private readonly overrideSubscription: OverrideSubscription,
  ) {}

  @Get()
  async list(@QueryParams() query: AdminSubscriptionsQuery) {
    const { manager } = this.dataSource;
    const page = pageOf(query);
    const customers = query.email === undefined ? undefined : await manager.findBy(CustomerRow, { email: query.email });
    const isOver = In(['CANCELED', 'TERMINATED', 'FAILED']);
    const [rows, count] = await manager.findAndCount(SubscriptionRow, {
      where: {
        ...(query.organization_id === undefined ? {} : { organizationId: query.organization_id }),
        ...(query.status ? { status: query.status } : query.include_canceled === 'true' ? {} : { status: Not(isOver) }),
        ...(query.resource_type === undefined ? {} : { resourceType: query.resource_type }),
        ...(customers ? { customerId: In(customers.map(({ id }) => id)) } : {}),
      } as object,
      order: { createdAt: 'desc', id: 'asc' },
      ...sliceOf(page),
    });
    return { subscriptions: await this.present(rows), meta: metaOf(page, count) };
  }

  @Get(':id')
  async read(@Param('id') id: string) {
    return this.presentOne(await this.find(id));
  }

  @Post()
  @HttpCode(200)
  async create(@Payload('subscription') input: AdminCreateSubscriptionInput) {
    return this.presentOne(await this.orderSubscription.execute(input));
  }

  @Patch(':id')
  async update(@Param('id') id: string, @Payload('subscription') input: AdminUpdateSubscriptionInput) {
    return this.presentOne(await this.overrideSubscription.execute(id, input));
  }

  private async find(id: string): Promise<SubscriptionRow> {
    const row = isId(id) ? await this.dataSource.manager.findOneBy(SubscriptionRow, { id }) : null;
    if (!row) throw new BillingError('subscription_not_found');
    return row;
  }

  private async presentOne(row: SubscriptionRow) {
    const [subscription] = await this.present([row]);
    return { subscription };
  }

  private async present(rows: readonly SubscriptionRow[]) {
    const { manager } = this.dataSource;
    const links = await manager.findBy(ProviderSubscriptionRow, { subscriptionId: In(rows.map(({ id }) => id)) });
    const customers = await manager.findBy(ProviderCustomerRow, { customerId: In(rows.map(({ customerId }) => customerId)) });
    const linkById = new Map(links.map((link) => [link.subscriptionId, link]));
    const customerById = new Map(customers.map((customer) => [customer.customerId, customer]));
    const presented = await Promise.all(rows.map((row) => presentSubscriptions(manager, [row])));
    const attempts = await Promise.all(rows.map((row) => (row.resourceType === null ? undefined : latestAttempt(manager, row))));
    return rows.map((row, index) => {
      const link = linkById.get(row.id);
      const attempt = attempts[index];
      return {
        ...presented[index]?.[0],
        organization_id: row.organizationId,
        provider_subscription_id: link?.providerSubscriptionId ?? null,
        provider_customer_id: link?.providerCustomerId ?? null,
        provider_status: link?.providerStatus ?? null,
        cancel_at_period_end: link?.cancelAtPeriodEnd ?? false,
        metadata: link?.metadata ?? {},
        provisioning: attempt ? presentAttempt(attempt) : null,
        has_payment_method: customerById.get(row.customerId)?.hasPaymentMethod ?? false,
      };
    });
  }
}
