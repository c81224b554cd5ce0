import { formatMajor } from '../../domain/money/currency.ts';
import { oneField } from '../../platform/logging/one-line.ts';
import type { WorkerLine, WorkerLog } from '../../platform/logging/worker-log.ts';
import type { BatchResult } from './bill-batch.ts';
import type { Run } from './billing-runs.store.ts';

/** What operators read of a run, whoever asked for it: its start, what it found, each invoice and failure, its end. */
export function linesOf(workerLog: WorkerLog, { id: runId, ...whose }: Pick<Run, 'id'> & Partial<Run>): WorkerLine {
  const lines = workerLog.of('invoice_generator', { runId, ...whose });
  lines.info('🚀 Invoice generation started');
  return lines;
}

export const reportFound = (lines: WorkerLine, found: number): void =>
  lines.info(`Found ${found} subscriptions due for processing`);

export function reportBatch(lines: WorkerLine, { billed, failed }: Pick<BatchResult, 'billed' | 'failed'>): void {
  for (const { invoice, customerName } of billed) {
    const done = invoice.status === 'CLOSED' ? '✅ Nothing to invoice' : `✅ Generated ${invoice.invoiceNumber}`;
    const total = money(invoice.totalCents, invoice.currency);
    lines.info(`${done} | customer=${oneField(customerName)} | total=${total}`, { invoice_id: invoice.id });
  }
  for (const { subscriptionId, externalId, reason } of failed)
    lines.error(`❌ Failed subscription=${subscriptionId} | external_id=${oneField(externalId)} | ${oneField(reason.message)}`, {
      subscription_id: subscriptionId,
    });
}

export const reportEnd = (lines: WorkerLine, { successful, failed }: { successful: number; failed: number }): void =>
  lines.info(`🏁 Completed | processed=${successful + failed} | successful=${successful} | failed=${failed}`);

/** One formatter a currency: making one takes longer than billing an invoice. */
const formatters = new Map<string, Intl.NumberFormat>();

/** `$145.20`; the formatter takes decimal text and loses no digit. */
function money(cents: bigint, currency: string): string {
  const formatter = formatters.get(currency) ?? new Intl.NumberFormat('en-US', { style: 'currency', currency });
  formatters.set(currency, formatter);
  return formatter.format(formatMajor(cents, currency) as Intl.StringNumericLiteral);
}
