import { randomUUID } from 'node:crypto';
import type pg from 'pg';

/** A billable metric, straight into its table. */
export async function makeMetric(
  sql: pg.Pool,
  organizationId: string,
  code: string,
  aggregation: 'COUNT' | 'SUM' | 'MAX' | 'UNIQUE_COUNT' | 'WEIGHTED_SUM' | 'LATEST',
  field: string | null = aggregation === 'COUNT' ? null : 'amount',
): Promise<number> {
  const { rows } = await sql.query<{ usage_key: number }>(
    `insert into billable_metrics (organization_id, id, code, name, aggregation_type, field_name, weighted_interval, created_at, updated_at)
      values ($1, $2, $3, $3, $4, $5, case when $4 = 'WEIGHTED_SUM' then 'seconds' end, now(), now()) returning usage_key`,
    [organizationId, randomUUID(), code, aggregation, field],
  );
  return rows[0]!.usage_key;
}
