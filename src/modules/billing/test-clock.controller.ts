import { Controller, Get, HttpCode, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { BillingError } from '../../domain/errors/billing-error.ts';
import { OrganizationId } from '../../platform/auth/principal.ts';
import { isoOf } from '../../platform/clock/clock.ts';
import { Payload } from '../../platform/http/payload.ts';
import { OrganizationRow } from '../organizations/index.ts';
import { AdvanceTestClock } from './advance-test-clock.ts';
import { AdvanceTestClockInput } from './billing.dto.ts';

@ApiTags('Billing')
@Controller('api/v1/test_clock')
export class TestClockController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly advanceTestClock: AdvanceTestClock,
  ) {}

  @Get()
  async read(@OrganizationId() organizationId: string) {
    const { virtualNow } = await this.dataSource.manager.findOneByOrFail(OrganizationRow, { id: organizationId });
    if (!virtualNow) throw new BillingError('not_in_test_mode');
    return { test_clock: { now: isoOf(virtualNow) } };
  }

  /** Answers when everything due on the way is done. */
  @Post('advance')
  @HttpCode(200)
  async advance(@OrganizationId() organizationId: string, @Payload('test_clock') input: AdvanceTestClockInput) {
    return { test_clock: { now: isoOf(await this.advanceTestClock.execute(organizationId, input.to)) } };
  }
}
