import { Controller, Delete, Get, HttpCode, Param, Patch, Post, Put } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { OrganizationId } from '../../../platform/auth/principal.ts';
import { metaOf, PageQuery, pageOf, sliceOf } from '../../../platform/http/pagination.ts';
import { Payload, QueryParams } from '../../../platform/http/payload.ts';
import { DeletePriceInput } from '../delete-price.dto.ts';
import { findPlan, presentFixedCharges } from '../plans.queries.ts';
import { ChangePrice, type PricesOfPlan } from '../change-price.ts';
import { FixedChargeInput, type ListedFixedChargeInput } from './fixed-charge.dto.ts';
import { FixedChargeRow } from './fixed-charge.entity.ts';
import { findFixedCharge } from './fixed-charges.queries.ts';
import { deactivateFixedCharges, writeFixedCharges } from './write-fixed-charges.ts';

const prices: PricesOfPlan<FixedChargeRow, ListedFixedChargeInput> = {
  find: findFixedCharge,
  write: writeFixedCharges,
  deactivate: deactivateFixedCharges,
};

/** The fixed charges of one plan, one at a time; `PUT /plans/:code` replaces all of them at once. */
@ApiTags('Plans')
@Controller('api/v1/plans/:code/fixed_charges')
export class FixedChargesController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly changePrice: ChangePrice,
  ) {}

  @Get()
  async list(@OrganizationId() organizationId: string, @Param('code') code: string, @QueryParams() query: PageQuery) {
    const { manager } = this.dataSource;
    const plan = await findPlan(manager, organizationId, code);
    const page = pageOf(query);
    const [rows, count] = await manager.findAndCount(FixedChargeRow, {
      where: { organizationId, planId: plan.id, status: 'ACTIVE' },
      order: { createdAt: 'desc', id: 'asc' },
      ...sliceOf(page),
    });
    return { fixed_charges: await presentFixedCharges(manager, rows), meta: metaOf(page, count) };
  }

  @Get(':price_code')
  async read(@OrganizationId() organizationId: string, @Param('code') code: string, @Param('price_code') priceCode: string) {
    const { manager } = this.dataSource;
    return this.present(await findFixedCharge(manager, await findPlan(manager, organizationId, code), priceCode));
  }

  @Post()
  @HttpCode(200)
  async create(
    @OrganizationId() organizationId: string,
    @Param('code') code: string,
    @Payload('fixed_charge') input: FixedChargeInput,
  ) {
    return this.present(await this.changePrice.add(prices, organizationId, code, input));
  }

  @Put(':price_code')
  async replace(
    @OrganizationId() organizationId: string,
    @Param('code') code: string,
    @Param('price_code') priceCode: string,
    @Payload('fixed_charge') input: FixedChargeInput,
  ) {
    return this.present(await this.changePrice.change(prices, organizationId, code, priceCode, input));
  }

  @Patch(':price_code')
  update(
    @OrganizationId() organizationId: string,
    @Param('code') code: string,
    @Param('price_code') priceCode: string,
    @Payload('fixed_charge') input: FixedChargeInput,
  ) {
    return this.replace(organizationId, code, priceCode, input);
  }

  @Delete(':price_code')
  async remove(
    @OrganizationId() organizationId: string,
    @Param('code') code: string,
    @Param('price_code') priceCode: string,
    @Payload('fixed_charge', { optional: true }) input: DeletePriceInput,
  ) {
    return this.present(await this.changePrice.deactivate(prices, organizationId, code, priceCode, input));
  }

  private async present(row: FixedChargeRow | undefined) {
    const [fixed_charge] = await presentFixedCharges(this.dataSource.manager, row ? [row] : []);
    return { fixed_charge };
  }
}
