import { Controller, HttpCode, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { OrganizationId } from '../../platform/auth/principal.ts';
import { Payload } from '../../platform/http/payload.ts';
import { PauseSubscription } from './pause-subscription.ts';
import { ResumeSubscription } from './resume-subscription.ts';
import { PauseSubscriptionInput } from './subscription.dto.ts';
import type { SubscriptionRow } from './subscription.entity.ts';
import { presentSubscriptions } from './subscriptions.queries.ts';

@ApiTags('Subscriptions')
@Controller('api/v1/subscriptions')
export class PausesController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly pauseSubscription: PauseSubscription,
    private readonly resumeSubscription: ResumeSubscription,
  ) {}

  /** The next run bills what was used and credits what was paid beyond. */
  @Post(':externalId/pause')
  @HttpCode(200)
  async pause(
    @OrganizationId() organizationId: string,
    @Param('externalId') externalId: string,
    @Payload('subscription', { optional: true }) input: PauseSubscriptionInput,
  ) {
    return this.present(await this.pauseSubscription.execute(organizationId, externalId, input.resume_at ?? null));
  }

  @Post(':externalId/resume')
  @HttpCode(200)
  async resume(@OrganizationId() organizationId: string, @Param('externalId') externalId: string) {
    return this.present(await this.resumeSubscription.execute(organizationId, externalId));
  }

  private async present(row: SubscriptionRow) {
    const [subscription] = await presentSubscriptions(this.dataSource.manager, [row]);
    return { subscription };
  }
}
