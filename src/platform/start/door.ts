import { type Config, readConfig } from '../config/config.ts';
import { openDatabase } from '../database/open-database.ts';
import { log, setLogLevel } from '../logging/log.ts';
import { describeFailure } from './start-failure.ts';

/** What a door stands on: a valid configuration and a migrated database. */
export interface Ground {
  readonly config: Config;
  readonly databaseUrl: string;
  readonly migrationsRun: number;
  /** Closed before the database, the last one first. */
  onClose(close: () => Promise<void>): void;
}

/** One Ctrl-C may arrive twice, from the terminal and from npm. */
const sameSignalMs = 500;
const closeWithinMs = 30_000;

/** Opens a door that stays open until SIGINT or SIGTERM; then it finishes what it is doing. A second signal ends it at once. */
export async function stayOpen(open: (ground: Ground) => Promise<void>): Promise<never> {
  const signal = firstSignal();
  return run(async (ground) => {
    await open(ground);
    await signal;
    log.info('stopping');
    setTimeout(() => process.exit(1), closeWithinMs).unref();
  });
}

/** Opens a door for one piece of work. A signal ends it at once: what it has not committed is rolled back. */
export async function runOnce(work: (ground: Ground) => Promise<void>): Promise<never> {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));
  return run(work);
}

/** The embedded PostgreSQL is the last to close. Where this process ends without closing it, its watchdog does. */
async function run(work: (ground: Ground) => Promise<void>): Promise<never> {
  // A closed pipe (`| head`) is the reader's wish, not an error.
  process.stdout.on('error', () => undefined);
  const closers: (() => Promise<void>)[] = [];
  let exitCode = 0;
  try {
    try {
      const config = readConfig(process.env);
      setLogLevel(config.logLevel);
      const database = await openDatabase(config);
      closers.push(() => database.close());
      void database.lost.then(endWithoutDatabase);
      const { url: databaseUrl, migrationsRun } = database;
      await work({ config, databaseUrl, migrationsRun, onClose: (close) => void closers.push(close) });
    } finally {
      for (const close of closers.toReversed()) await close();
    }
  } catch (error) {
    process.stderr.write(`${describeFailure(error)}\n`);
    exitCode = 1;
  }
  // A command that found something wrong says so by process.exitCode.
  process.exit(exitCode === 0 ? process.exitCode : exitCode);
}

/** Nothing can be finished any more. Whoever keeps this process running starts it again, and PostgreSQL with it. */
function endWithoutDatabase(): never {
  process.stderr.write('The embedded PostgreSQL has ended without being asked to: this process ends as well; start it again.\n');
  process.exit(1);
}

function firstSignal(): Promise<void> {
  return new Promise((resolve) => {
    let firstAt: number | undefined;
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.on(signal, () => {
        const now = performance.now();
        if (firstAt !== undefined && now - firstAt > sameSignalMs) process.exit(1);
        firstAt ??= now;
        resolve();
      });
  });
}
