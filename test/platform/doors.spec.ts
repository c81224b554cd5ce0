import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { readConfig } from '../../src/platform/config/config.ts';
import { openDatabase } from '../../src/platform/database/open-database.ts';
import { describeFailure } from '../../src/platform/start/start-failure.ts';
import { processesOf, startProcess, type Started, until } from '../support/processes.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';

/** So that no simulator takes a port. */
const withoutStripe = { STRIPE_SECRET_KEY: 'sk_test_nobody_at_all', STRIPE_WEBHOOK_SECRET: 'whsec_nobody_at_all' };
const bootstrapKey = 'bootstrap-key-of-the-door-tests';

const freePort = async (): Promise<number> => {
  const holder = createServer();
  const port = await new Promise<number>((resolve) =>
    holder.listen(0, '127.0.0.2', () => resolve((holder.address() as { port: number }).port)),
  );
  await new Promise((resolve) => holder.close(resolve));
  return port;
};

describe('the doors', () => {
  let place: string;
  let database: TestDatabase;
  const started: Started[] = [];

  const open = (script: string, args: readonly string[] = [], environment: Record<string, string> = {}): Started => {
    const door = startProcess(script, args, {
      PORT: '0',
      FLORIN_LOG_DIR: join(place, 'logs'),
      DATABASE_URL: database.url,
      ...environment,
    });
    started.push(door);
    return door;
  };
  const addressOf = async (door: Started): Promise<string> => {
    const line = await door.line(/Florin listens on/);
    return /http:\/\/[\d.:]+/.exec(line)?.[0] ?? '';
  };
  /** The door refused to open: exit code 1, one sentence, no stack. */
  const sentenceOf = async (door: Started): Promise<string> => {
    expect(await door.exit).toBe(1);
    const { stderr } = door.output();
    expect(stderr).toMatch(/^[^\n]+\.\n$/);
    return stderr.trim();
  };

  beforeEach(async () => {
    place = mkdtempSync(join(tmpdir(), 'florin-doors-'));
    database = await createTestDatabase();
  });
  afterEach(async () => {
    for (const door of started.splice(0)) {
      door.child.kill('SIGKILL');
      await door.exit;
    }
    await until('all processes to end', () => processesOf(place).length === 0);
    await database.drop();
    rmSync(place, { recursive: true, force: true });
  });

  it('main runs on a database of its own, answers, and takes PostgreSQL with it on SIGTERM', async () => {
    const door = open('src/main.ts', [], { DATABASE_URL: '', FLORIN_DATA_DIR: place, FLORIN_BOOTSTRAP_API_KEY: bootstrapKey });
    const answer = await fetch(`${await addressOf(door)}/api/v1/billing_entities`, {
      headers: { authorization: `Bearer ${bootstrapKey}` },
    });
    expect(await answer.json()).toMatchObject({ billing_entities: [{ code: 'default' }] });
    expect(processesOf(place).length).toBeGreaterThan(0);
    door.child.kill('SIGTERM');
    expect(await door.exit).toBe(0);
    expect(processesOf(place)).toEqual([]);
  });

  it('says how to get a first key; the printed one, and nothing else, opens the running server; SIGINT ends it', async () => {
    const door = open('src/main.ts');
    expect(await door.line(/There is no organization yet/)).toContain('keys:create');
    const command = open('src/cli.ts', ['keys:create', '--new-organization', 'Acme']);
    expect(await command.exit).toBe(0);
    const { stdout } = command.output();
    expect(stdout).toMatch(/^flr_\S+\n$/);
    const answer = await fetch(`${await addressOf(door)}/api/v1/billing_entities`, {
      headers: { authorization: `Bearer ${stdout.trim()}` },
    });
    expect(answer.status).toBe(200);
    door.child.kill('SIGINT');
    expect(await door.exit).toBe(0);
  });

  it('opens one organization when two processes bootstrap the same empty database', async () => {
    const doors = [1, 2].map(() => open('src/main.ts', [], { FLORIN_BOOTSTRAP_API_KEY: bootstrapKey }));
    await Promise.all(doors.map(addressOf));
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    const { rows } = await client.query('select count(*)::int as n from organizations');
    await client.end();
    expect(rows).toEqual([{ n: 1 }]);
  });

  it('the worker starts without HTTP and stops on SIGTERM', async () => {
    const door = open('src/worker.ts');
    await door.line(/The worker is ready/);
    expect(door.output().stdout).not.toContain('listens');
    door.child.kill('SIGTERM');
    expect(await door.exit).toBe(0);
  });

  it('main listens on HOST only, and says no more than LOG_LEVEL allows', async () => {
    const port = await freePort();
    const door = open('src/main.ts', [], { HOST: '127.0.0.2', PORT: String(port), LOG_LEVEL: 'error' });
    await until(
      'it answers',
      async () => (await fetch(`http://127.0.0.2:${port}/health/live`).catch(() => undefined))?.status === 200,
    );
    await expect(fetch(`http://127.0.0.1:${port}/health/live`)).rejects.toThrow('fetch failed');
    door.child.kill('SIGTERM');
    expect(await door.exit).toBe(0);
    expect(door.output().stdout).toBe('');
  });

  it('migrate says what it did', async () => {
    const command = open('src/cli.ts', ['migrate']);
    expect(await command.exit).toBe(0);
    expect(command.output().stdout).toBe('The schema is up to date.\n');
  });

  it('one sentence: a bad setting', async () => {
    expect(await sentenceOf(open('src/main.ts', [], { PORT: 'eighty' }))).toBe(
      'PORT must be a whole number from 0 to 65535, not "eighty".',
    );
  });

  it('one sentence: the port is taken; and PostgreSQL does not stay behind', async () => {
    const holder = createServer();
    const port = await new Promise<number>((resolve) =>
      holder.listen(0, '127.0.0.1', () => resolve((holder.address() as { port: number }).port)),
    );
    try {
      const door = open('src/main.ts', [], { PORT: String(port), DATABASE_URL: '', FLORIN_DATA_DIR: place });
      expect(await sentenceOf(door)).toContain(`Port ${port} of 127.0.0.1 is already in use`);
      expect(processesOf(place)).toEqual([]);
    } finally {
      holder.close();
    }
  });

  // The processes above show that a door prints such a sentence and exits with 1; these ask for the sentence itself.
  const refusalOf = async (url: string): Promise<string> => {
    const refusal: unknown = await openDatabase(readConfig({ DATABASE_URL: url })).catch((error: unknown) => error);
    const sentence = describeFailure(refusal);
    expect(sentence).toMatch(/^[^\n]+\.$/);
    return sentence;
  };

  it('one sentence: no database answers, without its password', async () => {
    const sentence = await refusalOf('postgres://florin:tiny-secret@127.0.0.1:1/florin');
    expect(sentence).toContain('no PostgreSQL answers at 127.0.0.1:1');
    expect(sentence).not.toContain('tiny-secret');
  });

  it('one sentence: a database that does not exist', async () => {
    const url = new URL(database.url);
    url.pathname = '/nowhere';
    expect(await refusalOf(url.href)).toContain('there is no database nowhere');
  });

  it('one sentence: a database made by a newer Florin', async () => {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await client.query(`insert into schema_migrations (timestamp, name) values (9999999999999, 'FromTheFuture9999999999999')`);
    await client.end();
    expect(await refusalOf(database.url)).toContain('made by a newer Florin');
  });

  it('the server ends when its embedded PostgreSQL is killed, instead of answering 503 for ever', async () => {
    const dataDir = join(place, 'data');
    const door = open('src/main.ts', [], { DATABASE_URL: '', FLORIN_DATA_DIR: dataDir, ...withoutStripe });
    await addressOf(door);
    const pid = Number(readFileSync(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0]);
    process.kill(pid, 'SIGKILL');
    expect(await door.exit).toBe(1);
    expect(door.output().stderr).toContain('The embedded PostgreSQL has ended without being asked to');
  });
});
