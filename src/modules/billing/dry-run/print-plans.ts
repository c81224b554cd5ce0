import type { INestApplicationContext } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { formatMajor } from '../../../domain/money/currency.ts';
import { answer } from '../../../platform/start/operate.ts';
import { listPlannedInvoices, type PlannedInvoiceRecord } from './planned-invoices.store.ts';
import { PlanRun } from './plan-run.ts';

const pageSize = 500;

/** A dry run of each live organization, as tables; each can be applied over HTTP by its id. */
export async function printPlans(app: INestApplicationContext, asOf: Date | undefined): Promise<void> {
  const { manager } = app.get(DataSource);
  const organizations: { id: string; name: string }[] = await manager.query(
    `select id, name from organizations where mode = 'LIVE' order by name, id`,
  );
  for (const { id, name } of organizations) {
    const run = await app.get(PlanRun).execute(id, { trigger: 'CLI', ...(asOf ? { asOf } : {}) });
    const [, count] = await listPlannedInvoices(manager, id, run.id, { number: 1, size: 1 });
    answer(`${name} | as_of=${run.asOf.toISOString()} | run=${run.id} | invoices=${count}`);
    for (let page = 1; (page - 1) * pageSize < count; page++) {
      const [records] = await listPlannedInvoices(manager, id, run.id, { number: page, size: pageSize });
      for (const record of records) answer(lineOf(record));
    }
  }
}

function lineOf({ currency, content, ...record }: PlannedInvoiceRecord): string {
  const money = (cents: bigint): string => `${formatMajor(cents, currency)} ${currency}`;
  const total = BigInt(record.total_cents);
  const previous = record.previous_total_cents === null ? null : BigInt(record.previous_total_cents);
  const [span] = content.boundaries;
  return [
    `  ${record.external_customer_id}`,
    record.external_subscription_ids.join(', '),
    span ? `${span.period_start.slice(0, 10)}/${span.period_end.slice(0, 10)}` : '',
    record.is_invoiced ? money(total) : 'no invoice',
    previous === null ? 'first' : `before ${money(previous)}`,
    previous === null ? '' : `difference ${money(total - previous)}`,
  ].join(' | ');
}
