import { Controller, Get, Headers, HttpCode, Param, Post, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { DataSource } from 'typeorm';
import { BillingError, invalid } from '../../domain/errors/billing-error.ts';
import { OrganizationId } from '../../platform/auth/principal.ts';
import { isId } from '../../platform/database/ids.ts';
import { metaOf, PageQuery, pageOf, sliceOf } from '../../platform/http/pagination.ts';
import { Payload, QueryParams } from '../../platform/http/payload.ts';
import { presentOperation } from '../../platform/operations/operation.presenter.ts';
import { Operations } from '../../platform/operations/operations.ts';
import { OrganizationClock } from '../organizations/index.ts';
import { BillingRunRow } from './billing-run.entity.ts';
import { CreateRunInput, ListRunsQuery } from './billing.dto.ts';
import { presentRun } from './billing.presenter.ts';
import { firstErrorsOf, runsOf } from './billing-runs.store.ts';
import { ApplyPlan } from './dry-run/apply-plan.ts';
import { PlanRun } from './dry-run/plan-run.ts';
import { presentPlannedInvoice } from './dry-run/planned-invoice.presenter.ts';
import { listPlannedInvoices } from './dry-run/planned-invoices.store.ts';
import { GenerateInvoices } from './generate-invoices.ts';

@ApiTags('Billing')
@Controller('api/v1/billing_runs')
export class BillingRunsController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly generateInvoices: GenerateInvoices,
    private readonly organizationClock: OrganizationClock,
    private readonly planRun: PlanRun,
    private readonly applyPlan: ApplyPlan,
    private readonly operations: Operations,
  ) {}

  @Get()
  async list(@OrganizationId() organizationId: string, @QueryParams() query: ListRunsQuery) {
    const page = pageOf(query);
    const [rows, count] = await this.dataSource.manager.findAndCount(BillingRunRow, {
      where: runsOf({ organizationId }, query.status),
      order: { startedAt: 'desc', id: 'asc' },
      ...sliceOf(page),
    });
    return { billing_runs: rows.map((row) => presentRun(row, [])), meta: metaOf(page, count) };
  }

  @Get(':id')
  async read(@OrganizationId() organizationId: string, @Param('id') id: string) {
    const row = await this.find(organizationId, id);
    const errors = await firstErrorsOf(this.dataSource.manager, row);
    return { billing_run: presentRun(row, errors) };
  }

  /** What a dry run would invoice, in the order in which it would. */
  @Get(':id/planned_invoices')
  async plannedInvoices(@OrganizationId() organizationId: string, @Param('id') id: string, @QueryParams() query: PageQuery) {
    const { manager } = this.dataSource;
    const run = await this.find(organizationId, id);
    const page = pageOf(query);
    const [records, count] = await listPlannedInvoices(manager, organizationId, run.id, page);
    return { planned_invoices: records.map(presentPlannedInvoice), meta: metaOf(page, count) };
  }

  /** Makes exactly the invoices of a dry run, all or none: refused when anything that it planned has moved. */
  @Post(':id/apply')
  @HttpCode(200)
  async apply(@OrganizationId() organizationId: string, @Param('id') id: string) {
    await this.applyPlan.execute(organizationId, id);
    return this.read(organizationId, id);
  }

  /**
   * Bills now what is due for this organization, and answers when all of it is done; with `Prefer: respond-async` at once, with an
   * operation to follow. With `dry_run` it only plans what would be due at `as_of`.
   */
  @Post()
  @HttpCode(200)
  async create(
    @OrganizationId() organizationId: string,
    @Payload('billing_run', { optional: true }) input: CreateRunInput,
    @Headers('prefer') prefer: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    if (input.as_of && !input.dry_run) throw invalid({ as_of: ['not_allowed_without_dry_run'] });
    const work = input.dry_run ? this.plan(organizationId, input.as_of) : await this.bill(organizationId);
    if (!/\brespond-async\b/.test(prefer ?? '')) return this.read(organizationId, (await work(() => true)).runId);
    const operation = await this.operations.start(organizationId, 'billing_run', async (progress) => {
      const { runId, ...counts } = await work(progress);
      return { billing_run_id: runId, ...counts };
    });
    void reply.status(202).header('preference-applied', 'respond-async');
    return { operation: presentOperation(operation) };
  }

  private async bill(organizationId: string): Promise<Work> {
    const asOf = await this.organizationClock.now(organizationId);
    return (say) =>
      this.generateInvoices.forOrganization(organizationId, asOf, {
        trigger: 'MANUAL',
        onProgress: (done, found) =>
          say(`${done} of ${found} subscriptions`, Math.floor((done * 100) / Math.max(found, done, 1))),
      });
  }

  private plan(organizationId: string, asOf: Date | undefined): Work {
    return async (say) => {
      const onProgress = (planned: number) => say(`${planned} invoices planned`, 0);
      const run = await this.planRun.execute(organizationId, { trigger: 'MANUAL', onProgress, ...(asOf ? { asOf } : {}) });
      return { runId: run.id };
    };
  }

  private async find(organizationId: string, id: string): Promise<BillingRunRow> {
    const row = isId(id) ? await this.dataSource.manager.findOneBy(BillingRunRow, { organizationId, id }) : null;
    if (!row) throw new BillingError('billing_run_not_found');
    return row;
  }
}

type Work = (say: (message: string, percent: number) => Promise<boolean> | boolean) => Promise<{ readonly runId: string }>;
