import { Controller, Get, Param } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { BillingError } from '../../../domain/errors/billing-error.ts';
import { OperatorOnly } from '../../../platform/auth/principal.ts';
import { isId } from '../../../platform/database/ids.ts';
import { metaOf, pageOf, sliceOf } from '../../../platform/http/pagination.ts';
import { QueryParams } from '../../../platform/http/payload.ts';
import { BillingRunRow } from '../billing-run.entity.ts';
import { AdminRunsQuery } from '../billing.dto.ts';
import { presentRun } from '../billing.presenter.ts';
import { firstErrorsOf, runsOf } from '../billing-runs.store.ts';

/** The operator's view of billing runs, across organizations. */
@ApiTags('Billing')
@OperatorOnly()
@Controller('admin/v1/runs')
export class AdminRunsController {
  constructor(private readonly dataSource: DataSource) {}

  @Get()
  async list(@QueryParams() query: AdminRunsQuery) {
    const page = pageOf(query);
    const [rows, count] = await this.dataSource.manager.findAndCount(BillingRunRow, {
      where: runsOf(query.organization_id === undefined ? {} : { organizationId: query.organization_id }, query.status),
      order: { startedAt: 'desc', id: 'asc' },
      ...sliceOf(page),
    });
    return {
      runs: rows.map((row) => ({ ...presentRun(row, []), organization_id: row.organizationId })),
      meta: metaOf(page, count),
    };
  }

  /** With the first of its errors. */
  @Get(':id')
  async read(@Param('id') id: string) {
    const { manager } = this.dataSource;
    const row = isId(id) ? await manager.findOneBy(BillingRunRow, { id }) : null;
    if (!row) throw new BillingError('billing_run_not_found');
    const errors = await firstErrorsOf(manager, row);
    return { run: { ...presentRun(row, errors), organization_id: row.organizationId } };
  }
}
