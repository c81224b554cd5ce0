import { Controller, Delete, Get, HttpCode, Param, Patch, Post, Put } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { OrganizationId } from '../../platform/auth/principal.ts';
import { metaOf, pageOf } from '../../platform/http/pagination.ts';
import { Payload, QueryParams } from '../../platform/http/payload.ts';
import { withWarnings } from '../../platform/http/warnings.ts';
import { SubscriptionEntityChoice } from '../billing-entities/index.ts';
import { PlanRow, presentPlans } from '../plans/index.ts';
import { CreateSubscription } from './create-subscription.ts';
import {
  CreateSubscriptionInput,
  ListSubscriptionsQuery,
  TerminateSubscriptionQuery,
  UpdateSubscriptionInput,
  WhichSubscriptionQuery,
} from './subscription.dto.ts';
import { SubscriptionRow } from './subscription.entity.ts';
import { findSubscription, listSubscriptions, presentSubscriptions } from './subscriptions.queries.ts';
import { TerminateSubscription } from './terminate-subscription.ts';
import { UpdateSubscription } from './update-subscription.ts';

@ApiTags('Subscriptions')
@Controller('api/v1/subscriptions')
export class SubscriptionsController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly createSubscription: CreateSubscription,
    private readonly updateSubscription: UpdateSubscription,
    private readonly terminateSubscription: TerminateSubscription,
    private readonly entityChoice: SubscriptionEntityChoice,
  ) {}

  @Get()
  async list(@OrganizationId() organizationId: string, @QueryParams() query: ListSubscriptionsQuery) {
    const { manager } = this.dataSource;
    const page = pageOf(query);
    const [rows, count] = await listSubscriptions(manager, organizationId, query, page);
    return { subscriptions: await presentSubscriptions(manager, rows), meta: metaOf(page, count) };
  }

  @Get(':externalId')
  async read(
    @OrganizationId() organizationId: string,
    @Param('externalId') externalId: string,
    @QueryParams() which: WhichSubscriptionQuery,
  ) {
    const { manager } = this.dataSource;
    const row = await findSubscription(manager, organizationId, externalId, which);
    const [plan] = await presentPlans(manager, [await manager.findOneByOrFail(PlanRow, { organizationId, id: row.planId })]);
    return { subscription: { ...(await this.present(row)).subscription, plan } };
  }

  @Post()
  @HttpCode(200)
  async create(@OrganizationId() organizationId: string, @Payload('subscription') input: CreateSubscriptionInput) {
    const { choice, warnings } = await this.entityChoice.of(organizationId, input);
    const row = await this.createSubscription.execute(organizationId, input, choice);
    return { ...(await this.present(row)), ...withWarnings(warnings) };
  }

  @Put(':externalId')
  async replace(
    @OrganizationId() organizationId: string,
    @Param('externalId') externalId: string,
    @Payload('subscription') input: UpdateSubscriptionInput,
    @QueryParams() which: WhichSubscriptionQuery,
  ) {
    const { choice, warnings } = await this.entityChoice.of(organizationId, input);
    const row = await this.updateSubscription.execute(organizationId, externalId, input, choice, which);
    return { ...(await this.present(row)), ...withWarnings(warnings) };
  }

  @Patch(':externalId')
  update(
    @OrganizationId() organizationId: string,
    @Param('externalId') externalId: string,
    @Payload('subscription') input: UpdateSubscriptionInput,
    @QueryParams() which: WhichSubscriptionQuery,
  ) {
    return this.replace(organizationId, externalId, input, which);
  }

  @Delete(':externalId')
  async terminate(
    @OrganizationId() organizationId: string,
    @Param('externalId') externalId: string,
    @QueryParams() query: TerminateSubscriptionQuery,
  ) {
    return this.present(await this.terminateSubscription.execute(organizationId, externalId, query));
  }

  private async present(row: SubscriptionRow) {
    const [subscription] = await presentSubscriptions(this.dataSource.manager, [row]);
    return { subscription };
  }
}
