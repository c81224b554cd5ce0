import type { Command } from 'commander';
import { DataSource } from 'typeorm';
import { answer, type Operate } from '../../platform/start/operate.ts';

interface SeriesRecord {
  readonly entity: string;
  readonly series: string;
  readonly first_number: string;
  readonly last_number: string;
  readonly issued: number;
  readonly first_invoice: string | null;
  readonly last_invoice: string | null;
  /** Ranges that no invoice has, `4-8`. */
  readonly gaps: string[];
  /** Numbers of invoices that the counter never gave. */
  readonly beyond: string[];
}

/** Each series with its range; numbers between its first and its counter that no invoice has are gaps. */
const report = `
  with numbered as (
    select organization_id, billing_entity_id, series, sequential_id, invoice_number,
      lag(sequential_id) over (partition by organization_id, billing_entity_id, series order by sequential_id) as previous
    from invoices where source <> 'STRIPE' and series is not null)
  select e.code as entity, n.series, n.first_number, n.last_number, count(i.sequential_id)::int as issued,
    (array_agg(i.invoice_number order by i.sequential_id))[1] as first_invoice,
    (array_agg(i.invoice_number order by i.sequential_id desc))[1] as last_invoice,
    coalesce(array_agg(coalesce(i.previous, n.first_number - 1) + 1 || '-' || least(i.sequential_id - 1, n.last_number) order by i.sequential_id)
      filter (where least(i.sequential_id - 1, n.last_number) > coalesce(i.previous, n.first_number - 1)), '{}')
      || case when coalesce(max(i.sequential_id), n.first_number - 1) < n.last_number
        then array[coalesce(max(i.sequential_id), n.first_number - 1) + 1 || '-' || n.last_number] else '{}' end as gaps,
    coalesce(array_agg(i.sequential_id::text order by i.sequential_id)
      filter (where i.sequential_id > n.last_number or i.sequential_id < n.first_number), '{}') as beyond
  from number_series n
  join billing_entities e on e.organization_id = n.organization_id and e.id = n.billing_entity_id
  left join numbered i on i.organization_id = n.organization_id and i.billing_entity_id = n.billing_entity_id and i.series = n.series
  where $1::uuid is null or n.organization_id = $1
  group by n.organization_id, e.code, n.billing_entity_id, n.series, n.first_number, n.last_number
  order by n.organization_id, e.code, n.series`;

/** `florin numbering:report`: for whoever has to show that no invoice is missing. */
export function registerNumberingCommand(program: Command, operate: Operate): void {
  program
    .command('numbering:report')
    .description('each series of invoice numbers: entity, series, first and last invoice, range, gaps; 1 when there is a gap')
    .option('--organization <id>', 'of this organization only')
    .action(({ organization }: { organization?: string }) =>
      operate(async (app) => {
        const rows: SeriesRecord[] = await app.get(DataSource).query(report, [organization ?? null]);
        for (const row of rows) answer(lineOf(row));
        if (rows.some(({ gaps, beyond }) => gaps.length > 0 || beyond.length > 0)) process.exitCode = 1;
      }),
    );
}

function lineOf(row: SeriesRecord): string {
  const range = (text: string): string => {
    const [from, to] = text.split('-');
    return from === to ? `${from}` : `${from} to ${to}`;
  };
  const faults = [
    ...(row.gaps.length > 0 ? [`gaps: ${row.gaps.map(range).join(', ')}`] : []),
    ...(row.beyond.length > 0 ? [`beyond the counter: ${row.beyond.join(', ')}`] : []),
  ];
  return [
    row.entity,
    row.series,
    row.first_invoice ?? '-',
    row.last_invoice ?? '-',
    `${row.first_number} to ${row.last_number}`,
    `${row.issued} issued`,
    faults.join('; ') || 'no gap',
  ].join('\t');
}
