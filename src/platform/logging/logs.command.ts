import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { readConfig } from '../config/config.ts';
import { answer } from '../start/operate.ts';
import { follow, lastLines } from './tail.ts';
import { workerLogPath } from './worker-log.ts';

interface LogsOptions {
  readonly worker: string;
  readonly lines: string;
  readonly follow?: boolean;
}

/** `florin logs --worker NAME --lines N [--follow]`: the end of a worker's log, however long it is; needs no database. */
export function registerLogsCommand(program: Command): void {
  program
    .command('logs')
    .description("print the last lines of a worker's log")
    .requiredOption('--worker <name>', 'invoice_generator or invoice_finalizer')
    .option('--lines <n>', 'how many', '50')
    .option('--follow', 'go on with what is written from now on, until Ctrl-C')
    .action(async (options: LogsOptions, command: Command) => {
      if (!/^[1-9]\d{0,6}$/.test(options.lines)) command.error('--lines must be a whole number from 1.');
      const { logDir } = readConfig(process.env);
      const path = workerLogPath(logDir, options.worker);
      if (!/^\w+$/.test(options.worker) || !existsSync(path))
        command.error(`There is no log of a worker "${options.worker}" in ${logDir}. There is: ${workersIn(logDir)}.`);
      process.stdout.on('error', () => process.exit(0));
      const { lines, end } = await lastLines(path, Number(options.lines));
      for (const line of lines) answer(line);
      if (options.follow) await follow(path, end, answer);
    });
}

function workersIn(logDir: string): string {
  const directory = join(logDir, 'workers');
  const names = existsSync(directory) ? readdirSync(directory).map((file) => file.replace(/\.log$/, '')) : [];
  return names.join(', ') || 'none yet';
}
