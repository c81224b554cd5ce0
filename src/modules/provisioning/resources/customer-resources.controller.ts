import { Controller, Get, HttpCode, Param, Patch, Post, Put } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { BillingError } from '../../../domain/errors/billing-error.ts';
import { CallerSession, MinimumRole, type Session, SessionOnly } from '../../../platform/auth/principal.ts';
import { isId } from '../../../platform/database/ids.ts';
import { Payload } from '../../../platform/http/payload.ts';
import { presentForCustomer, SubscriptionRow } from '../../subscriptions/index.ts';
import { CancelWithPeriod } from './cancel-with-period.ts';
import { liveSubscriptionOf, type ResourceScope, subscriptionsOfResource } from './find-resource.ts';
import { UpgradeInput } from './resource.dto.ts';
import { UpgradeResource } from './upgrade-resource.ts';

/** The same for a customer's own people: everybody reads, admins and owners upgrade, only owners cancel. */
@ApiTags('Customer pages')
@SessionOnly()
@Controller('api/v1/billing')
export class CustomerResourcesController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly upgradeResource: UpgradeResource,
    private readonly cancelWithPeriod: CancelWithPeriod,
  ) {}

  @Get('resources/:type/:id/subscriptions')
  async list(@CallerSession() session: Session, @Param('type') type: string, @Param('id') id: string) {
    const { manager } = this.dataSource;
    return { subscriptions: await presentForCustomer(manager, await subscriptionsOfResource(manager, own(session, type, id))) };
  }

  @Put('resources/:type/:id/subscriptions/upgrade')
  async upgrade(
    @CallerSession() session: Session,
    @Param('type') type: string,
    @Param('id') id: string,
    @Payload('subscription') input: UpgradeInput,
  ) {
    const row = await liveSubscriptionOf(this.dataSource.manager, own(session, type, id), input.external_id);
    return this.present(await this.upgradeResource.execute(row, input.plan_code));
  }

  @Patch('resources/:type/:id/subscriptions/upgrade')
  change(
    @CallerSession() session: Session,
    @Param('type') type: string,
    @Param('id') id: string,
    @Payload('subscription') input: UpgradeInput,
  ) {
    return this.upgrade(session, type, id, input);
  }

  @Post('resources/:type/:id/subscriptions/cancel')
  @MinimumRole('OWNER')
  @HttpCode(200)
  async cancelResource(@CallerSession() session: Session, @Param('type') type: string, @Param('id') id: string) {
    const row = await liveSubscriptionOf(this.dataSource.manager, own(session, type, id), undefined);
    return this.present(await this.cancelWithPeriod.execute(row));
  }

  @Post('subscriptions/:id/cancel')
  @MinimumRole('OWNER')
  @HttpCode(200)
  async cancel(@CallerSession() { organizationId, holderId: customerId }: Session, @Param('id') id: string) {
    const row = isId(id) ? await this.dataSource.manager.findOneBy(SubscriptionRow, { organizationId, customerId, id }) : null;
    if (!row) throw new BillingError('subscription_not_found');
    return this.present(await this.cancelWithPeriod.execute(row));
  }

  private async present(row: SubscriptionRow) {
    const [subscription] = await presentForCustomer(this.dataSource.manager, [row]);
    return { subscription };
  }
}

const own = ({ organizationId, holderId: customerId }: Session, resourceType: string, resourceId: string): ResourceScope => ({
  organizationId,
  customerId,
  resourceType,
  resourceId,
});
