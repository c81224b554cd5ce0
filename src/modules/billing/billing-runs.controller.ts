import { Controller, Get, Headers, HttpCode, Param, Post, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { DataSource } from 'typeorm';
import { BillingError } from '../../domain/errors/billing-error.ts';
import { OrganizationId } from '../../platform/auth/principal.ts';
import { isId } from '../../platform/database/ids.ts';
import { metaOf, pageOf, sliceOf } from '../../platform/http/pagination.ts';
import { QueryParams } from '../../platform/http/payload.ts';
import { presentOperation } from '../../platform/operations/operation.presenter.ts';
import { Operations } from '../../platform/operations/operations.ts';
import { OrganizationClock } from '../organizations/index.ts';
import { BillingRunRow } from './billing-run.entity.ts';
import { ListRunsQuery } from './billing.dto.ts';
import { presentRun } from './billing.presenter.ts';
import { firstErrorsOf } from './billing-runs.store.ts';
import { GenerateInvoices } from './generate-invoices.ts';

@ApiTags('Billing')
@Controller('api/v1/billing_runs')
export class BillingRunsController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly generateInvoices: GenerateInvoices,
    private readonly organizationClock: OrganizationClock,
    private readonly operations: Operations,
  ) {}

  @Get()
  async list(@OrganizationId() organizationId: string, @QueryParams() query: ListRunsQuery) {
    const page = pageOf(query);
    const [rows, count] = await this.dataSource.manager.findAndCount(BillingRunRow, {
      where: { organizationId, ...(query.status ? { status: query.status.toUpperCase() as BillingRunRow['status'] } : {}) },
      order: { startedAt: 'desc', id: 'asc' },
      ...sliceOf(page),
    });
    return { billing_runs: rows.map((row) => presentRun(row, [])), meta: metaOf(page, count) };
  }

  @Get(':id')
  async read(@OrganizationId() organizationId: string, @Param('id') id: string) {
    const row = isId(id) ? await this.dataSource.manager.findOneBy(BillingRunRow, { organizationId, id }) : null;
    if (!row) throw new BillingError('billing_run_not_found');
    const errors = await firstErrorsOf(this.dataSource.manager, row);
    return { billing_run: presentRun(row, errors) };
  }

  /**
   * Bills now what is due for this organization, and answers when all of it is done; with `Prefer: respond-async` at once, with an
   * operation to follow.
   */
  @Post()
  @HttpCode(200)
  async create(
    @OrganizationId() organizationId: string,
    @Headers('prefer') prefer: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const asOf = await this.organizationClock.now(organizationId);
    const request = { trigger: 'MANUAL' as const };
    if (!/\brespond-async\b/.test(prefer ?? '')) {
      const { runId } = await this.generateInvoices.forOrganization(organizationId, asOf, request);
      return this.read(organizationId, runId);
    }
    const operation = await this.operations.start(organizationId, 'billing_run', async (progress) => {
      const { runId, ...counts } = await this.generateInvoices.forOrganization(organizationId, asOf, {
        ...request,
        onProgress: (done, found) =>
          void progress(`${done} of ${found} subscriptions`, Math.floor((done * 100) / Math.max(found, done, 1))),
      });
      return { billing_run_id: runId, ...counts };
    });
    void reply.status(202).header('preference-applied', 'respond-async');
    return { operation: presentOperation(operation) };
  }
}
