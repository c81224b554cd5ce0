import type { Command } from 'commander';
import { DataSource } from 'typeorm';
import { BillingError } from '../../domain/errors/billing-error.ts';
import { isoOf } from '../../platform/clock/clock.ts';
import { isId } from '../../platform/database/ids.ts';
import { answer, type Operate } from '../../platform/start/operate.ts';
import { listEntries, organizationOfSubscription, type StoredEntry } from './audit.queries.ts';
import { VerifyAudit } from './verify-audit.ts';
import { WriteAudit } from './write-audit.ts';

/** `florin audit:verify`: one line an organization; exits with 1 when a chain is broken. `florin subscriptions:audit`. */
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

  program
    .command('subscriptions:audit')
    .description('what happened to a subscription, the oldest first: when, what, who, from where, and what was told')
    .argument('<id>')
    .option('--type <type>', 'only this, such as subscription.canceled')
    .action((id: string, { type }: { type?: string }) =>
      operate(async (app) => {
        const dataSource = app.get(DataSource);
        const organizationId = await organizationOfSubscription(dataSource, id);
        await app.get(WriteAudit).catchUp(organizationId);
        const filter = { subscriptionId: id, ...(type === undefined ? {} : { types: [type] }) };
        const entries: StoredEntry[] = [];
        for (let number = 1; ; number += 1) {
          const page = await listEntries(dataSource, organizationId, filter, { number, size: pageSize });
          entries.push(...page.entries);
          if (entries.length >= page.count || page.entries.length === 0) break;
        }
        for (const entry of entries.toReversed()) answer(lineOf(entry));
      }),
    );
}

const pageSize = 1_000;

const lineOf = (entry: StoredEntry): string => {
  const who = entry.actor_id === null ? entry.actor_type : `${entry.actor_type} ${entry.actor_id}`;
  return [isoOf(entry.occurred_at), entry.type, who, entry.actor_address ?? '-', JSON.stringify(entry.payload)].join('\t');
};
