import type { DataSource } from 'typeorm';
import { readStatement } from './sql.ts';

/** Tables with rows of which PostgreSQL still believes that there are none. */
const tablesWithoutStatistics = {
  name: 'database.tables_without_statistics',
  text: `select string_agg(oid::regclass::text, ', ') as tables from pg_class
    where relkind = 'r' and relnamespace = current_schema()::regnamespace and reltuples <= 0 and pg_relation_size(oid) > 0`,
};

/**
 * Lets PostgreSQL count tables that it has never counted. Autovacuum does it within minutes; until then statements and foreign key
 * checks that were planned on empty tables go on as they were planned, and a first run over thousands of rows gets slower with
 * each (docs/decisions/0040). Costs one look at the catalog where there is nothing to do.
 */
export async function collectMissingStatistics(dataSource: DataSource): Promise<void> {
  const [row] = await readStatement<{ tables: string | null }>(dataSource, tablesWithoutStatistics, []);
  if (row?.tables) await dataSource.query(`analyze ${row.tables}`);
}
