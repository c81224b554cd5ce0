import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { argumentsOf, isAlive } from './processes.ts';

/** What the postmaster wrote about itself into its data directory. */
export interface PidFile {
  readonly pid: number;
  readonly port: number;
  readonly status: string;
}

const pidFileOf = (dataDir: string): string => join(dataDir, 'postmaster.pid');

export function readPidFile(dataDir: string): PidFile | undefined {
  try {
    const lines = readFileSync(pidFileOf(dataDir), 'utf8').split('\n');
    return { pid: Number(lines[0]), port: Number(lines[3]), status: lines[7]?.trim() ?? '' };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return undefined;
  }
}

export const removePidFile = (dataDir: string): void => rmSync(pidFileOf(dataDir), { force: true });

/**
 * Is this pid really the postmaster of this directory? After a crash or a container restart it may be anyone's. Where the
 * command line cannot be read, a live process gets the benefit of the doubt.
 */
export function isPostmasterOf(pid: number, dataDir: string): boolean {
  if (!isAlive(pid)) return false;
  const words = argumentsOf(pid);
  if (words === undefined) return true;
  if (process.platform !== 'linux') return words.join(' ').includes(`-D ${dataDir} `);
  return words.some((word, index) => word === '-D' && words[index + 1] === dataDir);
}
