import { Controller, Delete, Get, HttpCode, Param, Patch, Post, Put } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { BillingError, invalid } from '../../domain/errors/billing-error.ts';
import { OrganizationId } from '../../platform/auth/principal.ts';
import { newId } from '../../platform/database/ids.ts';
import { UnitOfWork } from '../../platform/database/unit-of-work.ts';
import { metaOf, PageQuery, pageOf, sliceOf } from '../../platform/http/pagination.ts';
import { Payload, QueryParams } from '../../platform/http/payload.ts';
import { OrganizationClock } from '../organizations/index.ts';
import { CreateAddOnInput, UpdateAddOnInput } from './add-on.dto.ts';
import { AddOnRow } from './add-on.entity.ts';
import { presentAddOn } from './add-on.presenter.ts';
import { findAddOn } from './add-ons.queries.ts';

const refusals = { uq_add_ons_code: () => invalid({ code: ['value_already_exist'] }) };

@ApiTags('AddOns')
@Controller('api/v1/add_ons')
export class AddOnsController {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly dataSource: DataSource,
    private readonly organizationClock: OrganizationClock,
  ) {}

  @Get()
  async list(@OrganizationId() organizationId: string, @QueryParams() query: PageQuery) {
    const page = pageOf(query);
    const [rows, count] = await this.dataSource.manager.findAndCount(AddOnRow, {
      where: { organizationId },
      order: { createdAt: 'desc', id: 'asc' },
      ...sliceOf(page),
    });
    return { add_ons: rows.map(presentAddOn), meta: metaOf(page, count) };
  }

  @Get(':code')
  async read(@OrganizationId() organizationId: string, @Param('code') code: string) {
    return { add_on: presentAddOn(await findAddOn(this.dataSource.manager, organizationId, code)) };
  }

  @Post()
  @HttpCode(200)
  async create(@OrganizationId() organizationId: string, @Payload('add_on') input: CreateAddOnInput) {
    const at = await this.organizationClock.now(organizationId);
    const row: AddOnRow = {
      organizationId,
      id: newId(),
      code: input.code,
      name: input.name,
      invoiceDisplayName: input.invoice_display_name ?? null,
      description: input.description ?? null,
      amountCents: input.amount_cents,
      amountCurrency: input.amount_currency,
      createdAt: at,
      updatedAt: at,
    };
    await this.unitOfWork.run((tx) => tx.insert(AddOnRow, row), refusals);
    return { add_on: presentAddOn(row) };
  }

  /** Fixed charges already made keep the amount they were made with. */
  @Put(':code')
  async replace(
    @OrganizationId() organizationId: string,
    @Param('code') code: string,
    @Payload('add_on') input: UpdateAddOnInput,
  ) {
    return this.unitOfWork.run(async (tx) => {
      const row = await findAddOn(tx, organizationId, code, { forUpdate: true });
      const changes = {
        code: input.code ?? row.code,
        name: input.name ?? row.name,
        invoiceDisplayName: input.invoice_display_name === undefined ? row.invoiceDisplayName : input.invoice_display_name,
        description: input.description === undefined ? row.description : input.description,
        amountCents: input.amount_cents ?? row.amountCents,
        amountCurrency: input.amount_currency ?? row.amountCurrency,
        updatedAt: await this.organizationClock.now(organizationId, tx),
      };
      await tx.update(AddOnRow, { organizationId, id: row.id }, changes);
      return { add_on: presentAddOn({ ...row, ...changes }) };
    }, refusals);
  }

  @Patch(':code')
  update(@OrganizationId() organizationId: string, @Param('code') code: string, @Payload('add_on') input: UpdateAddOnInput) {
    return this.replace(organizationId, code, input);
  }

  /** @throws BillingError conflict when a fixed charge, an inactive one too, is made of it */
  @Delete(':code')
  async remove(@OrganizationId() organizationId: string, @Param('code') code: string) {
    return this.unitOfWork.run(
      async (tx) => {
        const row = await findAddOn(tx, organizationId, code, { forUpdate: true });
        await tx.delete(AddOnRow, { organizationId, id: row.id });
        return { add_on: presentAddOn(row) };
      },
      { fk_fixed_charges_add_on: () => new BillingError('conflict', { add_on: ['in_use'] }) },
    );
  }
}
