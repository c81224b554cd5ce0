import { Controller, Delete, Get, HttpCode, Param, Patch, Post, Put } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { BillingError } from '../../domain/errors/billing-error.ts';
import { OrganizationId } from '../../platform/auth/principal.ts';
import { metaOf, pageOf } from '../../platform/http/pagination.ts';
import { Payload, QueryParams } from '../../platform/http/payload.ts';
import { ChangeInvoiceStatus } from './change-invoice-status.ts';
import { presentInvoices, presentWholeInvoice } from './invoice-details.ts';
import { ChangeStatusInput, ListInvoicesQuery, PayInvoiceInput, UpdateInvoiceInput, VoidInvoiceInput } from './invoice.dto.ts';
import type { InvoiceRow } from './invoice.entity.ts';
import { findInvoice, listInvoices } from './invoices.queries.ts';
import { EmailInvoice } from './mail/email-invoice.ts';
import { CreateOneOffInvoice } from './one-off/create-one-off-invoice.ts';
import { CreateOneOffInvoiceInput } from './one-off/one-off-invoice.dto.ts';
import { RefreshInvoice } from './refresh-invoice.ts';
import { UpdateInvoice } from './update-invoice.ts';

@ApiTags('Invoices')
@Controller('api/v1/invoices')
export class InvoicesController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly changeStatus: ChangeInvoiceStatus,
    private readonly updateInvoice: UpdateInvoice,
    private readonly createOneOffInvoice: CreateOneOffInvoice,
    private readonly emailInvoice: EmailInvoice,
    private readonly refreshInvoice: RefreshInvoice,
  ) {}

  @Get()
  async list(@OrganizationId() organizationId: string, @QueryParams() query: ListInvoicesQuery) {
    const page = pageOf(query);
    const [rows, count] = await listInvoices(this.dataSource.manager, organizationId, query, page);
    return { invoices: await presentInvoices(this.dataSource.manager, rows), meta: metaOf(page, count) };
  }

  @Get(':id')
  async read(@OrganizationId() organizationId: string, @Param('id') id: string) {
    return this.present(await findInvoice(this.dataSource.manager, organizationId, id));
  }

  /** A one-off invoice, issued at once. */
  @Post()
  @HttpCode(200)
  async create(@OrganizationId() organizationId: string, @Payload('invoice') input: CreateOneOffInvoiceInput) {
    return this.present(await this.createOneOffInvoice.execute(organizationId, input));
  }

  @Put(':id')
  async replace(
    @OrganizationId() organizationId: string,
    @Param('id') id: string,
    @Payload('invoice') input: UpdateInvoiceInput,
  ) {
    return this.present(await this.updateInvoice.execute(organizationId, id, input));
  }

  @Patch(':id')
  update(@OrganizationId() organizationId: string, @Param('id') id: string, @Payload('invoice') input: UpdateInvoiceInput) {
    return this.replace(organizationId, id, input);
  }

  /** A draft only, and it is voided with its number: the series stays gapless. */
  @Delete(':id')
  async remove(@OrganizationId() organizationId: string, @Param('id') id: string) {
    const row = await findInvoice(this.dataSource.manager, organizationId, id);
    if (row.status !== 'DRAFT') throw new BillingError('not_deletable');
    return this.present(await this.changeStatus.execute(organizationId, id, { to: 'VOID', note: 'draft deleted' }));
  }

  /** Of a draft: usage that came since it was made is on it; issuing it does the same. */
  @Put(':id/refresh')
  async refresh(@OrganizationId() organizationId: string, @Param('id') id: string) {
    return this.present(await this.refreshInvoice.execute(organizationId, id));
  }

  @Put(':id/finalize')
  async finalize(@OrganizationId() organizationId: string, @Param('id') id: string) {
    return this.present(await this.changeStatus.execute(organizationId, id, { to: 'OPEN' }));
  }

  @Post(':id/finalize')
  @HttpCode(200)
  finalizeByPost(@OrganizationId() organizationId: string, @Param('id') id: string) {
    return this.finalize(organizationId, id);
  }

  @Post(':id/void')
  @HttpCode(200)
  async void(
    @OrganizationId() organizationId: string,
    @Param('id') id: string,
    @Payload('invoice', { optional: true }) input: VoidInvoiceInput,
  ) {
    if (input.generate_credit_note) {
      const credit = { creditCents: input.credit_amount ?? null, refundCents: input.refund_amount ?? null };
      return this.present(await this.changeStatus.execute(organizationId, id, { to: 'VOID' }, credit));
    }
    return this.present(await this.changeStatus.execute(organizationId, id, { to: 'VOID' }));
  }

  /** Notes that it was paid, by bank transfer, say; nobody is charged. */
  @Post(':id/pay')
  @HttpCode(200)
  async pay(
    @OrganizationId() organizationId: string,
    @Param('id') id: string,
    @Payload('payment', { optional: true }) input: PayInvoiceInput,
  ) {
    return this.present(
      await this.changeStatus.execute(organizationId, id, {
        to: 'PAID',
        ...(input.payment_method === undefined ? {} : { paymentMethod: input.payment_method }),
        ...(input.payment_reference === undefined ? {} : { paymentReference: input.payment_reference }),
      }),
    );
  }

  /** To the customer's address; finalizes a draft first. Without a mail server it says so, and the invoice is issued all the same. */
  @Post(':id/send-email')
  @HttpCode(200)
  async sendEmail(@OrganizationId() organizationId: string, @Param('id') id: string) {
    // No payment link: nothing makes one for an invoice yet.
    return { ...(await this.emailInvoice.execute(organizationId, id)), payment_link: null };
  }

  @Patch(':id/status')
  async status(@OrganizationId() organizationId: string, @Param('id') id: string, @Payload('invoice') input: ChangeStatusInput) {
    return this.present(
      await this.changeStatus.execute(organizationId, id, {
        to: input.status,
        ...(input.note === undefined ? {} : { note: input.note }),
      }),
    );
  }

  private async present(row: InvoiceRow) {
    return { invoice: await presentWholeInvoice(this.dataSource.manager, row) };
  }
}
