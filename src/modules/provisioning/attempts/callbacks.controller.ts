import { Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { BillingError } from '../../../domain/errors/billing-error.ts';
import { OrganizationId } from '../../../platform/auth/principal.ts';
import { isId } from '../../../platform/database/ids.ts';
import { Payload } from '../../../platform/http/payload.ts';
import { AttemptRow } from './attempt.entity.ts';
import { presentAttempt } from './attempt.presenter.ts';
import { CompleteInput, FailInput, ProgressInput } from './callback.dto.ts';
import { HearProvisioner } from './hear-provisioner.ts';

/** Where the tenant's service says, with the tenant's key, how the resource that it was asked for gets on. */
@ApiTags('Provisioning')
@Controller('api/v1/provisioning')
export class CallbacksController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly hear: HearProvisioner,
  ) {}

  @Get(':operation_id')
  async read(@OrganizationId() organizationId: string, @Param('operation_id') id: string) {
    const attempt = isId(id) ? await this.dataSource.manager.findOneBy(AttemptRow, { organizationId, id }) : null;
    if (!attempt) throw new BillingError('operation_not_found');
    return { provisioning: presentAttempt(attempt) };
  }

  @Post(':operation_id/progress')
  @HttpCode(200)
  async progress(
    @OrganizationId() organizationId: string,
    @Param('operation_id') id: string,
    @Payload('provisioning') input: ProgressInput,
  ) {
    return { provisioning: presentAttempt(await this.hear.progress(organizationId, id, input)) };
  }

  /** The resource is there; the subscription is active with it. Saying so again changes nothing. */
  @Post(':operation_id/complete')
  @HttpCode(200)
  async complete(
    @OrganizationId() organizationId: string,
    @Param('operation_id') id: string,
    @Payload('provisioning') input: CompleteInput,
  ) {
    return { provisioning: presentAttempt(await this.hear.complete(organizationId, id, input)) };
  }

  /** It cannot be made; the subscription has failed. Saying so again changes nothing. */
  @Post(':operation_id/fail')
  @HttpCode(200)
  async fail(
    @OrganizationId() organizationId: string,
    @Param('operation_id') id: string,
    @Payload('provisioning') input: FailInput,
  ) {
    return { provisioning: presentAttempt(await this.hear.fail(organizationId, id, input)) };
  }
}
