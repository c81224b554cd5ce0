import type { DataSource, EntityManager } from 'typeorm';
import type { Pool, PoolClient } from 'pg';

/** One hot statement: parsed and planned once per connection under its name, unlike TypeORM's own queries. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

/** Runs a named statement on the transaction's own connection. Rows come as the driver gives them: int8 and numeric as text. */
export async function runStatement<Row>(tx: EntityManager, statement: Statement, values: readonly unknown[]): Promise<Row[]> {
  const client = (await tx.queryRunner?.connect()) as PoolClient | undefined;
  if (!client) throw new Error(`${statement.name} needs a transaction`);
  const result = await client.query({ ...statement, values: [...values] });
  return result.rows as Row[];
}

/** Runs a named read on any connection of the pool, outside a transaction. */
export async function readStatement<Row>(
  dataSource: DataSource,
  statement: Statement,
  values: readonly unknown[],
): Promise<Row[]> {
  const { master } = dataSource.driver as unknown as { master: Pool };
  const result = await master.query({ ...statement, values: [...values] });
  return result.rows as Row[];
}

/**
 * What is read of every row, as an array parameter in PostgreSQL's own text. The driver looks into every element for what needs
 * quotes; identifiers, numbers and instants never do, and a batch has thousands.
 */
export const unquotedArray = <Row>(rows: readonly Row[], read: (row: Row) => string | number | null): string =>
  `{${rows.map((row) => read(row) ?? 'NULL').join(',')}}`;

/** The same for any text. */
export const quotedArray = <Row>(rows: readonly Row[], read: (row: Row) => string | null): string =>
  unquotedArray(rows, (row) => quoted(read(row)));

const quoted = (text: string | null): string | null => (text === null ? null : `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`);

/** A pattern of `like` for text that holds this term, whatever is in it. */
export const containing = (term: string): string => `%${term.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;

/** Asks named statements; rows come as the driver gives them. */
export type Query = <Row>(statement: Statement, values: readonly unknown[]) => Promise<Row[]>;

/** Asks inside a transaction. */
export const queryIn =
  (tx: EntityManager): Query =>
  (statement, values) =>
    runStatement(tx, statement, values);

/** Asks outside any transaction, each statement on whichever connection is free. */
export const queryOn =
  (dataSource: DataSource): Query =>
  (statement, values) =>
    readStatement(dataSource, statement, values);

const patience = { name: 'sql.patience', text: `select set_config('lock_timeout', $1, true)` };

/** From now on statements of this transaction wait so long for rows that others hold. */
export const waitAtMost = (query: Query, ms: number): Promise<unknown> => query(patience, [`${ms}ms`]);

/** Runs a named write that is a transaction of its own, durable when this returns. Answers how many rows it wrote. */
export async function writeStatement(dataSource: DataSource, statement: Statement, values: readonly unknown[]): Promise<number> {
  const { master } = dataSource.driver as unknown as { master: Pool };
  const result = await master.query({ ...statement, values: [...values] });
  return result.rowCount ?? 0;
}
