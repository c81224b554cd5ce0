import { existsSync, mkdirSync, readFileSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { findBinaries } from './binaries.ts';
import { clusterUser, prepareCluster } from './cluster.ts';
import { startErrorOf } from './failures.ts';
import { identityFor } from './identity.ts';
import { isPostmasterOf, readPidFile, removePidFile } from './pid-file.ts';
import { isAlive } from './processes.ts';
import { runningServer, type Server, startServer, stopServer } from './server.ts';
import { withStartLock } from './start-lock.ts';
import { hasOtherUsers, signIn, type User } from './users.ts';
import { type Dismiss, guardServer } from './watchdog.ts';

export interface EmbeddedPostgresOptions {
  /** Cluster directory; created on first use. Its password, its lock and the list of its users lie beside it. */
  readonly dataDir: string;
  /** Database created on first use. */
  readonly database?: string;
  /** Test clusters: no fsync, nothing survives a crash. */
  readonly ephemeral?: boolean;
  readonly log?: (line: string) => void;
}

export interface EmbeddedPostgres {
  readonly url: string;
  /** True when another process of ours already ran this cluster and we only joined it. */
  readonly attached: boolean;
  /** Resolves when the server ends without being asked to: killed by the system, by an operator, for its memory. */
  readonly lost: Promise<void>;
  /** Stops the server, unless other processes still use it. */
  stop(): Promise<void>;
}

/** How often a server is looked after. */
const lookEveryMs = 500;
/** Tries at a server that is just going away, 50 ms apart. */
const joinAttempts = 200;

/**
 * A real PostgreSQL in a directory. Several processes may ask for the same directory: the first starts it, the others join,
 * and the last one out stops it. Nothing outlives them, not even after kill -9 (docs/decisions/0001).
 * @throws StartError with one sentence saying what to do
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  let dataDir = resolve(options.dataDir);
  try {
    mkdirSync(dirname(dataDir), { recursive: true });
    dataDir = withoutLinks(dataDir);
    return await withStartLock(lockOf(dataDir), async () => {
      // Before looking who else is there: from now on nobody who leaves takes the server along.
      const user = signIn(dataDir);
      try {
        return await joinOrStart(dataDir, options, user);
      } catch (error) {
        user.signOut();
        throw error;
      }
    });
  } catch (error) {
    throw startErrorOf(error, dataDir);
  }
}

const lockOf = (dataDir: string): string => `${dataDir}.lock`;

/** One name for one place: everything below compares paths. */
const withoutLinks = (path: string): string =>
  existsSync(path) ? realpathSync(path) : join(realpathSync(dirname(path)), basename(path));

async function joinOrStart(dataDir: string, options: EmbeddedPostgresOptions, user: User): Promise<EmbeddedPostgres> {
  const { database = 'app', ephemeral = false, log = () => undefined } = options;
  const passwordFile = `${dataDir}.password`;
  const binaries = findBinaries();
  const identity = identityFor(dataDir, binaries.directory);
  await prepareCluster({ dataDir, passwordFile, ephemeral, log }, binaries, identity);
  const urlOf = (port: number, name: string): string =>
    `postgres://${clusterUser}:${readFileSync(passwordFile, 'utf8').trim()}@127.0.0.1:${port}/${name}`;

  for (let attempt = 1; ; attempt++) {
    const server = await serverToJoin(dataDir, user);
    if (!server) break;
    if (await ensureDatabase(urlOf(server.port, 'postgres'), database)) {
      log(`joined the PostgreSQL that already runs on port ${server.port}`);
      const dismiss = guardServer(server.pid, user);
      const stop = (): Promise<void> => leave(dataDir, server.pid, user, dismiss);
      return watched({ url: urlOf(server.port, database), attached: true, stop }, server.pid);
    }
    if (attempt === joinAttempts) throw new Error(`the PostgreSQL that already runs on port ${server.port} does not answer`);
    await pause(50);
  }
  const server = await startServer({ dataDir, ephemeral, log }, binaries, identity, user);
  const stop = (): Promise<void> => leave(dataDir, server.pid, user, server.dismiss);
  if (!(await ensureDatabase(urlOf(server.port, 'postgres'), database))) {
    await stopServer(server.pid, dataDir);
    throw new Error('it went away at once');
  }
  return watched({ url: urlOf(server.port, database), attached: false, stop }, server.pid);
}

function watched(server: Omit<EmbeddedPostgres, 'lost'>, pid: number): EmbeddedPostgres {
  let timer: NodeJS.Timeout | undefined;
  const lost = new Promise<void>((resolve) => {
    timer = setInterval(() => {
      if (isAlive(pid)) return;
      clearInterval(timer);
      resolve();
    }, lookEveryMs).unref();
  });
  return {
    ...server,
    lost,
    stop() {
      clearInterval(timer);
      return server.stop();
    },
  };
}

/**
 * The running server, if somebody alive uses it. What the dead left is cleared away: their pid file, or a postmaster that
 * their watchdog is about to end anyway.
 */
async function serverToJoin(dataDir: string, user: User): Promise<Server | undefined> {
  const pidFile = readPidFile(dataDir);
  if (!pidFile) return undefined;
  if (isPostmasterOf(pidFile.pid, dataDir)) {
    if (!hasOtherUsers(user)) await stopServer(pidFile.pid, dataDir);
    else {
      const server = await runningServer(dataDir);
      if (server) return server;
    }
  }
  removePidFile(dataDir);
  return undefined;
}

/** Under the lock, so that nobody joins what is being stopped. */
const leave = (dataDir: string, pid: number, user: User, dismiss: Dismiss): Promise<void> =>
  withStartLock(lockOf(dataDir), async () => {
    user.signOut();
    if (!hasOtherUsers(user)) await stopServer(pid, dataDir);
    dismiss();
  });

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
