import cliProgress from 'cli-progress';
import type { Command } from 'commander';
import { importEvents, type ImportProgress } from './import-events.ts';
import { ImportError, readMapping } from './import-mapping.ts';

interface Options {
  readonly mapping: string;
  readonly url: string;
  readonly key: string;
}

/** `events:import FILE --mapping FILE --url URL --key KEY` */
export function registerEventsImport(program: Command): void {
  const command = program
    .command('events:import')
    .argument('<file>', 'CSV file with a header line')
    .description('Send a CSV file as usage events; interrupted, the same command goes on')
    .requiredOption('--mapping <file>', 'JSON file that says which columns become which events')
    .requiredOption('--url <url>', 'where Florin listens, such as http://127.0.0.1:3000')
    .requiredOption('--key <key>', 'API key of the organization')
    .action(async (file: string, options: Options) => {
      try {
        await run(file, options);
      } catch (error) {
        if (error instanceof ImportError) command.error(error.message);
        throw error;
      }
    });
}

async function run(file: string, { mapping, url, key }: Options): Promise<void> {
  const bar = process.stdout.isTTY
    ? new cliProgress.SingleBar(
        { format: '{bar} {percentage} % | {rows} rows | {eta_formatted} left' },
        cliProgress.Presets.shades_classic,
      )
    : undefined;
  const onProgress = ({ rows, bytes, totalBytes }: ImportProgress): void => {
    if (bar && !bar.isActive) bar.start(totalBytes, 0, { rows });
    bar?.update(bytes, { rows });
  };
  try {
    const report = await importEvents({ file, mapping: await readMapping(mapping), url, key, onProgress });
    bar?.stop();
    const resumed = report.resumedAfterRow > 0 ? ` (${report.resumedAfterRow} of them were there already)` : '';
    process.stdout.write(`${report.rows} rows imported${resumed}, ${report.sentEvents} events sent.\n`);
  } finally {
    bar?.stop();
  }
}
