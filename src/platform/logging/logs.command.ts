import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { readConfig } from '../config/config.ts';
import { workerLogPath } from './worker-log.ts';

/** `florin logs --worker NAME --lines N`: the end of a worker's log; needs no database. */
export function registerLogsCommand(program: Command): void {
  program
    .command('logs')
    .description("print the last lines of a worker's log")
    .requiredOption('--worker <name>', 'invoice_generator or invoice_finalizer')
    .option('--lines <n>', 'how many', '50')
    .action(({ worker, lines }: { worker: string; lines: string }, command: Command) => {
      if (!/^[1-9]\d{0,6}$/.test(lines)) command.error('--lines must be a whole number from 1.');
      const { logDir } = readConfig(process.env);
      const path = workerLogPath(logDir, worker);
      if (!/^\w+$/.test(worker) || !existsSync(path))
        command.error(`There is no log of a worker "${worker}" in ${logDir}. There is: ${workersIn(logDir)}.`);
      const all = readFileSync(path, 'utf8').trimEnd().split('\n');
      process.stdout.write(`${all.slice(-Number(lines)).join('\n')}\n`);
    });
}

function workersIn(logDir: string): string {
  const directory = join(logDir, 'workers');
  const names = existsSync(directory) ? readdirSync(directory).map((file) => file.replace(/\.log$/, '')) : [];
  return names.join(', ') || 'none yet';
}
