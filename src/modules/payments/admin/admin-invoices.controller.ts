import { Controller, Get, Param, Patch } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { DataSource, type EntityManager } from 'typeorm';
import { BillingError } from '../../../domain/errors/billing-error.ts';
import { OperatorOnly } from '../../../platform/auth/principal.ts';
import { isId } from '../../../platform/database/ids.ts';
import { UnitOfWork } from '../../../platform/database/unit-of-work.ts';
import { metaOf, pageOf, sliceOf } from '../../../platform/http/pagination.ts';
import { Payload, QueryParams } from '../../../platform/http/payload.ts';
import { ChangeInvoiceStatus, InvoiceRow, presentInvoices, presentWholeInvoice } from '../../invoices/index.ts';
import { PaymentProviders } from '../provider/payment-providers.ts';
import { AdminInvoicesQuery, MarkPaidInput } from './admin.dto.ts';

/** The operator's view of invoices, across organizations (F9). */
@ApiTags('Payments')
@OperatorOnly()
@Controller('admin/v1/invoices')
export class AdminInvoicesController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly unitOfWork: UnitOfWork,
    private readonly changeStatus: ChangeInvoiceStatus,
    private readonly providers: PaymentProviders,
  ) {}

  @Get()
  async list(@QueryParams() query: AdminInvoicesQuery) {
    const { manager } = this.dataSource;
    const page = pageOf(query);
    const [rows, count] = await manager.findAndCount(InvoiceRow, {
      where: {
        ...(query.organization_id === undefined ? {} : { organizationId: query.organization_id }),
        ...(query.status ? { status: query.status } : {}),
      } as object,
      order: { createdAt: 'desc', id: 'desc' },
      ...sliceOf(page),
    });
    const presented = await Promise.all(rows.map((row) => presentInvoices(manager, [row])));
    const invoices = rows.map((row, index) => ({ ...presented[index]?.[0], organization_id: row.organizationId }));
    return { invoices, meta: metaOf(page, count) };
  }

  @Get(':id')
  async read(@Param('id') id: string) {
    return this.present(await this.find(id));
  }

  /**
   * Paid outside: by bank transfer, say. A second time is refused (`already_paid`). The payment provider that invoiced it is told first, so
   * that it charges nobody; if we die before we wrote it down, its own word says the same.
   */
  @Patch(':id/mark-paid')
  async markPaid(@Param('id') id: string, @Payload('invoice', { optional: true }) input: MarkPaidInput) {
    // A step of its own: when the request is taken up again, it does not meet what it did itself.
    const row = await this.unitOfWork.run(async (tx) => {
      const found = await this.find(id, tx);
      if (found.status === 'PAID') throw new BillingError('already_paid');
      return found;
    });
    const atProvider = row.source === 'STRIPE';
    if (atProvider) await this.providers.get('STRIPE').payInvoiceElsewhere(row.providerInvoiceId ?? '');
    const paid = await this.changeStatus.execute(row.organizationId, row.id, {
      to: 'PAID',
      atProvider,
      paymentMethod: input.payment_method ?? 'manual',
      ...(input.payment_reference === undefined ? {} : { paymentReference: input.payment_reference }),
    });
    return this.present(paid);
  }

  private async find(id: string, manager: EntityManager = this.dataSource.manager): Promise<InvoiceRow> {
    const row = isId(id) ? await manager.findOneBy(InvoiceRow, { id }) : null;
    if (!row) throw new BillingError('invoice_not_found');
    return row;
  }

  private async present(row: InvoiceRow) {
    const invoice = await presentWholeInvoice(this.dataSource.manager, row);
    return { invoice: { ...invoice, organization_id: row.organizationId } };
  }
}
