import { Controller, Delete, Get, HttpCode, Param, Patch, Post, Put } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { OrganizationId } from '../../platform/auth/principal.ts';
import { metaOf, PageQuery, pageOf, sliceOf } from '../../platform/http/pagination.ts';
import { Payload, QueryParams } from '../../platform/http/payload.ts';
import { CreateBillableMetricInput, UpdateBillableMetricInput } from './billable-metric.dto.ts';
import { BillableMetricRow } from './billable-metric.entity.ts';
import { presentBillableMetric } from './billable-metric.presenter.ts';
import { findMetric } from './billable-metrics.queries.ts';
import { WriteBillableMetric } from './write-billable-metric.ts';

@ApiTags('BillableMetrics')
@Controller('api/v1/billable_metrics')
export class BillableMetricsController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly writeBillableMetric: WriteBillableMetric,
  ) {}

  @Get()
  async list(@OrganizationId() organizationId: string, @QueryParams() query: PageQuery) {
    const page = pageOf(query);
    const [rows, count] = await this.dataSource.manager.findAndCount(BillableMetricRow, {
      where: { organizationId },
      order: { createdAt: 'desc', id: 'asc' },
      ...sliceOf(page),
    });
    return { billable_metrics: rows.map(presentBillableMetric), meta: metaOf(page, count) };
  }

  @Get(':code')
  async read(@OrganizationId() organizationId: string, @Param('code') code: string) {
    return { billable_metric: presentBillableMetric(await findMetric(this.dataSource.manager, organizationId, code)) };
  }

  @Post()
  @HttpCode(200)
  async create(@OrganizationId() organizationId: string, @Payload('billable_metric') input: CreateBillableMetricInput) {
    return { billable_metric: presentBillableMetric(await this.writeBillableMetric.create(organizationId, input)) };
  }

  @Put(':code')
  async replace(
    @OrganizationId() organizationId: string,
    @Param('code') code: string,
    @Payload('billable_metric') input: UpdateBillableMetricInput,
  ) {
    return { billable_metric: presentBillableMetric(await this.writeBillableMetric.update(organizationId, code, input)) };
  }

  @Patch(':code')
  update(
    @OrganizationId() organizationId: string,
    @Param('code') code: string,
    @Payload('billable_metric') input: UpdateBillableMetricInput,
  ) {
    return this.replace(organizationId, code, input);
  }

  @Delete(':code')
  async remove(@OrganizationId() organizationId: string, @Param('code') code: string) {
    return { billable_metric: presentBillableMetric(await this.writeBillableMetric.remove(organizationId, code)) };
  }
}
