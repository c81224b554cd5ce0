import { Controller, Delete, Get, HttpCode, Param, Patch, Post, Put } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { DataSource, type EntityManager } from 'typeorm';
import { BillingError, invalid } from '../../domain/errors/billing-error.ts';
import { OrganizationId } from '../../platform/auth/principal.ts';
import { Clock, dateOf } from '../../platform/clock/clock.ts';
import { isId, newId } from '../../platform/database/ids.ts';
import { UnitOfWork } from '../../platform/database/unit-of-work.ts';
import { metaOf, PageQuery, pageOf, sliceOf } from '../../platform/http/pagination.ts';
import { Payload, QueryParams } from '../../platform/http/payload.ts';
import { CreateTaxInput, UpdateTaxInput } from './tax.dto.ts';
import { TaxRow } from './tax.entity.ts';
import { presentTax } from './tax.presenter.ts';

const refusals = {
  uq_taxes_code: () => invalid({ code: ['value_already_exist'] }),
  ck_taxes_rate: () => invalid({ rate: ['value_is_out_of_range'] }),
};

@ApiTags('Taxes')
@Controller('api/v1/taxes')
export class TaxesController {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
  ) {}

  @Get()
  async list(@OrganizationId() organizationId: string, @QueryParams() query: PageQuery) {
    const page = pageOf(query);
    const [rows, count] = await this.dataSource.manager.findAndCount(TaxRow, {
      where: { organizationId },
      order: { createdAt: 'desc', id: 'asc' },
      ...sliceOf(page),
    });
    return { taxes: rows.map(presentTax), meta: metaOf(page, count) };
  }

  @Get(':code')
  async read(@OrganizationId() organizationId: string, @Param('code') code: string) {
    return { tax: presentTax(await this.find(this.dataSource.manager, organizationId, code)) };
  }

  @Post()
  @HttpCode(200)
  async create(@OrganizationId() organizationId: string, @Payload('tax') input: CreateTaxInput) {
    const at = dateOf(this.clock.now());
    const row: TaxRow = {
      organizationId,
      id: newId(),
      code: input.code,
      name: input.name,
      description: input.description ?? null,
      rate: input.rate,
      appliedToOrganization: input.applied_to_organization ?? false,
      createdAt: at,
      updatedAt: at,
    };
    await this.unitOfWork.run((tx) => tx.insert(TaxRow, row), refusals);
    return { tax: presentTax(row) };
  }

  /** Invoices already made keep the rate they were made with. */
  @Put(':code')
  async replace(@OrganizationId() organizationId: string, @Param('code') code: string, @Payload('tax') input: UpdateTaxInput) {
    return this.unitOfWork.run(async (tx) => {
      const row = await this.find(tx, organizationId, code);
      const changes = {
        code: input.code ?? row.code,
        name: input.name ?? row.name,
        rate: input.rate ?? row.rate,
        description: input.description === undefined ? row.description : input.description,
        appliedToOrganization: input.applied_to_organization ?? row.appliedToOrganization,
        updatedAt: dateOf(this.clock.now()),
      };
      await tx.update(TaxRow, { organizationId, id: row.id }, changes);
      return { tax: presentTax({ ...row, ...changes }) };
    }, refusals);
  }

  @Patch(':code')
  update(@OrganizationId() organizationId: string, @Param('code') code: string, @Payload('tax') input: UpdateTaxInput) {
    return this.replace(organizationId, code, input);
  }

  /** @throws BillingError conflict when a seller, customer, plan, charge or invoice still uses it */
  @Delete(':code')
  async remove(@OrganizationId() organizationId: string, @Param('code') code: string) {
    const inUse = () => new BillingError('conflict', { tax: ['in_use'] });
    return this.unitOfWork.run(
      async (tx) => {
        const row = await this.find(tx, organizationId, code);
        await tx.delete(TaxRow, { organizationId, id: row.id });
        return { tax: presentTax(row) };
      },
      {
        fk_billing_entity_taxes_tax: inUse,
        fk_customer_taxes_tax: inUse,
        fk_plan_taxes_tax: inUse,
        fk_charge_taxes_tax: inUse,
        fk_invoice_taxes_tax: inUse,
      },
    );
  }

  private async find(manager: EntityManager, organizationId: string, code: string): Promise<TaxRow> {
    const row = await manager.findOneBy(
      TaxRow,
      isId(code)
        ? [
            { organizationId, id: code },
            { organizationId, code },
          ]
        : { organizationId, code },
    );
    if (!row) throw new BillingError('tax_not_found');
    return row;
  }
}
