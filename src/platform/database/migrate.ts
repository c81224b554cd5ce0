import pg from 'pg';
import { DataSource } from 'typeorm';
import { migrations } from '../../../migrations/index.ts';

/**
 * Brings the schema up to date and returns how many migrations ran. TypeORM takes no lock for this (two instances that start
 * at once make one of them fail), so an advisory lock on a connection of its own lets one instance migrate at a time.
 */
export async function migrate(url: string): Promise<number> {
  const lock = new pg.Client({ connectionString: url });
  await lock.connect();
  try {
    await lock.query(`select pg_advisory_lock(hashtext('florin:migrations'))`);
    const dataSource = await new DataSource({
      type: 'postgres',
      url,
      migrations,
      migrationsTableName: 'schema_migrations',
      migrationsTransactionMode: 'each',
      installExtensions: false,
    }).initialize();
    try {
      return (await dataSource.runMigrations()).length;
    } finally {
      await dataSource.destroy();
    }
  } finally {
    await lock.end(); // ends the session, and with it the lock
  }
}
