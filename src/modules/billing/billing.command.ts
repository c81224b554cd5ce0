import cliProgress from 'cli-progress';
import type { INestApplicationContext } from '@nestjs/common';
import type { Command } from 'commander';
import { readInstant } from '../../platform/http/validators.ts';
import { answer, type Operate } from '../../platform/start/operate.ts';
import { CheckInvariants } from './check-invariants.ts';
import { printPlans } from './dry-run/print-plans.ts';
import { registerExplainCommand } from './explain/explain.command.ts';
import { GenerateInvoices } from './generate-invoices.ts';
import { invariants } from './invariants.ts';

/** `florin billing:run`, `florin explain` and `florin doctor`. */
export function registerBillingCommands(program: Command, operate: Operate): void {
  registerExplainCommand(program, operate);
  program
    .command('billing:run')
    .description('bill every live organization now, as the hourly schedule does')
    .option('--dry-run', 'only say what would be invoiced')
    .option('--as-of <instant>', 'of a dry run: what would be due by then, as 2026-02-01T00:00:00Z')
    .action(({ dryRun = false, asOf: text }: { dryRun?: boolean; asOf?: string }, command: Command) => {
      const asOf = readInstant(text);
      if (text !== undefined && !asOf) command.error(`--as-of ${text}: write an instant with its zone, as 2026-02-01T00:00:00Z.`);
      if (asOf && !dryRun) command.error('--as-of goes with --dry-run: nothing is billed before its time.');
      return operate((app) => (dryRun ? printPlans(app, asOf) : billNow(app)));
    });

  program
    .command('doctor')
    .description('ask every invariant of the database; silent and 0 when all hold, else 1 with the first offenders')
    .option('--list', 'say which invariants there are')
    .action(({ list }: { list?: boolean }) => {
      if (list) {
        for (const { name, holds } of invariants) answer(`${name}: ${holds}`);
        return undefined;
      }
      return operate(async (app) => {
        const violations = await app.get(CheckInvariants).execute();
        for (const { invariant, offenders } of violations)
          answer(`${invariant.name}: it should hold that ${invariant.holds}, but: ${offenders.join('; ')}`);
        if (violations.length > 0) process.exitCode = 1;
      });
    });
}

async function billNow(app: INestApplicationContext): Promise<void> {
  const bar = process.stderr.isTTY
    ? new cliProgress.SingleBar(
        { format: 'Billing {bar} {value}/{total}', stream: process.stderr },
        cliProgress.Presets.shades_classic,
      )
    : undefined;
  bar?.start(0, 0);
  const result = await app.get(GenerateInvoices).forAll({
    trigger: 'CLI',
    onProgress: (done, found) => {
      bar?.setTotal(found);
      bar?.update(done);
      return true;
    },
  });
  bar?.stop();
  answer(`processed=${result.successful + result.failed} successful=${result.successful} failed=${result.failed}`);
  if (result.failed > 0) process.exitCode = 1;
}
