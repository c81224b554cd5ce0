import { existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { findBinaries } from './binaries.ts';
import { clusterUser, prepareCluster } from './cluster.ts';
import { startErrorOf } from './failures.ts';
import { identityFor } from './identity.ts';
import { isPostmasterOf, readPidFile, removePidFile } from './pid-file.ts';
import { fingerprintOf, isRunning } from './processes.ts';
import { portOfRunning, startServer, stopOrphan } from './server.ts';
import { withStartLock } from './start-lock.ts';

export interface EmbeddedPostgresOptions {
  /** Cluster directory; created on first use. Its password, lock and owner files lie beside it. */
  readonly dataDir: string;
  /** Database created on first use. */
  readonly database?: string;
  /** Test clusters: no fsync, nothing survives a crash. */
  readonly ephemeral?: boolean;
  readonly log?: (line: string) => void;
}

export interface EmbeddedPostgres {
  readonly url: string;
  /** True when another process of ours already runs this cluster and we only joined it. */
  readonly attached: boolean;
  /** Stops the server if this process started it; a joined one stays with its owner. */
  stop(): Promise<void>;
}

/**
 * A real PostgreSQL in a directory. The process that starts it owns it and stops it; others that ask for the same directory
 * join it. Nothing outlives its owner, not even after kill -9 (docs/decisions/0001).
 * @throws StartError with one sentence saying what to do
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  let dataDir = resolve(options.dataDir);
  try {
    mkdirSync(dirname(dataDir), { recursive: true });
    dataDir = withoutLinks(dataDir);
    return await withStartLock(`${dataDir}.lock`, () => startOrJoin(dataDir, options));
  } catch (error) {
    throw startErrorOf(error, dataDir);
  }
}

/** Tries at a server that is just going away, 50 ms apart. */
const joinAttempts = 200;

/** One name for one place: everything below compares paths. */
const withoutLinks = (path: string): string =>
  existsSync(path) ? realpathSync(path) : join(realpathSync(dirname(path)), basename(path));

async function startOrJoin(dataDir: string, options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const database = options.database ?? 'app';
  const log = options.log ?? (() => undefined);
  const passwordFile = `${dataDir}.password`;
  const binaries = findBinaries();
  const identity = identityFor(dataDir, binaries.directory);
  await prepareCluster({ dataDir, passwordFile, ephemeral: options.ephemeral ?? false, log }, binaries, identity);
  const urlOf = (port: number, name: string): string =>
    `postgres://${clusterUser}:${readFileSync(passwordFile, 'utf8').trim()}@127.0.0.1:${port}/${name}`;

  for (let attempt = 1; ; attempt++) {
    const port = await portToJoin(dataDir);
    if (port === undefined) break;
    if (!(await ensureDatabase(urlOf(port, 'postgres'), database))) {
      if (attempt === joinAttempts) throw new Error(`the PostgreSQL that already runs on port ${port} does not answer`);
      await pause(50);
      continue;
    }
    log(`joining the PostgreSQL that already runs on port ${port}`);
    return { url: urlOf(port, database), attached: true, stop: () => Promise.resolve() };
  }
  writeFileSync(ownerFileOf(dataDir), fingerprintOf(process.pid));
  const server = await startServer({ dataDir, ephemeral: options.ephemeral ?? false, log }, binaries, identity);
  try {
    if (!(await ensureDatabase(urlOf(server.port, 'postgres'), database))) throw new Error('it went away at once');
  } catch (error) {
    await server.stop();
    throw error;
  }
  return { url: urlOf(server.port, database), attached: false, stop: () => server.stop() };
}

const ownerFileOf = (dataDir: string): string => `${dataDir}.owner`;

/**
 * The port of a server that somebody alive owns. What a dead owner left is cleared away: its pid file, or a postmaster that
 * its watchdog is about to end anyway.
 */
async function portToJoin(dataDir: string): Promise<number | undefined> {
  const pidFile = readPidFile(dataDir);
  if (!pidFile) return undefined;
  if (isPostmasterOf(pidFile.pid, dataDir)) {
    if (hasOwner(dataDir)) {
      const port = await portOfRunning(dataDir);
      if (port !== undefined) return port;
    } else await stopOrphan(pidFile.pid, dataDir);
  }
  removePidFile(dataDir);
  return undefined;
}

function hasOwner(dataDir: string): boolean {
  const file = ownerFileOf(dataDir);
  return existsSync(file) && isRunning(readFileSync(file, 'utf8'));
}

/** False when the server is just going away: SQLSTATE class 57P, or no answer at all. */
async function ensureDatabase(adminUrl: string, name: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: adminUrl });
  try {
    await client.connect();
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [name]);
    if (rowCount === 0) await client.query(`create database ${client.escapeIdentifier(name)}`);
    return true;
  } catch (error) {
    const { code = 'ECONNRESET' } = error as { code?: string };
    if (!/^(57P|ECONN)/.test(code)) throw error;
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}
