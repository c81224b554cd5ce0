import pg from 'pg';
import { DataSource } from 'typeorm';
import { entities } from '../../src/app.module.ts';
import { migrations } from '../../migrations/index.ts';
import { connectionOptions } from '../../src/platform/database/connection.ts';
import { migrate } from '../../src/platform/database/migrate.ts';
import { createEmptyDatabase, createTestDatabase, type TestDatabase } from '../support/test-database.ts';

/** Tables that only SQL touches: hot paths, counters, and the platform's own books. */
const withoutEntity = [
  'audit_entries',
  'billed_periods',
  'invoice_subscriptions',
  'billing_entity_taxes',
  'billing_run_errors',
  'charge_taxes',
  'customer_taxes',
  'credit_note_items',
  'fixed_charge_units',
  'idempotency_keys',
  'instant_charges',
  'instant_units',
  'invoice_credits',
  'job_runs',
  'minimum_commitment_taxes',
  'needs_attention',
  'number_series',
  'operation_events',
  'operations',
  'outbox_events',
  'outbox_readers',
  'plan_taxes',
  'planned_invoices',
  'rate_limit_windows',
  'signing_secrets',
  'subscription_pauses',
  'provider_objects',
  'provider_prices',
  'purchases',
  'usage_events',
  'usage_streams',
];
const bookkeeping = 'schema_migrations';

interface Column {
  readonly table: string;
  readonly column: string;
  readonly type: string;
  readonly nullable: boolean;
}

const read = async <Row extends object>(url: string, sql: string): Promise<Row[]> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
};

const columnsOf = (url: string): Promise<Column[]> =>
  read<Column>(
    url,
    `select table_name as table, column_name as column, udt_name as type, is_nullable = 'YES' as nullable
     from information_schema.columns where table_schema = 'public' and table_name <> '${bookkeeping}' order by 1, 2`,
  );

/** Everything the migrations make, as lines: columns with defaults, constraints, indexes, triggers, functions. */
async function listing(url: string): Promise<string[]> {
  const rows = await read<{ line: string }>(
    url,
    `select concat_ws(' ', 'column', table_name, ordinal_position, column_name, data_type, udt_name, numeric_precision, numeric_scale,
         is_nullable, column_default, is_identity, identity_generation) as line
       from information_schema.columns where table_schema = 'public' and table_name <> '${bookkeeping}'
     union all select concat_ws(' ', 'constraint', conrelid::regclass, conname, pg_get_constraintdef(oid)) from pg_constraint
       where connamespace = 'public'::regnamespace and conrelid::regclass::text <> '${bookkeeping}'
     union all select concat_ws(' ', 'index', indexdef) from pg_indexes where schemaname = 'public' and tablename <> '${bookkeeping}'
     union all select concat_ws(' ', 'trigger', pg_get_triggerdef(oid)) from pg_trigger where not tgisinternal
     union all select concat_ws(' ', 'function', oid::regprocedure, md5(prosrc)) from pg_proc p where pronamespace = 'public'::regnamespace
       and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')
     order by 1`,
  );
  return rows.map(({ line }) => line);
}

/** TypeORM's words for a type → PostgreSQL's. */
const typeNames: Readonly<Record<string, string>> = {
  'timestamp with time zone': 'timestamptz',
  boolean: 'bool',
  integer: 'int4',
  bigint: 'int8',
};

describe('the schema', () => {
  let database: TestDatabase;
  let dataSource: DataSource;
  beforeAll(async () => {
    database = await createTestDatabase();
    dataSource = await new DataSource({ ...connectionOptions(database.url), entities }).initialize();
  });
  afterAll(async () => {
    await dataSource.destroy();
    await database.drop();
  });

  it('has an entity for every table but the ones that only SQL touches', async () => {
    const tables = [...new Set((await columnsOf(database.url)).map(({ table }) => table))];
    const mapped = dataSource.entityMetadatas.map(({ tableName }) => tableName);
    expect(tables.filter((table) => !mapped.includes(table)).toSorted()).toEqual(withoutEntity.toSorted());
    expect(mapped.filter((table) => !tables.includes(table))).toEqual([]);
  });

  it('and the entities agree on columns, types and nullability', async () => {
    const inDatabase = (await columnsOf(database.url)).filter(({ table }) => !withoutEntity.includes(table));
    const inEntities = dataSource.entityMetadatas.flatMap((metadata) =>
      metadata.columns.map((column): Column => {
        const type = dataSource.driver.normalizeType(column);
        const name = typeNames[type] ?? type;
        return {
          table: metadata.tableName,
          column: column.databaseName,
          type: column.isArray ? `_${name}` : name,
          nullable: column.isNullable,
        };
      }),
    );
    const lines = (columns: readonly Column[]): string[] =>
      columns.map(({ table, column, type, nullable }) => `${table}.${column} ${type}${nullable ? '' : ' not null'}`).toSorted();
    expect(lines(inEntities)).toEqual(lines(inDatabase));
  });

  it('and the entities agree on primary keys', async () => {
    const inDatabase = await read<{ key: string }>(
      database.url,
      `select conrelid::regclass || ' ' || string_agg(attname, ', ' order by attname) as key from pg_constraint
       join pg_attribute on attrelid = conrelid and attnum = any(conkey) where contype = 'p' and connamespace = 'public'::regnamespace
       group by conrelid order by 1`,
    );
    const mapped = dataSource.entityMetadatas.map(
      ({ tableName, primaryColumns }) =>
        `${tableName} ${primaryColumns
          .map(({ databaseName }) => databaseName)
          .toSorted()
          .join(', ')}`,
    );
    expect(inDatabase.map(({ key }) => key)).toEqual(expect.arrayContaining(mapped));
  });

  it('gives every constraint and index a name that says its kind', async () => {
    const names = await read<{ name: string }>(
      database.url,
      `select conname as name from pg_constraint where connamespace = 'public'::regnamespace and contype <> 'n'
         and conrelid::regclass::text <> '${bookkeeping}'
       union select indexname from pg_indexes where schemaname = 'public' and tablename <> '${bookkeeping}'`,
    );
    expect(names.length).toBeGreaterThan(100);
    const triggers = ['invoice_equals_its_fees', 'remaining_fees_add_up'];
    expect(
      names.map(({ name }) => name).filter((name) => !/^(pk|fk|uq|ck|ex|ix)_/.test(name) && !triggers.includes(name)),
    ).toEqual([]);
  });

  it('is the same after going down and up again, and down leaves nothing', async () => {
    const fresh = await createEmptyDatabase();
    try {
      expect(await listing(fresh.url)).toEqual([]);
      expect(await migrate(fresh.url)).toBe(migrations.length);
      const first = await listing(fresh.url);
      expect(first.length).toBeGreaterThan(300);
      const source = await new DataSource({
        type: 'postgres',
        url: fresh.url,
        migrations,
        migrationsTableName: bookkeeping,
        installExtensions: false,
      }).initialize();
      for (const _ of migrations) await source.undoLastMigration();
      await source.destroy();
      expect(await listing(fresh.url)).toEqual([]);
      await migrate(fresh.url);
      expect(await listing(fresh.url)).toEqual(first);
      expect(await migrate(fresh.url)).toBe(0);
    } finally {
      await fresh.drop();
    }
  });

  it('migrates once when four processes start at once', async () => {
    const fresh = await createEmptyDatabase();
    try {
      const ran = await Promise.all([1, 2, 3, 4].map(() => migrate(fresh.url)));
      expect(ran.toSorted()).toEqual([0, 0, 0, migrations.length]);
    } finally {
      await fresh.drop();
    }
  });
});
