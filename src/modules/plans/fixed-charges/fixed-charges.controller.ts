import { Controller, Delete, Get, HttpCode, Param, Patch, Post, Put } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { DataSource, type EntityManager } from 'typeorm';
import { BillingError } from '../../../domain/errors/billing-error.ts';
import { OrganizationId } from '../../../platform/auth/principal.ts';
import { isId } from '../../../platform/database/ids.ts';
import { metaOf, PageQuery, pageOf, sliceOf } from '../../../platform/http/pagination.ts';
import { Payload, QueryParams } from '../../../platform/http/payload.ts';
import { findPlan, presentFixedCharges } from '../plans.queries.ts';
import { ChangePlan } from '../change-plan.ts';
import { FixedChargeInput } from './fixed-charge.dto.ts';
import { FixedChargeRow } from './fixed-charge.entity.ts';
import type { PlanRow } from '../plan.entity.ts';
import { deactivateFixedCharges, writeFixedCharges } from './write-fixed-charges.ts';

/** The fixed charges of one plan, one at a time; `PUT /plans/:code` replaces all of them at once. */
@ApiTags('Plans')
@Controller('api/v1/plans/:code/fixed_charges')
export class FixedChargesController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly changePlan: ChangePlan,
  ) {}

  @Get()
  async list(@OrganizationId() organizationId: string, @Param('code') code: string, @QueryParams() query: PageQuery) {
    const { manager } = this.dataSource;
    const plan = await findPlan(manager, organizationId, code);
    const page = pageOf(query);
    const [rows, count] = await manager.findAndCount(FixedChargeRow, {
      where: { organizationId, planId: plan.id },
      order: { createdAt: 'desc', id: 'asc' },
      ...sliceOf(page),
    });
    return { fixed_charges: await presentFixedCharges(manager, rows), meta: metaOf(page, count) };
  }

  @Get(':price_code')
  async read(@OrganizationId() organizationId: string, @Param('code') code: string, @Param('price_code') priceCode: string) {
    const { manager } = this.dataSource;
    return this.present(await this.find(manager, await findPlan(manager, organizationId, code), priceCode));
  }

  @Post()
  @HttpCode(200)
  async create(
    @OrganizationId() organizationId: string,
    @Param('code') code: string,
    @Payload('fixed_charge') input: FixedChargeInput,
  ) {
    return this.present(
      await this.changePlan.execute(
        organizationId,
        code,
        async (tx, plan, at) => {
          const [row] = await writeFixedCharges(tx, plan, [input], 'add', at);
          return row;
        },
        input,
      ),
    );
  }

  /** @throws BillingError not_editable when it is inactive */
  @Put(':price_code')
  async replace(
    @OrganizationId() organizationId: string,
    @Param('code') code: string,
    @Param('price_code') priceCode: string,
    @Payload('fixed_charge') input: FixedChargeInput,
  ) {
    return this.present(
      await this.changePlan.execute(
        organizationId,
        code,
        async (tx, plan, at) => {
          const current = await this.find(tx, plan, priceCode);
          if (current.status === 'INACTIVE') throw new BillingError('not_editable');
          const [row] = await writeFixedCharges(tx, plan, [{ ...input, id: current.id }], 'change', at);
          return row;
        },
        input,
      ),
    );
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

  /** Deactivates for good; what was billed by it stays. */
  @Delete(':price_code')
  async remove(@OrganizationId() organizationId: string, @Param('code') code: string, @Param('price_code') priceCode: string) {
    return this.present(
      await this.changePlan.execute(organizationId, code, async (tx, plan, at) => {
        const row = await this.find(tx, plan, priceCode);
        if (row.status === 'INACTIVE') return row;
        await deactivateFixedCharges(tx, plan, [row], at);
        return { ...row, status: 'INACTIVE' as const, updatedAt: at };
      }),
    );
  }

  private async present(row: FixedChargeRow | undefined) {
    const [fixed_charge] = await presentFixedCharges(this.dataSource.manager, row ? [row] : []);
    return { fixed_charge };
  }

  private async find(manager: EntityManager, plan: PlanRow, idOrCode: string): Promise<FixedChargeRow> {
    const ofPlan = { organizationId: plan.organizationId, planId: plan.id };
    const byCode = { ...ofPlan, code: idOrCode };
    const row = await manager.findOneBy(FixedChargeRow, isId(idOrCode) ? [{ ...ofPlan, id: idOrCode }, byCode] : byCode);
    if (!row) throw new BillingError('fixed_charge_not_found');
    return row;
  }
}
