import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import { startEmbeddedPostgres } from './embedded-postgres.ts';
import { migrate } from './migrate.ts';

export interface OpenDatabase {
  readonly url: string;
  /** Stops the embedded PostgreSQL; an external one is left alone. */
  close(): Promise<void>;
}

/** The database of this configuration, running and migrated: `DATABASE_URL`, else an embedded one in the data directory. */
export async function openDatabase(config: Config): Promise<OpenDatabase> {
  if (config.databaseUrl !== undefined) {
    await migrate(config.databaseUrl);
    return { url: config.databaseUrl, close: () => Promise.resolve() };
  }
  const server = await startEmbeddedPostgres({ dataDir: join(config.dataDir, 'postgres'), database: 'florin' });
  await migrate(server.url);
  return { url: server.url, close: () => server.stop() };
}
