import { Controller, Get, HttpCode, Param, Patch, Post, Put } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { BillingError, invalid } from '../../../domain/errors/billing-error.ts';
import { MinimumRole, OrganizationId } from '../../../platform/auth/principal.ts';
import { Payload } from '../../../platform/http/payload.ts';
import { CreateSubscription, isResourceType, presentSubscriptions, type SubscriptionRow } from '../../subscriptions/index.ts';
import { CancelWithPeriod } from './cancel-with-period.ts';
import { liveSubscriptionOf, subscriptionsOfResource } from './find-resource.ts';
import { NamedSubscriptionInput, SubscribeInput, UpgradeInput } from './resource.dto.ts';
import { UpgradeResource } from './upgrade-resource.ts';

/** The subscriptions to one resource, by the vendor's keys: members read, admins subscribe and upgrade, owners cancel (D13–D15, D18). */
@ApiTags('Resources')
@Controller('api/v1/resources/:type/:id/subscriptions')
export class ResourcesController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly createSubscription: CreateSubscription,
    private readonly upgradeResource: UpgradeResource,
    private readonly cancelWithPeriod: CancelWithPeriod,
  ) {}

  @Get()
  async list(@OrganizationId() organizationId: string, @Param('type') resourceType: string, @Param('id') resourceId: string) {
    const { manager } = this.dataSource;
    const rows = await subscriptionsOfResource(manager, { organizationId, resourceType, resourceId });
    return { subscriptions: await presentSubscriptions(manager, rows) };
  }

  /** A customer takes a plan for a resource that is there already; Florin bills it. */
  @Post()
  @HttpCode(201)
  async subscribe(
    @OrganizationId() organizationId: string,
    @Param('type') type: string,
    @Param('id') id: string,
    @Payload('subscription') input: SubscribeInput,
  ) {
    if (!isResourceType(type)) throw invalid({ resource_type: ['value_is_invalid'] });
    if (id.length > 255) throw invalid({ resource_id: ['value_is_too_long'] });
    const row = await this.createSubscription.execute(organizationId, input, 'keep', { type, id, config: {} });
    if (row.resourceType !== type || row.resourceId !== id)
      throw new BillingError('conflict', { external_id: ['value_already_exist'] });
    return this.present(row);
  }

  @Put('upgrade')
  async upgrade(
    @OrganizationId() organizationId: string,
    @Param('type') resourceType: string,
    @Param('id') resourceId: string,
    @Payload('subscription') input: UpgradeInput,
  ) {
    const scope = { organizationId, resourceType, resourceId };
    const row = await liveSubscriptionOf(this.dataSource.manager, scope, input.external_id);
    return this.present(await this.upgradeResource.execute(row, input.plan_code));
  }

  @Patch('upgrade')
  change(
    @OrganizationId() organizationId: string,
    @Param('type') resourceType: string,
    @Param('id') resourceId: string,
    @Payload('subscription') input: UpgradeInput,
  ) {
    return this.upgrade(organizationId, resourceType, resourceId, input);
  }

  /** At the end of the period that runs. */
  @Post('cancel')
  @MinimumRole('OWNER')
  @HttpCode(200)
  async cancel(
    @OrganizationId() organizationId: string,
    @Param('type') resourceType: string,
    @Param('id') resourceId: string,
    @Payload('subscription', { optional: true }) input: NamedSubscriptionInput,
  ) {
    const scope = { organizationId, resourceType, resourceId };
    const row = await liveSubscriptionOf(this.dataSource.manager, scope, input.external_id);
    return this.present(await this.cancelWithPeriod.execute(row));
  }

  private async present(row: SubscriptionRow) {
    const [subscription] = await presentSubscriptions(this.dataSource.manager, [row]);
    return { subscription };
  }
}
