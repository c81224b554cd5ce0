import { type ChildProcess, spawn } from 'node:child_process';
import type { User } from './users.ts';

/** Stands down: what it guarded is over. */
export type Dismiss = () => void;

/**
 * Ends a child when this process dies without ending it (kill -9, crash): the kernel closes the pipe that the watchdog reads.
 * Not on Windows, where there is no such shell; the next start finds the orphan.
 */
export const guardChild = (child: ChildProcess): void => {
  if (child.pid !== undefined) child.once('exit', watch(`kill -INT ${child.pid}`, []));
};

/** The same for a server that others may use too: it ends with the last of them. */
export const guardServer = (pid: number, user: User): Dismiss =>
  watch(
    `rm -f "$1"; for user in "$2"/*; do name="\${user##*/}"; kill -0 "\${name%%.*}" 2>/dev/null && exit 0; done; kill -INT ${pid}`,
    [user.file, user.directory],
  );

function watch(onDeath: string, words: readonly string[]): Dismiss {
  if (process.platform === 'win32') return () => undefined;
  const watchdog = spawn('/bin/sh', ['-c', `read line; ${onDeath}`, 'watchdog', ...words], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  watchdog.once('error', () => undefined);
  watchdog.unref();
  letGo(watchdog.stdin);
  return () => void watchdog.kill('SIGKILL');
}

/** A pipe to a child is a socket that would keep this process alive. */
export function letGo(pipe: object | null): void {
  (pipe as { unref?: () => void } | null)?.unref?.();
}
