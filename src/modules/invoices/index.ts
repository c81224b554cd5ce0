export { type DraftToWrite, draftInvoices } from './draft-invoices.ts';
export { FeeRow } from './fee.entity.ts';
export { FinalizeDueInvoices } from './finalize-due-invoices.ts';
export { presentInvoices, presentWholeInvoice } from './invoice-details.ts';
export { InvoiceTaxRow } from './invoice-tax.entity.ts';
export { InvoiceRow } from './invoice.entity.ts';
export { registerInvoicesCommands } from './invoices.command.ts';
export { registerNumberingCommand } from './numbering.command.ts';
export { InvoicesModule } from './invoices.module.ts';
