import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { migrate } from '../src/platform/database/migrate.ts';
import { startEmbeddedPostgres } from '../src/platform/embedded-postgres/embedded-postgres.ts';

/** One durable PostgreSQL (fsync on) that everything is measured on, and the directory it lives in. */
export interface Ground {
  readonly directory: string;
  /** A database that is a copy of another one, file by file: every measurement starts from the same state. */
  copy(template: string, name: string): Promise<string>;
  drop(name: string): Promise<void>;
  /** Stops PostgreSQL and removes the directory. */
  close(): Promise<void>;
}

/** The migrated database without rows. */
export const emptyDatabase = 'empty';

export async function openGround(): Promise<Ground> {
  const directory = mkdtempSync(join(tmpdir(), 'florin-bench-'));
  const remove = (): void => rmSync(directory, { recursive: true, force: true });
  try {
    const server = await startEmbeddedPostgres({ dataDir: join(directory, 'postgres'), database: emptyDatabase });
    await migrate(server.url);
    const urlOf = (name: string): string => server.url.replace(/[^/]*$/, name);
    return {
      directory,
      async copy(template, name) {
        await ask(urlOf('postgres'), `create database ${name} template ${template} strategy file_copy`);
        return urlOf(name);
      },
      drop: (name) => ask(urlOf('postgres'), `drop database ${name} with (force)`),
      async close() {
        await server.stop();
        remove();
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}

async function ask(url: string, sql: string): Promise<void> {
  await withClient(url, (client) => client.query(sql));
}

/** One connection for one piece of work. */
export async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, options: '-c timezone=UTC' });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
