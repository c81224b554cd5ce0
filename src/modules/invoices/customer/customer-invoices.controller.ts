import { Controller, Get, Param } from '@nestjs/common';
import { ApiTags, PickType } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsInt, IsOptional, Max, Min } from 'class-validator';
import { DataSource } from 'typeorm';
import { BillingError } from '../../../domain/errors/billing-error.ts';
import { Exact } from '../../../domain/money/exact.ts';
import { CallerSession, MinimumRole, type Session, SessionOnly } from '../../../platform/auth/principal.ts';
import { isoOf } from '../../../platform/clock/clock.ts';
import { isId } from '../../../platform/database/ids.ts';
import { metaOf, PageQuery, sliceOf } from '../../../platform/http/pagination.ts';
import { QueryParams } from '../../../platform/http/payload.ts';
import type { FeeRow } from '../fee.entity.ts';
import { InvoiceRow } from '../invoice.entity.ts';
import { payableOf } from '../payable.ts';
import { feesOf } from '../invoices.queries.ts';

export class CustomerInvoicesQuery extends PickType(PageQuery, ['page']) {
  /** Of a page; 10 by default. */
  @IsOptional()
  @Transform(({ value }) => (typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : (value as unknown)))
  @IsInt()
  @Min(1)
  @Max(100)
  limit?: number;
}

/** A customer's own invoices, from our tables alone (F1–F5). Our drafts are not the customer's business yet; Stripe's are. */
@ApiTags('Customer pages')
@SessionOnly()
@MinimumRole('ADMIN')
@Controller('api/v1/billing/invoices')
export class CustomerInvoicesController {
  constructor(private readonly dataSource: DataSource) {}

  /** Youngest first. */
  @Get()
  async list(@CallerSession() session: Session, @QueryParams() { page: number = 1, limit: size = 10 }: CustomerInvoicesQuery) {
    const page = { number, size };
    const { take, skip } = sliceOf(page);
    const [rows, count] = await this.visible(session).take(take).skip(skip).getManyAndCount();
    const meta = metaOf(page, count);
    return { invoices: await this.present(session, rows), total_count: count, has_more: meta.next_page !== null, meta };
  }

  @Get(':id')
  async read(@CallerSession() session: Session, @Param('id') id: string) {
    const row = isId(id) ? await this.visible(session).andWhere('i.id = :id', { id }).getOne() : null;
    if (!row) throw new BillingError('invoice_not_found');
    const [invoice] = await this.present(session, [row]);
    return { invoice };
  }

  private visible({ organizationId, holderId }: Session) {
    return this.dataSource.manager
      .createQueryBuilder(InvoiceRow, 'i')
      .where('i.organizationId = :organizationId and i.customerId = :holderId', { organizationId, holderId })
      .andWhere(`i.status <> 'CLOSED' and (i.status <> 'DRAFT' or i.source = 'STRIPE')`)
      .orderBy('i.createdAt', 'DESC')
      .addOrderBy('i.id', 'DESC');
  }

  private async present({ organizationId }: Session, rows: readonly InvoiceRow[]) {
    const fees = await feesOf(
      this.dataSource.manager,
      organizationId,
      rows.map((row) => row.id),
    );
    return rows.map((row) => presentForCustomer(row, fees.get(row.id) ?? []));
  }
}

const iso = (date: Date | null): string | null => date && isoOf(date);

/** Amounts in minor units. */
const presentForCustomer = (row: InvoiceRow, fees: readonly FeeRow[]) => ({
  id: row.id,
  number: row.invoiceNumber,
  status: row.status.toLowerCase(),
  amount_due: payableOf(row),
  amount_paid: row.totalPaidCents,
  amount_overpaid: row.overpaidCents,
  currency: row.currency.toLowerCase(),
  created: isoOf(row.createdAt),
  due_date: row.paymentDueDate,
  paid_at: iso(row.paidAt),
  invoice_pdf: row.invoicePdf,
  hosted_invoice_url: row.hostedInvoiceUrl,
  line_items: fees.map((fee) => ({
    description: fee.description ?? fee.name,
    amount: fee.amountCents,
    quantity: Exact.parse(fee.units).toDecimal(),
    period_start: iso(fee.periodStart),
    period_end: iso(fee.periodEnd),
  })),
  subscription_id: fees[0]?.subscriptionId ?? row.subscriptionId,
});
