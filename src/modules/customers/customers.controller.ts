import { Controller, Get, HttpCode, Param, Patch, Post, Put } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { OrganizationId } from '../../platform/auth/principal.ts';
import { metaOf, pageOf } from '../../platform/http/pagination.ts';
import { Payload, QueryParams } from '../../platform/http/payload.ts';
import { CreateCustomerInput, CustomersQuery, UpdateCustomerInput } from './customer.dto.ts';
import { findCustomer, listCustomers, presentCustomers } from './customers.queries.ts';
import { SaveCustomer } from './save-customer.ts';

@ApiTags('Customers')
@Controller('api/v1/customers')
export class CustomersController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly saveCustomer: SaveCustomer,
  ) {}

  @Get()
  async list(@OrganizationId() organizationId: string, @QueryParams() query: CustomersQuery) {
    const page = pageOf(query);
    const [rows, count] = await listCustomers(this.dataSource.manager, organizationId, query, page);
    return { customers: await presentCustomers(this.dataSource.manager, rows), meta: metaOf(page, count) };
  }

  @Get(':external_id')
  async read(@OrganizationId() organizationId: string, @Param('external_id') externalId: string) {
    const row = await findCustomer(this.dataSource.manager, organizationId, externalId);
    const [customer] = await presentCustomers(this.dataSource.manager, [row]);
    return { customer };
  }

  /** Creates, or changes the customer that has this external id. */
  @Post()
  @HttpCode(200)
  async create(@OrganizationId() organizationId: string, @Payload('customer') input: CreateCustomerInput) {
    return { customer: await this.saveCustomer.createOrUpdate(organizationId, input) };
  }

  @Put(':external_id')
  async replace(
    @OrganizationId() organizationId: string,
    @Param('external_id') externalId: string,
    @Payload('customer') input: UpdateCustomerInput,
  ) {
    return { customer: await this.saveCustomer.update(organizationId, externalId, input) };
  }

  @Patch(':external_id')
  update(
    @OrganizationId() organizationId: string,
    @Param('external_id') externalId: string,
    @Payload('customer') input: UpdateCustomerInput,
  ) {
    return this.replace(organizationId, externalId, input);
  }
}
