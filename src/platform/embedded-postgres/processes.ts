import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** A process is there; a zombie is not. */
export function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return stateOf(pid) !== 'Z';
}

/** `<pid> <start>`: tells a process from a later one that was given the same number. */
export const fingerprintOf = (pid: number): string => `${pid} ${startOf(pid)}`;

/** Does the process that wrote this fingerprint still run? */
export function isRunning(fingerprint: string): boolean {
  const pid = Number.parseInt(fingerprint, 10);
  return isAlive(pid) && fingerprintOf(pid) === fingerprint.trim();
}

/** The command line of a process, one entry an argument; undefined where it cannot be read. */
export function argumentsOf(pid: number): string[] | undefined {
  try {
    if (process.platform === 'linux') return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    if (process.platform === 'win32') return undefined;
    return execFileSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' })
      .trim()
      .split(' ');
  } catch {
    return undefined;
  }
}

function startOf(pid: number): string {
  try {
    if (process.platform === 'linux') return statFieldsOf(pid)[19] ?? '';
    if (process.platform === 'win32') return '';
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
  } catch {
    return '';
  }
}

function stateOf(pid: number): string | undefined {
  try {
    return process.platform === 'linux' ? statFieldsOf(pid)[0] : undefined;
  } catch {
    return undefined;
  }
}

/** The fields of /proc/<pid>/stat behind the command's name, which may itself hold blanks and brackets. */
function statFieldsOf(pid: number): string[] {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}
