import { Controller, Delete, Get, HttpCode, Param, Patch, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { DataSource, IsNull } from 'typeorm';
import { BillingError } from '../../domain/errors/billing-error.ts';
import { OperatorOnly, type Role } from '../../platform/auth/principal.ts';
import { Clock, dateOf } from '../../platform/clock/clock.ts';
import { isId } from '../../platform/database/ids.ts';
import { UnitOfWork } from '../../platform/database/unit-of-work.ts';
import { metaOf, PageQuery, pageOf, sliceOf } from '../../platform/http/pagination.ts';
import { Payload, QueryParams } from '../../platform/http/payload.ts';
import { ApiKeyRow } from './api-key.entity.ts';
import { issueApiKey } from './issue-api-key.ts';
import { CreateApiKeyInput, UpdateOrganizationInput } from './organization.dto.ts';
import { OrganizationRow } from './organization.entity.ts';
import { presentApiKey, presentOrganization } from './organization.presenter.ts';
import { RevokeApiKey } from './revoke-api-key.ts';
import { UpdateOrganization } from './update-organization.ts';

/** The operator's view of tenants and their keys. */
@ApiTags('Organizations')
@OperatorOnly()
@Controller('admin/v1/organizations')
export class OrganizationsController {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
    private readonly updateOrganization: UpdateOrganization,
    private readonly revokeApiKey: RevokeApiKey,
  ) {}

  @Get()
  async list(@QueryParams() query: PageQuery) {
    const page = pageOf(query);
    const [rows, count] = await this.dataSource.manager.findAndCount(OrganizationRow, {
      order: { createdAt: 'desc', id: 'asc' },
      ...sliceOf(page),
    });
    return { organizations: rows.map(presentOrganization), meta: metaOf(page, count) };
  }

  @Get(':id')
  async read(@Param('id') id: string) {
    return { organization: presentOrganization(await this.find(id)) };
  }

  @Patch(':id')
  async update(@Param('id') id: string, @Payload('organization') input: UpdateOrganizationInput) {
    const { id: organizationId } = await this.find(id);
    return { organization: presentOrganization(await this.updateOrganization.execute(organizationId, input)) };
  }

  @Get(':id/api_keys')
  async listKeys(@Param('id') id: string) {
    const { id: organizationId } = await this.find(id);
    const rows = await this.dataSource.manager.find(ApiKeyRow, {
      where: { organizationId, revokedAt: IsNull() },
      order: { createdAt: 'desc', id: 'asc' },
    });
    return { api_keys: rows.map(presentApiKey) };
  }

  @Post(':id/api_keys')
  @HttpCode(200)
  async createKey(@Param('id') id: string, @Payload('api_key') input: CreateApiKeyInput) {
    const { id: organizationId } = await this.find(id);
    const { row, key } = await this.unitOfWork.run((tx) =>
      issueApiKey(tx, {
        organizationId,
        name: input.name,
        role: input.role.toUpperCase() as Role,
        expiresAt: input.expires_at ?? null,
        at: dateOf(this.clock.now()),
      }),
    );
    return { api_key: { ...presentApiKey(row), key } };
  }

  @Delete(':id/api_keys/:keyId')
  async revokeKey(@Param('id') id: string, @Param('keyId') keyId: string) {
    const { id: organizationId } = await this.find(id);
    return { api_key: presentApiKey(await this.revokeApiKey.execute(organizationId, keyId)) };
  }

  private async find(id: string): Promise<OrganizationRow> {
    const row = isId(id) ? await this.dataSource.manager.findOneBy(OrganizationRow, { id }) : null;
    if (!row) throw new BillingError('organization_not_found');
    return row;
  }
}
