import { Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { MinimumRole, OrganizationId } from '../../platform/auth/principal.ts';
import { metaOf, PageQuery, pageOf, sliceOf } from '../../platform/http/pagination.ts';
import { QueryParams } from '../../platform/http/payload.ts';
import { invoicesOfSubscription, presentInvoices, presentWholeInvoice } from '../invoices/index.ts';
import { findSubscription } from '../subscriptions/index.ts';
import { GenerateCustomerInvoice } from './generate-customer-invoice.ts';
import { GenerateInvoice } from './generate-invoice.ts';
import { PreviewInvoice } from './preview/preview-invoice.ts';

/** What billing says of one subscription. */
@ApiTags('Billing')
@Controller('api/v1')
export class SubscriptionBillingController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly previewInvoice: PreviewInvoice,
    private readonly generateInvoice: GenerateInvoice,
    private readonly generateCustomerInvoice: GenerateCustomerInvoice,
  ) {}

  @MinimumRole('MEMBER')
  @Post('subscriptions/:externalId/preview-invoice')
  @HttpCode(200)
  async preview(@OrganizationId() organizationId: string, @Param('externalId') externalId: string) {
    return { invoice: await this.previewInvoice.ofSubscription(organizationId, externalId) };
  }

  @Post('subscriptions/:externalId/generate-invoice')
  @HttpCode(200)
  async generate(@OrganizationId() organizationId: string, @Param('externalId') externalId: string) {
    const row = await this.generateInvoice.execute(organizationId, externalId);
    return { invoice: await presentWholeInvoice(this.dataSource.manager, row) };
  }

  /** Everything due of a customer on one invoice; several billing entities are refused. */
  @Post('customers/:externalCustomerId/generate-invoice')
  @HttpCode(200)
  async generateForCustomer(@OrganizationId() organizationId: string, @Param('externalCustomerId') externalCustomerId: string) {
    const row = await this.generateCustomerInvoice.execute(organizationId, externalCustomerId);
    return { invoice: await presentWholeInvoice(this.dataSource.manager, row) };
  }

  @Get('subscriptions/:externalId/invoices')
  async invoices(
    @OrganizationId() organizationId: string,
    @Param('externalId') externalId: string,
    @QueryParams() query: PageQuery,
  ) {
    const { manager } = this.dataSource;
    const subscription = await findSubscription(manager, organizationId, externalId);
    const page = pageOf(query);
    const { skip, take } = sliceOf(page);
    const [rows, count] = await invoicesOfSubscription(manager, organizationId, subscription.id)
      .andWhere(`i.status <> 'CLOSED'`)
      .orderBy('i.createdAt', 'DESC')
      .addOrderBy('i.id', 'DESC')
      .skip(skip)
      .take(take)
      .getManyAndCount();
    return { invoices: await presentInvoices(manager, rows), meta: metaOf(page, count) };
  }
}
