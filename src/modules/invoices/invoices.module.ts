import { Module } from '@nestjs/common';
import { ChangeInvoiceStatus } from './change-invoice-status.ts';
import { FinalizeDueInvoices } from './finalize-due-invoices.ts';
import { InvoicesController } from './invoices.controller.ts';
import { UpdateInvoice } from './update-invoice.ts';

@Module({
  controllers: [InvoicesController],
  providers: [ChangeInvoiceStatus, FinalizeDueInvoices, UpdateInvoice],
  exports: [FinalizeDueInvoices],
})
export class InvoicesModule {}
