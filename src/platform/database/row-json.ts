import { columnName } from './naming-strategy.ts';

/** Rows as JSON under the names of their columns, for `jsonb_populate_recordset`: a statement then reads rows that are not stored. */
export const rowsAsJson = (rows: readonly object[]): string =>
  JSON.stringify(
    rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [columnName(name), value as unknown]))),
    (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value),
  );
