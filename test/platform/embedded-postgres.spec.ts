import { spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import {
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  startEmbeddedPostgres,
} from '../../src/platform/embedded-postgres/embedded-postgres.ts';
import { startErrorOf } from '../../src/platform/embedded-postgres/failures.ts';
import { StartError } from '../../src/platform/embedded-postgres/start-error.ts';
import { processesOf, startProcess, until } from '../support/processes.ts';

async function rows(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows as unknown[];
  } finally {
    await client.end();
  }
}

const postmasterPid = (dataDir: string): number =>
  Number.parseInt(readFileSync(join(dataDir, 'postmaster.pid'), 'utf8').split('\n')[0] ?? '', 10);

describe('the embedded PostgreSQL', () => {
  let root: string;
  /** A finished cluster to copy: initdb is the slow part. */
  let pattern: string;
  let place: string;
  let dataDir: string;
  const running: EmbeddedPostgres[] = [];

  const start = async (options: Partial<EmbeddedPostgresOptions> = {}): Promise<EmbeddedPostgres> => {
    const server = await startEmbeddedPostgres({ dataDir, ephemeral: true, ...options });
    running.push(server);
    return server;
  };
  const sentenceOf = async (options: Partial<EmbeddedPostgresOptions> = {}): Promise<string> => {
    const error: unknown = await start(options).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(StartError);
    const { message } = error as StartError;
    expect(message).not.toContain('\n');
    expect(message).toMatch(/\.$/);
    return message;
  };
  const useFinishedCluster = (): void => {
    cpSync(join(pattern, 'pg'), dataDir, { recursive: true });
    cpSync(join(pattern, 'pg.password'), `${dataDir}.password`);
  };
  const nothingRuns = (): Promise<void> => until(`no process on ${place}`, () => processesOf(place).length === 0);

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'florin-embedded-'));
    pattern = join(root, 'pattern');
    const server = await startEmbeddedPostgres({ dataDir: join(pattern, 'pg'), ephemeral: true });
    await server.stop();
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  beforeEach(() => {
    place = mkdtempSync(join(root, 'case-'));
    dataDir = join(place, 'pg');
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((server) => server.stop()));
    await nothingRuns();
  });

  it('keeps what was written, and leaves no process, no lock and no scratch directory', async () => {
    const first = await start({ database: 'florin' });
    await rows(first.url, 'create table kept as select 42 as answer');
    await first.stop();
    await nothingRuns();
    expect(readdirSync(place).toSorted()).toEqual(['pg', 'pg.password', 'pg.users']);
    const second = await start({ database: 'florin' });
    expect(second.attached).toBe(false);
    expect(await rows(second.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
  });

  it('starts again after kill -9 of the process that owned it', async () => {
    useFinishedCluster();
    const owner = startProcess('test/support/start-cluster.ts', [dataDir]);
    const { url } = JSON.parse(await owner.line(/url/)) as { url: string };
    await rows(url, 'create table kept as select 42 as answer');
    owner.child.kill('SIGKILL');
    await owner.exit;
    // At once, while the watchdog is still ending the old server.
    const server = await start();
    expect(server.attached).toBe(false);
    expect(await rows(server.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
  });

  it('ends by itself after kill -9 of its owner', async () => {
    useFinishedCluster();
    const owner = startProcess('test/support/start-cluster.ts', [dataDir]);
    await owner.line(/url/);
    expect(processesOf(dataDir).length).toBeGreaterThan(0);
    owner.child.kill('SIGKILL');
    await nothingRuns();
    expect(existsSync(join(dataDir, 'postmaster.pid'))).toBe(false);
  });

  it('starts again after kill -9 of PostgreSQL itself', async () => {
    useFinishedCluster();
    const owner = startProcess('test/support/start-cluster.ts', [dataDir]);
    await owner.line(/url/);
    process.kill(postmasterPid(dataDir), 'SIGKILL');
    owner.child.kill('SIGTERM');
    expect(await owner.exit).toBe(0);
    expect(existsSync(join(dataDir, 'postmaster.pid'))).toBe(true);
    expect(await rows((await start()).url, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it("takes no notice of a pid file whose number is now somebody else's", async () => {
    useFinishedCluster();
    const stranger = spawn('sleep', ['600'], { stdio: 'ignore' });
    try {
      writeFileSync(
        join(dataDir, 'postmaster.pid'),
        `${stranger.pid}\n${dataDir}\n1700000000\n5432\n\n127.0.0.1\n  1 1\nready   \n`,
      );
      const server = await start();
      expect(server.attached).toBe(false);
      expect(stranger.exitCode).toBeNull();
    } finally {
      stranger.kill('SIGKILL');
    }
  });

  it("takes over the lock of a dead starter, and of one whose number is now somebody else's", async () => {
    useFinishedCluster();
    const stranger = spawn('sleep', ['600'], { stdio: 'ignore' });
    try {
      for (const holder of ['999999999 1', `${stranger.pid} 1`, '']) {
        writeFileSync(`${dataDir}.lock`, holder);
        await (await start()).stop();
        expect(existsSync(`${dataDir}.lock`)).toBe(false);
      }
    } finally {
      stranger.kill('SIGKILL');
    }
  });

  it('starts over after a half-finished initdb', async () => {
    mkdirSync(join(place, 'pg.init-abc123/base'), { recursive: true });
    writeFileSync(join(place, 'pg.init-abc123/PG_VERSION'), '18\n');
    writeFileSync(`${dataDir}.password`, 'of the interrupted one\n');
    mkdirSync(dataDir);
    const server = await start();
    expect(await rows(server.url, 'select 1 as one')).toEqual([{ one: 1 }]);
    expect(existsSync(join(place, 'pg.init-abc123'))).toBe(false);
  });

  it('lets one of two starters at once own it and the other join', async () => {
    const [one, other] = await Promise.all([start(), start()]);
    expect([one.attached, other.attached].toSorted()).toEqual([false, true]);
    expect(one.url).toBe(other.url);
  });

  it('lets a second process join by another name of the directory, and stays when that one leaves', async () => {
    useFinishedCluster();
    const server = await start();
    symlinkSync(place, join(root, 'by-another-name'));
    const guest = startProcess('test/support/start-cluster.ts', [join(root, 'by-another-name', 'pg')]);
    expect(JSON.parse(await guest.line(/url/))).toEqual({ url: server.url, attached: true });
    guest.child.kill('SIGTERM');
    expect(await guest.exit).toBe(0);
    expect(await rows(server.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it.each(['SIGTERM', 'SIGKILL'] as const)(
    'stays for those who joined when the process that started it gets %s',
    async (signal) => {
      useFinishedCluster();
      const first = startProcess('test/support/start-cluster.ts', [dataDir]);
      await first.line(/url/);
      const guest = await start();
      expect(guest.attached).toBe(true);
      first.child.kill(signal);
      await first.exit;
      await until(
        'the watchdog to have decided',
        () => !processesOf(place).some((command) => command.includes('watchdog') && command.includes(`/${first.child.pid}.`)),
      );
      expect(await rows(guest.url, 'select 1 as one')).toEqual([{ one: 1 }]);
      // The last one out stops it.
      await guest.stop();
      expect(processesOf(`-D ${dataDir}`)).toEqual([]);
    },
  );

  it('ends when all its users are killed at once', async () => {
    useFinishedCluster();
    const users = [1, 2, 3].map(() => startProcess('test/support/start-cluster.ts', [dataDir]));
    await Promise.all(users.map((user) => user.line(/url/)));
    for (const user of users) user.child.kill('SIGKILL');
    await nothingRuns();
    expect(processesOf(place)).toEqual([]);
  });

  it('runs beside another one whose directory has a similar name', async () => {
    useFinishedCluster();
    const one = await start();
    const other = await start({ dataDir: `${dataDir}2` });
    expect(other.attached).toBe(false);
    expect(other.url).not.toBe(one.url);
  });

  it('starts while another one is still leaving', async () => {
    useFinishedCluster();
    const first = await start();
    const [second] = await Promise.all([start(), first.stop()]);
    expect(await rows(second.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  describe('refuses with one sentence', () => {
    it('a directory of another major version', async () => {
      useFinishedCluster();
      writeFileSync(join(dataDir, 'PG_VERSION'), '17\n');
      expect(await sentenceOf()).toMatch(/was made by PostgreSQL 17 and this Florin brings PostgreSQL \d+: start the Florin/);
    });

    it("a directory with somebody's files, which stay", async () => {
      mkdirSync(dataDir);
      writeFileSync(join(dataDir, 'thesis.txt'), 'years of work');
      expect(await sentenceOf()).toContain('holds files that are no PostgreSQL database');
      expect(existsSync(join(dataDir, 'thesis.txt'))).toBe(true);
    });

    it('a file in the way', async () => {
      writeFileSync(join(place, 'file'), '');
      expect(await sentenceOf({ dataDir: join(place, 'file', 'pg') })).toContain('a file is in its way');
    });

    it('a cluster without its password', async () => {
      useFinishedCluster();
      rmSync(`${dataDir}.password`);
      expect(await sentenceOf()).toContain('is missing: put both back from one backup');
    });

    it.each([
      ['initdb: error: could not write to file "x": No space left on device', /disk that holds \/data is full: free some space/],
      [
        'FATAL: could not extend file "base/1/2691": wrote only 4096 of 8192 bytes\nHINT:  Check free disk space.',
        /disk that holds/,
      ],
      ["ENOSPC: no space left on device, write '/data.lock'", /disk that holds \/data is full/],
      ['FATAL: could not resize shared memory segment "/PostgreSQL.1" to 1 bytes: No space left on device', /shared memory/],
      ["EACCES: permission denied, mkdir '/data'", /a directory that this user may read and write/],
      ["EROFS: read-only file system, open '/data.lock'", /a directory that this user may read and write/],
      ['initdb: error: could not look up effective user ID 1234: user does not exist', /needs a user with a name/],
      ['libicuuc.so.60: error while loading shared libraries', /set DATABASE_URL/],
      ['LOG: one\nFATAL:  could not do it\nLOG: shut down', /did not start: FATAL: {2}could not do it/],
    ])('after the output %j', (output, sentence) => {
      const { message } = startErrorOf(new Error(output), '/data');
      expect(message).toMatch(sentence);
      expect(message).not.toContain('\n');
    });
  });
});
