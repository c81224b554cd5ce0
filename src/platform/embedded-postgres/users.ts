import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fingerprintOf, isRunning } from './processes.ts';

/**
 * Who uses a cluster: one file per process, so that the last one out turns off the light. The name begins with the process
 * id, which is what the watchdog's shell can check; the content also tells it from a later process of the same number.
 */
export interface User {
  readonly directory: string;
  readonly file: string;
  signOut(): void;
}

let nextVisit = 1;

export function signIn(dataDir: string): User {
  const directory = `${dataDir}.users`;
  mkdirSync(directory, { recursive: true });
  const file = join(directory, `${process.pid}.${nextVisit++}`);
  writeFileSync(file, fingerprintOf(process.pid));
  return { directory, file, signOut: () => rmSync(file, { force: true }) };
}

/** Does anybody alive use the cluster besides this one? Forgets the dead on the way. */
export function hasOtherUsers({ directory, file }: User): boolean {
  let found = false;
  for (const name of readdirSync(directory)) {
    const other = join(directory, name);
    if (other === file) continue;
    if (isRunning(read(other))) found = true;
    else rmSync(other, { force: true });
  }
  return found;
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return '';
  }
}
