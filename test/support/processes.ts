import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const root = join(__dirname, '../..');

/** A process of its own, running one of our TypeScript files. */
export interface Started {
  readonly child: ChildProcess;
  /** Everything it has written so far. */
  output(): { stdout: string; stderr: string };
  /** Resolves with the first line of standard output that matches. */
  line(pattern: RegExp): Promise<string>;
  readonly exit: Promise<number | NodeJS.Signals>;
}

export function startProcess(script: string, args: readonly string[], environment: Record<string, string> = {}): Started {
  const child = spawn(
    process.execPath,
    ['--import', join(root, 'test/support/run-typescript.mjs'), join(root, script), ...args],
    {
      cwd: root,
      env: { PATH: process.env['PATH'] ?? '', ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const exit = new Promise<number | NodeJS.Signals>((resolve) =>
    child.once('close', (code, signal) => resolve(code ?? signal ?? -1)),
  );
  let ended = false;
  void exit.then(() => {
    ended = true;
  });
  return {
    child,
    exit,
    output: () => ({ stdout, stderr }),
    async line(pattern) {
      let found: string | undefined;
      await until(`a line ${pattern}`, () => {
        found = stdout.split('\n').find((candidate) => pattern.test(candidate));
        if (found === undefined && ended) throw new Error(`it ended without a line ${pattern}:\n${stdout}\n${stderr}`);
        return found !== undefined;
      });
      return found ?? '';
    },
  };
}

/** Waits for a condition; fails with its name after two minutes. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 120_000; ; await pause(10)) {
    if (await holds()) return;
    if (Date.now() > deadline) throw new Error(`waited two minutes for ${what}`);
  }
}

/** Command lines of live processes that mention this text (Linux). */
export function processesOf(text: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim();
      } catch {
        return '';
      }
    })
    .filter((command) => command.includes(text));
}
