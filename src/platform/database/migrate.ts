import pg from 'pg';
import { DataSource } from 'typeorm';
import { migrations } from '../../../migrations/index.ts';
import { prepareApplicationRole } from './application-role.ts';
import { StartError } from '../embedded-postgres/start-error.ts';

const table = 'schema_migrations';

/**
 * Brings the schema up to date and returns how many migrations ran. TypeORM takes no lock for this (two instances that start
 * at once make one of them fail), so an advisory lock on a connection of its own lets one instance migrate at a time.
 * @throws StartError when the database was made by a newer Florin: its data must not be touched by code that does not know it
 */
export async function migrate(url: string): Promise<number> {
  const lock = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  await lock.connect();
  try {
    await lock.query(`select pg_advisory_lock(hashtext('florin:migrations'))`);
    await refuseNewerSchema(lock);
    const dataSource = await new DataSource({
      type: 'postgres',
      url,
      migrations,
      migrationsTableName: table,
      migrationsTransactionMode: 'each',
      installExtensions: false,
    }).initialize();
    try {
      const ran = (await dataSource.runMigrations()).length;
      await prepareApplicationRole(lock);
      return ran;
    } finally {
      await dataSource.destroy();
    }
  } finally {
    await lock.end(); // ends the session, and with it the lock
  }
}

async function refuseNewerSchema(client: pg.Client): Promise<void> {
  const { rows: found } = await client.query<{ exists: boolean }>('select to_regclass($1) is not null as exists', [table]);
  if (!found[0]?.exists) return;
  const { rows } = await client.query<{ name: string }>(`select name from ${table} order by id`);
  const known = new Set<string>(migrations.map((migration) => migration.name));
  const unknown = rows.find((row) => !known.has(row.name));
  if (unknown)
    throw new StartError(
      `This database was made by a newer Florin (this one does not know its migration ${unknown.name}): start that version or use another database.`,
    );
}
