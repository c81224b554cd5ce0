import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { IsOptional, IsUUID } from 'class-validator';
import { DataSource } from 'typeorm';
import { OperatorOnly, OrganizationId } from '../auth/principal.ts';
import { metaOf, PageQuery, pageOf } from '../http/pagination.ts';
import { QueryParams } from '../http/payload.ts';
import { presentAttention } from './needs-attention.ts';
import { listAttention } from './needs-attention.store.ts';

export class AdminAttentionQuery extends PageQuery {
  @IsOptional()
  @IsUUID()
  organization_id?: string;
}

/** What jobs could not work on, and why; the latest first. */
@ApiTags('Operations')
@Controller('api/v1/needs_attention')
export class NeedsAttentionController {
  constructor(private readonly dataSource: DataSource) {}

  @Get()
  async list(@OrganizationId() organizationId: string, @QueryParams() query: PageQuery) {
    const page = pageOf(query);
    const [rows, count] = await listAttention(this.dataSource.manager, organizationId, page);
    return { needs_attention: rows.map(presentAttention), meta: metaOf(page, count) };
  }
}

/** The same of all organizations. */
@ApiTags('Operations')
@OperatorOnly()
@Controller('admin/v1/needs_attention')
export class AdminNeedsAttentionController {
  constructor(private readonly dataSource: DataSource) {}

  @Get()
  async list(@QueryParams() query: AdminAttentionQuery) {
    const page = pageOf(query);
    const [rows, count] = await listAttention(this.dataSource.manager, query.organization_id, page);
    return {
      needs_attention: rows.map((row) => ({ ...presentAttention(row), organization_id: row.organization_id })),
      meta: metaOf(page, count),
    };
  }
}
