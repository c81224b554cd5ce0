import type { Command } from 'commander';
import { DataSource } from 'typeorm';
import { BillingError } from '../../domain/errors/billing-error.ts';
import { type InvoiceStatus, invoiceStatuses } from '../../domain/lifecycles/invoice.ts';
import { formatMajor } from '../../domain/money/currency.ts';
import { isId } from '../../platform/database/ids.ts';
import { toJson } from '../../platform/http/strict-json.ts';
import { answer, type Operate } from '../../platform/start/operate.ts';
import { ChangeInvoiceStatus } from './change-invoice-status.ts';
import { presentWholeInvoice } from './invoice-details.ts';
import { InvoiceRow } from './invoice.entity.ts';

/** `florin invoices:list|get|mark-paid`, across organizations. */
export function registerInvoicesCommands(program: Command, operate: Operate): void {
  program
    .command('invoices:list')
    .description('the youngest invoices: id, number, state, total, due day')
    .option('--organization <id>', 'of this organization only')
    .option('--status <state>', invoiceStatuses.join(', ').toLowerCase())
    .option('--limit <n>', 'how many', '50')
    .action(({ organization, status, limit }: { organization?: string; status?: string; limit: string }) =>
      operate(async (app) => {
        const rows = await app.get(DataSource).manager.find(InvoiceRow, {
          where: {
            ...(organization ? { organizationId: organization } : {}),
            ...(status ? { status: status.toUpperCase() as InvoiceStatus } : {}),
          },
          order: { createdAt: 'desc', id: 'desc' },
          take: Number(limit),
        });
        for (const row of rows)
          answer(
            [
              row.id,
              row.invoiceNumber ?? '-',
              row.status,
              formatMajor(row.totalCents, row.currency),
              row.currency,
              row.paymentDueDate,
            ].join('\t'),
          );
      }),
    );

  program
    .command('invoices:get')
    .description('one invoice as the API shows it')
    .argument('<id>')
    .action((id: string) =>
      operate(async (app) => {
        const { manager } = app.get(DataSource);
        answer(toJson(await presentWholeInvoice(manager, await find(app.get(DataSource), id))));
      }),
    );

  program
    .command('invoices:mark-paid')
    .description('note that an invoice was paid outside')
    .argument('<id>')
    .option('--method <method>', 'such as bank_transfer', 'manual')
    .option('--reference <reference>', 'of the payment')
    .action((id: string, { method, reference }: { method: string; reference?: string }) =>
      operate(async (app) => {
        const row = await find(app.get(DataSource), id);
        const paid = await app.get(ChangeInvoiceStatus).execute(row.organizationId, row.id, {
          to: 'PAID',
          paymentMethod: method,
          ...(reference === undefined ? {} : { paymentReference: reference }),
        });
        answer(`${paid.invoiceNumber} is paid.`);
      }),
    );
}

async function find(dataSource: DataSource, id: string): Promise<InvoiceRow> {
  const row = isId(id) ? await dataSource.manager.findOneBy(InvoiceRow, { id }) : null;
  if (!row) throw new BillingError('invoice_not_found');
  return row;
}
