import { Module } from '@nestjs/common';
import { ChangeInvoiceStatus } from './change-invoice-status.ts';
import { CustomerInvoicesController } from './customer/customer-invoices.controller.ts';
import { FeesController } from './fees/fees.controller.ts';
import { FinalizeDueInvoices } from './finalize-due-invoices.ts';
import { InvoicesController } from './invoices.controller.ts';
import { EmailInvoice } from './mail/email-invoice.ts';
import { CreateOneOffInvoice } from './one-off/create-one-off-invoice.ts';
import { RefreshInvoice } from './refresh-invoice.ts';
import { UpdateInvoice } from './update-invoice.ts';

@Module({
  controllers: [CustomerInvoicesController, FeesController, InvoicesController],
  providers: [ChangeInvoiceStatus, CreateOneOffInvoice, EmailInvoice, FinalizeDueInvoices, RefreshInvoice, UpdateInvoice],
  exports: [ChangeInvoiceStatus, FinalizeDueInvoices],
})
export class InvoicesModule {}
