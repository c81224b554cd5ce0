import type { Command } from 'commander';
import { BillingError } from '../../domain/errors/billing-error.ts';
import { isId } from '../../platform/database/ids.ts';
import { answer, type Operate } from '../../platform/start/operate.ts';
import { VerifyAudit } from './verify-audit.ts';
import { WriteAudit } from './write-audit.ts';

/** `florin audit:verify`: one line an organization; exits with 1 when a chain is broken. */
export function registerAuditCommand(program: Command, operate: Operate): void {
  program
    .command('audit:verify')
    .description(
      'compute the hash of every audit entry again: organization, number of entries, last hash; 1 when one is not what was written',
    )
    .option('--organization <id>', 'of this organization only')
    .action(({ organization }: { organization?: string }) =>
      operate(async (app) => {
        if (organization !== undefined && !isId(organization)) throw new BillingError('organization_not_found');
        await app.get(WriteAudit).execute();
        for (const report of await app.get(VerifyAudit).execute(organization)) {
          const verdict = report.brokenAt === undefined ? 'ok' : `BROKEN at entry ${report.brokenAt}`;
          answer([report.organizationId, report.entries, report.head, verdict].join('\t'));
          if (report.brokenAt !== undefined) process.exitCode = 1;
        }
      }),
    );
}
