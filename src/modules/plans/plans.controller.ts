import { Controller, Delete, Get, HttpCode, Param, Patch, Post, Put } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { DataSource, IsNull } from 'typeorm';
import { OrganizationId } from '../../platform/auth/principal.ts';
import { metaOf, PageQuery, pageOf, sliceOf } from '../../platform/http/pagination.ts';
import { Payload, QueryParams } from '../../platform/http/payload.ts';
import { findPlan, presentPlans } from './plans.queries.ts';
import { CreatePlan } from './create-plan.ts';
import { DeletePlan } from './delete-plan.ts';
import { CreatePlanInput, UpdatePlanInput } from './plan.dto.ts';
import { PlanRow } from './plan.entity.ts';
import { UpdatePlan } from './update-plan.ts';

@ApiTags('Plans')
@Controller('api/v1/plans')
export class PlansController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly createPlan: CreatePlan,
    private readonly updatePlan: UpdatePlan,
    private readonly deletePlan: DeletePlan,
  ) {}

  @Get()
  async list(@OrganizationId() organizationId: string, @QueryParams() query: PageQuery) {
    const page = pageOf(query);
    const [rows, count] = await this.dataSource.manager.findAndCount(PlanRow, {
      where: { organizationId, parentId: IsNull() },
      order: { createdAt: 'desc', id: 'asc' },
      ...sliceOf(page),
    });
    return { plans: await presentPlans(this.dataSource.manager, rows), meta: metaOf(page, count) };
  }

  @Get(':code')
  async read(@OrganizationId() organizationId: string, @Param('code') code: string) {
    const [plan] = await presentPlans(this.dataSource.manager, [await findPlan(this.dataSource.manager, organizationId, code)]);
    return { plan };
  }

  @Post()
  @HttpCode(200)
  async create(@OrganizationId() organizationId: string, @Payload('plan') input: CreatePlanInput) {
    return { plan: await this.createPlan.execute(organizationId, input) };
  }

  @Put(':code')
  async replace(@OrganizationId() organizationId: string, @Param('code') code: string, @Payload('plan') input: UpdatePlanInput) {
    const [plan] = await presentPlans(this.dataSource.manager, [await this.updatePlan.execute(organizationId, code, input)]);
    return { plan };
  }

  @Patch(':code')
  update(@OrganizationId() organizationId: string, @Param('code') code: string, @Payload('plan') input: UpdatePlanInput) {
    return this.replace(organizationId, code, input);
  }

  @Delete(':code')
  async remove(@OrganizationId() organizationId: string, @Param('code') code: string) {
    return { plan: await this.deletePlan.execute(organizationId, code) };
  }
}
