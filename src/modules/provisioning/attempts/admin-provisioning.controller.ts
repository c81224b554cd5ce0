import { Controller, HttpCode, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { OperatorOnly } from '../../../platform/auth/principal.ts';
import { presentSubscriptions } from '../../subscriptions/index.ts';
import { presentAttempt } from './attempt.presenter.ts';
import { RepeatProvisioning } from './repeat-provisioning.ts';

@ApiTags('Provisioning')
@OperatorOnly()
@Controller('admin/v1/subscriptions')
export class AdminProvisioningController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly repeat: RepeatProvisioning,
  ) {}

  /** Has what failed made once more; follow it at `/api/v1/operations/<operation_id>` with a key of its organization. */
  @Post(':id/provision')
  @HttpCode(200)
  async provision(@Param('id') id: string) {
    const { subscription, attempt } = await this.repeat.execute(id);
    const [presented] = await presentSubscriptions(this.dataSource.manager, [subscription]);
    return {
      subscription: { ...presented, organization_id: subscription.organizationId },
      provisioning: attempt ? presentAttempt(attempt) : null,
    };
  }
}
