import { randomBytes } from 'node:crypto';
import pg from 'pg';

async function onServer(sql: string): Promise<void> {
  const url = new URL(process.env['FLORIN_TEST_DATABASE_URL'] ?? '');
  url.pathname = '/postgres';
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

export interface TestDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

/** A fresh migrated database. */
export const createTestDatabase = (): Promise<TestDatabase> => createDatabase('template template strategy file_copy');

/** A database without any table of ours. */
export const createEmptyDatabase = (): Promise<TestDatabase> => createDatabase('template template0');

/** From now on nobody can use this database, as if it were gone. */
export async function shutOut(databaseUrl: string): Promise<void> {
  const name = new URL(databaseUrl).pathname.slice(1);
  await onServer(`alter database ${name} with allow_connections false`);
  await onServer(`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`);
}

async function createDatabase(how: string): Promise<TestDatabase> {
  const name = `t_${randomBytes(6).toString('hex')}`;
  await onServer(`create database ${name} ${how}`);
  const url = new URL(process.env['FLORIN_TEST_DATABASE_URL'] ?? '');
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => onServer(`drop database ${name} with (force)`) };
}
