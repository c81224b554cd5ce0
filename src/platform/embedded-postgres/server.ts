import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { Binaries } from './binaries.ts';
import type { Identity } from './identity.ts';
import { isPostmasterOf, readPidFile } from './pid-file.ts';
import type { User } from './users.ts';
import { type Dismiss, guardServer, letGo } from './watchdog.ts';

export interface ServerOptions {
  readonly dataDir: string;
  readonly ephemeral: boolean;
  readonly log: (line: string) => void;
}

/** A postmaster that takes connections. */
export interface Server {
  readonly pid: number;
  readonly port: number;
}

/** Recovery after a crash may take minutes; a server that lives and is not ready by then never will be. */
const readyWithinMs = 300_000;
const stopWithinMs = 15_000;
const portAttempts = 3;

/** Starts PostgreSQL on a free port of 127.0.0.1 and waits until it takes connections. */
export async function startServer(
  options: ServerOptions,
  binaries: Binaries,
  identity: Identity,
  user: User,
): Promise<Server & { readonly dismiss: Dismiss }> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const command = [...identity.prefix, binaries.program('postgres'), ...settings(options, port)];
    const server = launch(command, identity, user, options.log);
    try {
      const { pid } = await waitUntilReady(options.dataDir, server);
      server.child.unref();
      letGo(server.child.stderr);
      return { pid, port, dismiss: server.dismiss };
    } catch (error) {
      server.child.kill('SIGQUIT');
      await server.ended;
      server.dismiss();
      // Somebody took the port between our look and PostgreSQL's.
      if (attempt < portAttempts && server.lastWords().includes('Address already in use')) continue;
      throw new Error(`${(error as Error).message}\n${server.lastWords()}`, { cause: error });
    }
  }
}

/** Fast shutdown: open transactions are rolled back, everything committed is on disk. Returns when it is gone. */
export async function stopServer(pid: number, dataDir: string): Promise<void> {
  if (!isPostmasterOf(pid, dataDir)) return;
  process.kill(pid, 'SIGINT');
  const hurryAt = Date.now() + stopWithinMs;
  for (let hurried = false; isPostmasterOf(pid, dataDir); await pause(5)) {
    if (hurried || Date.now() < hurryAt) continue;
    hurried = true;
    process.kill(pid, 'SIGQUIT');
  }
}

/** The postmaster that runs there, once it takes connections; undefined when it goes away meanwhile. */
export async function runningServer(dataDir: string): Promise<Server | undefined> {
  for (const until = Date.now() + readyWithinMs; Date.now() < until; await pause(10)) {
    const pidFile = readPidFile(dataDir);
    if (!pidFile || !isPostmasterOf(pidFile.pid, dataDir)) return undefined;
    if (pidFile.status === 'ready') return pidFile;
  }
  throw new Error('the PostgreSQL that already runs there is not ready after five minutes');
}

interface Launched {
  readonly child: ChildProcess;
  readonly dismiss: Dismiss;
  hasEnded(): boolean;
  lastWords(): string;
  readonly ended: Promise<void>;
}

function launch(command: readonly string[], identity: Identity, user: User, log: (line: string) => void): Launched {
  const [program = '', ...words] = command;
  // detached: Ctrl-C must reach only the application, which stops PostgreSQL last.
  const child = spawn(program, words, {
    uid: identity.uid,
    gid: identity.gid,
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
    cwd: '/',
    env: { ...process.env, LC_ALL: 'C' },
  });
  const dismiss = child.pid === undefined ? (): void => undefined : guardServer(child.pid, user);
  let tail = '';
  let hasEnded = false;
  child.stderr?.on('data', (chunk: Buffer) => {
    tail = (tail + chunk.toString()).slice(-4_000);
    log(chunk.toString().trimEnd());
  });
  const ended = new Promise<void>((resolve) => {
    const note = (): void => {
      hasEnded = true;
      resolve();
    };
    child.once('close', note).once('error', (error) => {
      tail += String(error);
      note();
    });
  });
  return { child, dismiss, ended, hasEnded: () => hasEnded, lastWords: () => tail };
}

async function waitUntilReady(dataDir: string, { hasEnded }: Launched): Promise<Server> {
  for (const until = Date.now() + readyWithinMs; Date.now() < until; await pause(10)) {
    if (hasEnded()) throw new Error('it ended while starting');
    const pidFile = readPidFile(dataDir);
    if (pidFile?.status === 'ready') return pidFile;
  }
  throw new Error('it is not ready after five minutes');
}

function settings({ dataDir, ephemeral }: ServerOptions, port: number): string[] {
  const values = {
    listen_addresses: '127.0.0.1',
    // No socket file: its path would have to be short and writable.
    unix_socket_directories: '',
    timezone: 'UTC',
    log_timezone: 'UTC',
    max_connections: '100',
    shared_buffers: '128MB',
    ...(ephemeral ? { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' } : {}),
  };
  return ['-D', dataDir, '-p', String(port), ...Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
}

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer()
      .once('error', reject)
      .listen(0, '127.0.0.1', () => {
        const { port } = probe.address() as { port: number };
        probe.close(() => resolve(port));
      });
  });
