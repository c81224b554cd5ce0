import { Controller, Get, Param, Patch, Put } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { DataSource, type EntityManager } from 'typeorm';
import { BillingError } from '../../domain/errors/billing-error.ts';
import { OrganizationId } from '../../platform/auth/principal.ts';
import { metaOf, pageOf, sliceOf } from '../../platform/http/pagination.ts';
import { Payload, QueryParams } from '../../platform/http/payload.ts';
import {
  ChargeOverrideInput,
  ChargeRow,
  FixedChargeOverrideInput,
  FixedChargeRow,
  presentCharges,
  presentFixedCharges,
  type PlanOverridesInput,
} from '../plans/index.ts';
import { unitsOf } from './own-units.ts';
import { OfWhichSubscriptionQuery, OwnPricesQuery } from './subscription.dto.ts';
import type { SubscriptionRow } from './subscription.entity.ts';
import { findSubscription } from './subscriptions.queries.ts';
import { UpdateSubscription } from './update-subscription.ts';
import { OrganizationClock } from '../organizations/index.ts';

/** The prices one subscription pays, one at a time; a change gives it a plan of its own, as `plan_overrides` does. */
@ApiTags('Subscriptions')
@Controller('api/v1/subscriptions/:externalId')
export class OwnPricesController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly organizationClock: OrganizationClock,
    private readonly updateSubscription: UpdateSubscription,
  ) {}

  @Get('charges')
  async charges(
    @OrganizationId() organizationId: string,
    @Param('externalId') externalId: string,
    @QueryParams() query: OwnPricesQuery,
  ) {
    const { manager } = this.dataSource;
    const { planId } = await this.find(organizationId, externalId, query);
    const page = pageOf(query);
    const [rows, count] = await manager.findAndCount(ChargeRow, {
      where: { organizationId, planId, status: 'ACTIVE' },
      order: { createdAt: 'asc', id: 'asc' },
      ...sliceOf(page),
    });
    return { charges: await presentCharges(manager, rows), meta: metaOf(page, count) };
  }

  @Get('charges/:price_code')
  async charge(
    @OrganizationId() organizationId: string,
    @Param('externalId') externalId: string,
    @Param('price_code') code: string,
    @QueryParams() which: OfWhichSubscriptionQuery,
  ) {
    const { manager } = this.dataSource;
    const { planId } = await this.find(organizationId, externalId, which);
    const row = await manager.findOneBy(ChargeRow, { organizationId, planId, code, status: 'ACTIVE' });
    if (!row) throw new BillingError('charge_not_found');
    const [charge] = await presentCharges(manager, [row]);
    return { charge };
  }

  @Put('charges/:price_code')
  async replaceCharge(
    @OrganizationId() organizationId: string,
    @Param('externalId') externalId: string,
    @Param('price_code') code: string,
    @Payload('charge') input: ChargeOverrideInput,
    @QueryParams() which: OfWhichSubscriptionQuery,
  ) {
    await this.charge(organizationId, externalId, code, which);
    await this.override(organizationId, externalId, which, { charges: [{ ...input, code }] });
    return this.charge(organizationId, externalId, code, which);
  }

  @Patch('charges/:price_code')
  updateCharge(
    @OrganizationId() organizationId: string,
    @Param('externalId') externalId: string,
    @Param('price_code') code: string,
    @Payload('charge') input: ChargeOverrideInput,
    @QueryParams() which: OfWhichSubscriptionQuery,
  ) {
    return this.replaceCharge(organizationId, externalId, code, input, which);
  }

  @Get('fixed_charges')
  async fixedCharges(
    @OrganizationId() organizationId: string,
    @Param('externalId') externalId: string,
    @QueryParams() query: OwnPricesQuery,
  ) {
    const { manager } = this.dataSource;
    const subscription = await this.find(organizationId, externalId, query);
    const page = pageOf(query);
    const [rows, count] = await manager.findAndCount(FixedChargeRow, {
      where: { organizationId, planId: subscription.planId, status: 'ACTIVE' },
      order: { createdAt: 'asc', id: 'asc' },
      ...sliceOf(page),
    });
    return { fixed_charges: await this.withUnits(manager, subscription, rows), meta: metaOf(page, count) };
  }

  /** `units` are those of today; what is asked for the next period is `scheduled_units`, until it holds or the units of today are asked for again. */
  @Get('fixed_charges/:price_code')
  async fixedCharge(
    @OrganizationId() organizationId: string,
    @Param('externalId') externalId: string,
    @Param('price_code') code: string,
    @QueryParams() which: OfWhichSubscriptionQuery,
  ) {
    const { manager } = this.dataSource;
    const subscription = await this.find(organizationId, externalId, which);
    const row = await manager.findOneBy(FixedChargeRow, {
      organizationId,
      planId: subscription.planId,
      code,
      status: 'ACTIVE',
    });
    if (!row) throw new BillingError('fixed_charge_not_found');
    const [fixed_charge] = await this.withUnits(manager, subscription, [row]);
    return { fixed_charge };
  }

  @Put('fixed_charges/:price_code')
  async replaceFixedCharge(
    @OrganizationId() organizationId: string,
    @Param('externalId') externalId: string,
    @Param('price_code') code: string,
    @Payload('fixed_charge') input: FixedChargeOverrideInput,
    @QueryParams() which: OfWhichSubscriptionQuery,
  ) {
    await this.fixedCharge(organizationId, externalId, code, which);
    await this.override(organizationId, externalId, which, { fixed_charges: [{ ...input, code }] });
    return this.fixedCharge(organizationId, externalId, code, which);
  }

  @Patch('fixed_charges/:price_code')
  updateFixedCharge(
    @OrganizationId() organizationId: string,
    @Param('externalId') externalId: string,
    @Param('price_code') code: string,
    @Payload('fixed_charge') input: FixedChargeOverrideInput,
    @QueryParams() which: OfWhichSubscriptionQuery,
  ) {
    return this.replaceFixedCharge(organizationId, externalId, code, input, which);
  }

  private async withUnits(manager: EntityManager, subscription: SubscriptionRow, rows: readonly FixedChargeRow[]) {
    const presented = await presentFixedCharges(manager, rows);
    const now = await this.organizationClock.now(subscription.organizationId);
    const units = await unitsOf(manager, subscription, rows, now);
    return presented.map((fixed, i) => ({ ...fixed, ...units[i] }));
  }

  private find(organizationId: string, externalId: string, { subscription_status: status }: OfWhichSubscriptionQuery) {
    return findSubscription(this.dataSource.manager, organizationId, externalId, { status });
  }

  private override(
    organizationId: string,
    externalId: string,
    { subscription_status: status }: OfWhichSubscriptionQuery,
    plan_overrides: PlanOverridesInput,
  ) {
    return this.updateSubscription.execute(organizationId, externalId, { plan_overrides }, 'keep', { status });
  }
}
