import pg from 'pg';
import type { DataSource } from 'typeorm';
import type { PostgresDataSourceOptions } from 'typeorm/driver/postgres/PostgresDataSourceOptions.js';

/** Held by this process: asked first, because a session costs something. */
const held = new Set<string>();

/**
 * Runs long work that only one process may do at a time; undefined when somebody else does it. The lock has a session of its own, so it
 * ends with its process, and whoever holds it takes nothing from the pool that the work needs.
 */
export async function withSessionLock<T>(
  dataSource: DataSource,
  name: string,
  work: () => Promise<T>,
): Promise<{ result: T } | undefined> {
  if (held.has(name)) return undefined;
  held.add(name);
  const { url, connectTimeoutMS } = dataSource.options as PostgresDataSourceOptions;
  const session = new pg.Client({
    ...(url === undefined ? {} : { connectionString: url }),
    ...(connectTimeoutMS === undefined ? {} : { connectionTimeoutMillis: connectTimeoutMS }),
    keepAlive: true,
    application_name: 'florin lock',
  });
  // A lost session is noticed by the work's own statements.
  session.on('error', () => undefined);
  try {
    await session.connect();
    const { rows } = await session.query<{ locked: boolean }>('select pg_try_advisory_lock(hashtextextended($1, 0)) as locked', [
      name,
    ]);
    return rows[0]?.locked ? { result: await work() } : undefined;
  } finally {
    held.delete(name);
    await session.end().catch(() => undefined);
  }
}
