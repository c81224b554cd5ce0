import { Controller, Delete, Get, HttpCode, Param, Patch, Post, Put } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { BillingError } from '../../../domain/errors/billing-error.ts';
import { OrganizationId } from '../../../platform/auth/principal.ts';
import { metaOf, PageQuery, pageOf, sliceOf } from '../../../platform/http/pagination.ts';
import { Payload, QueryParams } from '../../../platform/http/payload.ts';
import { findPlan, presentCharges } from '../plans.queries.ts';
import { ChangePlan } from '../change-plan.ts';
import { CreateChargeInput, UpdateChargeInput } from './charge.dto.ts';
import { ChargeRow } from './charge.entity.ts';
import { findCharge } from './charges.queries.ts';
import { deactivateCharges, writeCharges } from './write-charges.ts';

/** The charges of one plan, one at a time; `PUT /plans/:code` replaces all of them at once. */
@ApiTags('Plans')
@Controller('api/v1/plans/:code/charges')
export class ChargesController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly changePlan: ChangePlan,
  ) {}

  @Get()
  async list(@OrganizationId() organizationId: string, @Param('code') code: string, @QueryParams() query: PageQuery) {
    const { manager } = this.dataSource;
    const plan = await findPlan(manager, organizationId, code);
    const page = pageOf(query);
    const [rows, count] = await manager.findAndCount(ChargeRow, {
      where: { organizationId, planId: plan.id },
      order: { createdAt: 'desc', id: 'asc' },
      ...sliceOf(page),
    });
    return { charges: await presentCharges(manager, rows), meta: metaOf(page, count) };
  }

  @Get(':price_code')
  async read(@OrganizationId() organizationId: string, @Param('code') code: string, @Param('price_code') priceCode: string) {
    const { manager } = this.dataSource;
    return this.present(await findCharge(manager, await findPlan(manager, organizationId, code), priceCode));
  }

  @Post()
  @HttpCode(200)
  async create(
    @OrganizationId() organizationId: string,
    @Param('code') code: string,
    @Payload('charge') input: CreateChargeInput,
  ) {
    return this.present(
      await this.changePlan.execute(
        organizationId,
        code,
        async (tx, plan, at) => {
          const [row] = await writeCharges(tx, plan, [input], 'add', at);
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
    @Payload('charge') input: UpdateChargeInput,
  ) {
    return this.present(
      await this.changePlan.execute(
        organizationId,
        code,
        async (tx, plan, at) => {
          const current = await findCharge(tx, plan, priceCode);
          if (current.status === 'INACTIVE') throw new BillingError('not_editable');
          const [row] = await writeCharges(tx, plan, [{ ...input, id: current.id }], 'change', at);
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
    @Payload('charge') input: UpdateChargeInput,
  ) {
    return this.replace(organizationId, code, priceCode, input);
  }

  /** Deactivates for good; what was billed by it stays. */
  @Delete(':price_code')
  async remove(@OrganizationId() organizationId: string, @Param('code') code: string, @Param('price_code') priceCode: string) {
    return this.present(
      await this.changePlan.execute(organizationId, code, async (tx, plan, at) => {
        const row = await findCharge(tx, plan, priceCode);
        if (row.status === 'INACTIVE') return row;
        await deactivateCharges(tx, plan, [row], at);
        return { ...row, status: 'INACTIVE' as const, updatedAt: at };
      }),
    );
  }

  private async present(row: ChargeRow | undefined) {
    const [charge] = await presentCharges(this.dataSource.manager, row ? [row] : []);
    return { charge };
  }
}
