import { type ChildProcess, spawn } from 'node:child_process';

/**
 * Ends `child` when this process dies without ending it (kill -9, crash): the kernel closes the pipe that the watchdog reads.
 * Not on Windows, where there is no such shell; the next start finds the orphan.
 */
export function guard(child: ChildProcess): void {
  if (process.platform === 'win32' || child.pid === undefined) return;
  const watchdog = spawn('/bin/sh', ['-c', `read line; kill -INT ${child.pid}`], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const dismiss = (): void => void watchdog.kill('SIGKILL');
  child.once('exit', dismiss);
  watchdog.once('error', () => child.off('exit', dismiss));
  watchdog.unref();
  letGo(watchdog.stdin);
}

/** A pipe to a child is a socket that would keep this process alive. */
export function letGo(pipe: object | null): void {
  (pipe as { unref?: () => void } | null)?.unref?.();
}
