import { documentNumber, type NumberedDocument, type Numbering, numberSeriesOf } from '../../domain/invoicing/document-number.ts';
import { runStatement } from '../../platform/database/sql.ts';
import type { Tx } from '../../platform/database/unit-of-work.ts';

/** Who numbers, and which document. */
export interface NumberRequest extends NumberedDocument {
  readonly billingEntityId: string;
  readonly numbering: Numbering;
}

export interface DrawnNumber {
  readonly series: string;
  readonly sequentialId: bigint;
  readonly number: string;
}

/** Series are bumped in one order everywhere, so that two transactions cannot wait for each other. */
const bumpSeries = {
  name: 'number_series.bump',
  text: `insert into number_series as n (organization_id, billing_entity_id, series, last_number)
    select $1, r.entity, r.series, r.amount from unnest($2::uuid[], $3::text[], $4::int[]) as r(entity, series, amount) order by r.entity, r.series
    on conflict (organization_id, billing_entity_id, series) do update set last_number = n.last_number + excluded.last_number
    returning billing_entity_id, series, last_number`,
};

/**
 * Numbers in the order of the requests, without a gap: each counter row is bumped once, by +n, and stays locked until the
 * transaction ends, so draw as late as possible. A rollback gives the numbers back.
 */
export async function drawNumbers(tx: Tx, organizationId: string, requests: readonly NumberRequest[]): Promise<DrawnNumber[]> {
  const placed = requests.map((request) => {
    const series = numberSeriesOf(request.numbering, request);
    return { request, series, key: `${request.billingEntityId} ${series}` };
  });
  const wanted = new Map<string, { entity: string; series: string; amount: number }>();
  for (const { request, series, key } of placed) {
    const entry = wanted.get(key) ?? { entity: request.billingEntityId, series, amount: 0 };
    entry.amount += 1;
    wanted.set(key, entry);
  }
  const entries = [...wanted.values()];
  const rows = await runStatement<{ billing_entity_id: string; series: string; last_number: string }>(tx, bumpSeries, [
    organizationId,
    entries.map((entry) => entry.entity),
    entries.map((entry) => entry.series),
    entries.map((entry) => entry.amount),
  ]);
  const next = new Map(
    rows.map((row) => {
      const key = `${row.billing_entity_id} ${row.series}`;
      return [key, BigInt(row.last_number) - BigInt(wanted.get(key)?.amount ?? 0)] as const;
    }),
  );
  return placed.map(({ request, series, key }) => {
    const sequentialId = (next.get(key) ?? 0n) + 1n;
    next.set(key, sequentialId);
    return { series, sequentialId, number: documentNumber(request.numbering, request, sequentialId) };
  });
}
