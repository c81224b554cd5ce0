import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import { startEmbeddedPostgres } from '../embedded-postgres/embedded-postgres.ts';
import { log } from '../logging/log.ts';
import { databaseStartError } from './database-start-error.ts';
import { migrate } from './migrate.ts';

export interface OpenDatabase {
  readonly url: string;
  /** How many migrations ran just now. */
  readonly migrationsRun: number;
  /** Resolves when the embedded PostgreSQL ends without being asked to; never for an external one. */
  readonly lost: Promise<void>;
  /** Stops the embedded PostgreSQL if this process started it; an external one is left alone. */
  close(): Promise<void>;
}

/**
 * The database of this configuration, running and migrated: `DATABASE_URL`, else an embedded one in the data directory.
 * @throws StartError with one sentence saying what to do
 */
export async function openDatabase(config: Config): Promise<OpenDatabase> {
  const server = config.databaseUrl === undefined ? await startEmbedded(config) : external(config.databaseUrl);
  try {
    return { ...server, migrationsRun: await migrate(server.url) };
  } catch (error) {
    await server.close();
    throw databaseStartError(error, config);
  }
}

type Server = Pick<OpenDatabase, 'url' | 'lost' | 'close'>;

const external = (url: string): Server => ({ url, lost: new Promise(() => undefined), close: () => Promise.resolve() });

async function startEmbedded(config: Config): Promise<Server> {
  const server = await startEmbeddedPostgres({
    dataDir: join(config.dataDir, 'postgres'),
    database: 'florin',
    log: (line) => log.debug(line, { scope: 'postgres' }),
  });
  return { url: server.url, lost: server.lost, close: () => server.stop() };
}
