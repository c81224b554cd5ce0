import { Controller, Get, Param } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { OrganizationId } from '../../platform/auth/principal.ts';
import { metaOf, pageOf } from '../../platform/http/pagination.ts';
import { QueryParams } from '../../platform/http/payload.ts';
import { ListActivitiesQuery } from './audit.dto.ts';
import { presentActivity } from './audit.presenter.ts';
import { findEntry, listEntries } from './audit.queries.ts';
import { WriteAudit } from './write-audit.ts';

const actorTypesBySource = { api: ['api_key', 'session'], front: ['operator'], system: ['system', 'stripe_webhook'] } as const;

@ApiTags('Audit')
@Controller('api/v1/activity_logs')
export class ActivityLogsController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly writeAudit: WriteAudit,
  ) {}

  /** Newest first, up to the moment: what was told just now is written down before it is read. */
  @Get()
  async list(@OrganizationId() organizationId: string, @QueryParams() query: ListActivitiesQuery) {
    await this.writeAudit.catchUp(organizationId);
    const page = pageOf(query);
    const { entries, count } = await listEntries(
      this.dataSource,
      organizationId,
      {
        ...(query.activity_types ? { types: query.activity_types } : {}),
        ...(query.activity_sources ? { actorTypes: query.activity_sources.flatMap((source) => actorTypesBySource[source]) } : {}),
        ...(query.resource_types ? { objectTypes: query.resource_types } : {}),
        ...(query.resource_ids ? { objectIds: query.resource_ids } : {}),
        ...(query.external_customer_id === undefined ? {} : { externalCustomerId: query.external_customer_id }),
        ...(query.external_subscription_id === undefined ? {} : { externalSubscriptionId: query.external_subscription_id }),
        ...(query.from_date === undefined ? {} : { fromDate: query.from_date }),
        ...(query.to_date === undefined ? {} : { toDate: query.to_date }),
      },
      page,
    );
    return { activity_logs: entries.map(presentActivity), meta: metaOf(page, count) };
  }

  @Get(':id')
  async read(@OrganizationId() organizationId: string, @Param('id') id: string) {
    return { activity_log: presentActivity(await findEntry(this.dataSource, organizationId, id)) };
  }
}
