import { Controller, Delete, Get, HttpCode, Param, Patch, Post, Put } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { OrganizationId } from '../../../platform/auth/principal.ts';
import { metaOf, PageQuery, pageOf, sliceOf } from '../../../platform/http/pagination.ts';
import { Payload, QueryParams } from '../../../platform/http/payload.ts';
import { CreateProvisionerInput, UpdateProvisionerInput } from './provisioner.dto.ts';
import { ProvisionerRow } from './provisioner.entity.ts';
import { presentProvisioner, presentWithSecret } from './provisioner.presenter.ts';
import { findProvisioner, WriteProvisioner } from './write-provisioner.ts';

/** Who makes what subscriptions sell, by type of resource. */
@ApiTags('Provisioning')
@Controller('api/v1/provisioners')
export class ProvisionersController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly write: WriteProvisioner,
  ) {}

  @Get()
  async list(@OrganizationId() organizationId: string, @QueryParams() query: PageQuery) {
    const page = pageOf(query);
    const [rows, count] = await this.dataSource.manager.findAndCount(ProvisionerRow, {
      where: { organizationId },
      order: { createdAt: 'desc', id: 'asc' },
      ...sliceOf(page),
    });
    return { provisioners: rows.map(presentProvisioner), meta: metaOf(page, count) };
  }

  @Get(':resource_type')
  async read(@OrganizationId() organizationId: string, @Param('resource_type') name: string) {
    return { provisioner: presentProvisioner(await findProvisioner(this.dataSource.manager, organizationId, name)) };
  }

  /** Answers with the secret that signs its requests, this once. */
  @Post()
  @HttpCode(200)
  async create(@OrganizationId() organizationId: string, @Payload('provisioner') input: CreateProvisionerInput) {
    return { provisioner: presentWithSecret(await this.write.create(organizationId, input)) };
  }

  @Put(':resource_type')
  async replace(
    @OrganizationId() organizationId: string,
    @Param('resource_type') name: string,
    @Payload('provisioner') input: UpdateProvisionerInput,
  ) {
    return { provisioner: presentProvisioner(await this.write.update(organizationId, name, input)) };
  }

  @Patch(':resource_type')
  update(
    @OrganizationId() organizationId: string,
    @Param('resource_type') name: string,
    @Payload('provisioner') input: UpdateProvisionerInput,
  ) {
    return this.replace(organizationId, name, input);
  }

  /** Answers with the new secret, this once; the old one signs nothing from now on. */
  @Post(':resource_type/rotate_secret')
  @HttpCode(200)
  async rotateSecret(@OrganizationId() organizationId: string, @Param('resource_type') name: string) {
    return { provisioner: presentWithSecret(await this.write.rotateSecret(organizationId, name)) };
  }

  @Delete(':resource_type')
  async remove(@OrganizationId() organizationId: string, @Param('resource_type') name: string) {
    return { provisioner: presentProvisioner(await this.write.remove(organizationId, name)) };
  }
}
