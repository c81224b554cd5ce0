import { Controller, Get, Param } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { BillingError } from '../../domain/errors/billing-error.ts';
import { OperatorOnly } from '../../platform/auth/principal.ts';
import { isId } from '../../platform/database/ids.ts';
import { metaOf, pageOf } from '../../platform/http/pagination.ts';
import { QueryParams } from '../../platform/http/payload.ts';
import { ListAuditQuery } from './audit.dto.ts';
import { presentAudit } from './audit.presenter.ts';
import { type AuditFilter, listEntries, organizationOfSubscription } from './audit.queries.ts';
import { WriteAudit } from './write-audit.ts';

/** The operator's view: who, from where, and the place in the chain. Newest first. */
@ApiTags('Audit')
@OperatorOnly()
@Controller('admin/v1')
export class AuditController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly writeAudit: WriteAudit,
  ) {}

  @Get('organizations/:id/audit')
  async ofOrganization(@Param('id') id: string, @QueryParams() query: ListAuditQuery) {
    const [row]: { id: string }[] = isId(id)
      ? await this.dataSource.query('select id from organizations where id = $1', [id])
      : [];
    if (!row) throw new BillingError('organization_not_found');
    return this.list(id, query, {});
  }

  @Get('subscriptions/:id/audit')
  async ofSubscription(@Param('id') id: string, @QueryParams() query: ListAuditQuery) {
    return this.list(await organizationOfSubscription(this.dataSource, id), query, { subscriptionId: id });
  }

  private async list(organizationId: string, query: ListAuditQuery, filter: AuditFilter) {
    await this.writeAudit.catchUp(organizationId);
    const page = { ...pageOf(query), ...(query.limit === undefined ? {} : { size: query.limit }) };
    const { entries, count } = await listEntries(
      this.dataSource,
      organizationId,
      {
        ...filter,
        ...(query.event_type ? { types: query.event_type } : {}),
        ...(query.object_type === undefined ? {} : { objectTypes: [query.object_type] }),
      },
      page,
    );
    return { audit: entries.map(presentAudit), meta: metaOf(page, count) };
  }
}
