import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { fingerprintOf, isRunning } from './processes.ts';
import { StartError } from './start-error.ts';

const patienceMs = 300_000;
/** Two starts of one process need two names. */
let nextClaim = 1;

/** One starter at a time per cluster. A lock whose process died, however it died, is taken over. */
export async function withStartLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  const me = fingerprintOf(process.pid);
  const claim = `${file}.${process.pid}.${nextClaim++}`;
  for (const until = Date.now() + patienceMs; ; await pause(25)) {
    if (tryClaim(file, claim, me)) break;
    const holder = read(file);
    if (holder === undefined) continue;
    if (!isRunning(holder)) bury(file, claim, holder);
    else if (Date.now() > until)
      throw new StartError(`Process ${holder.split(' ')[0]} has been starting the database for minutes: end it and start again.`);
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

/** The lock appears with its content in one step: a lock without an owner's name could never be judged. */
function tryClaim(file: string, claim: string, me: string): boolean {
  writeFileSync(claim, me);
  try {
    linkSync(claim, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  } finally {
    rmSync(claim, { force: true });
  }
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return undefined;
  }
}

/** Removes a dead process's lock; if somebody else was faster and it is a new one by now, puts that back. */
function bury(file: string, grave: string, holder: string): void {
  try {
    renameSync(file, grave);
    if (read(grave) !== holder) linkSync(grave, file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'EEXIST') throw error;
  } finally {
    rmSync(grave, { force: true });
  }
}
