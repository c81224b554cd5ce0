import { Controller, Get, HttpCode, Param, Patch, Post, Put } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { DataSource, IsNull } from 'typeorm';
import { OrganizationId } from '../../platform/auth/principal.ts';
import { Clock, dateOf } from '../../platform/clock/clock.ts';
import { UnitOfWork } from '../../platform/database/unit-of-work.ts';
import { RequireFeature } from '../../platform/feature-flags/require-feature.ts';
import { Payload } from '../../platform/http/payload.ts';
import { presentTax, taxesOf } from '../taxes/index.ts';
import { ArchiveBillingEntity } from './archive-billing-entity.ts';
import { findBillingEntity } from './billing-entities.queries.ts';
import { CreateBillingEntityInput, UpdateBillingEntityInput } from './billing-entity.dto.ts';
import { BillingEntityRow } from './billing-entity.entity.ts';
import { presentBillingEntity } from './billing-entity.presenter.ts';
import { createBillingEntity, refusals } from './create-billing-entity.ts';
import { UpdateBillingEntity } from './update-billing-entity.ts';

@ApiTags('BillingEntities')
@Controller('api/v1/billing_entities')
export class BillingEntitiesController {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
    private readonly updateBillingEntity: UpdateBillingEntity,
    private readonly archiveBillingEntity: ArchiveBillingEntity,
  ) {}

  /** Not paged: sellers are few (as Lago). The default one first, then in order of age; archived ones are only read by id. */
  @Get()
  async list(@OrganizationId() organizationId: string) {
    const rows = await this.dataSource.manager.find(BillingEntityRow, {
      where: { organizationId, archivedAt: IsNull() },
      order: { isDefault: 'desc', createdAt: 'asc', id: 'asc' },
    });
    return { billing_entities: await this.present(rows) };
  }

  @Get(':code')
  async read(@OrganizationId() organizationId: string, @Param('code') code: string) {
    const [billing_entity] = await this.present([await findBillingEntity(this.dataSource.manager, organizationId, code)]);
    return { billing_entity };
  }

  @Post()
  @HttpCode(200)
  async create(@OrganizationId() organizationId: string, @Payload('billing_entity') input: CreateBillingEntityInput) {
    const { row, taxes } = await this.unitOfWork.run(
      (tx) => createBillingEntity(tx, organizationId, input, { isDefault: false, at: dateOf(this.clock.now()) }),
      refusals,
    );
    return { billing_entity: presentBillingEntity(row, taxes.map(presentTax)) };
  }

  @Put(':code')
  async replace(
    @OrganizationId() organizationId: string,
    @Param('code') code: string,
    @Payload('billing_entity') input: UpdateBillingEntityInput,
  ) {
    const [billing_entity] = await this.present([await this.updateBillingEntity.execute(organizationId, code, input)]);
    return { billing_entity };
  }

  @Patch(':code')
  update(
    @OrganizationId() organizationId: string,
    @Param('code') code: string,
    @Payload('billing_entity') input: UpdateBillingEntityInput,
  ) {
    return this.replace(organizationId, code, input);
  }

  /** Takes nothing new from now on; only where there can be several. */
  @RequireFeature('multi_entity_billing')
  @Post(':code/archive')
  @HttpCode(200)
  async archive(@OrganizationId() organizationId: string, @Param('code') code: string) {
    const [billing_entity] = await this.present([await this.archiveBillingEntity.execute(organizationId, code)]);
    return { billing_entity };
  }

  private async present(rows: readonly BillingEntityRow[]) {
    const organizationId = rows[0]?.organizationId;
    if (organizationId === undefined) return [];
    const taxes = await taxesOf(
      this.dataSource.manager,
      organizationId,
      'billing_entity',
      rows.map((row) => row.id),
    );
    return rows.map((row) => presentBillingEntity(row, (taxes.get(row.id) ?? []).map(presentTax)));
  }
}
