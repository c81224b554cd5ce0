import type { Command } from 'commander';
import { DataSource } from 'typeorm';
import { BillingError } from '../../domain/errors/billing-error.ts';
import { type SubscriptionStatus, subscriptionStatuses } from '../../domain/lifecycles/subscription.ts';
import { isId } from '../../platform/database/ids.ts';
import { toJson } from '../../platform/http/strict-json.ts';
import { answer, type Operate } from '../../platform/start/operate.ts';
import { SubscriptionRow } from './subscription.entity.ts';
import { presentSubscriptions } from './subscriptions.queries.ts';

/** `florin subscriptions:list|get`, across organizations. */
export function registerSubscriptionsCommands(program: Command, operate: Operate): void {
  program
    .command('subscriptions:list')
    .description('the youngest subscriptions: id, external id, state, end of the current period')
    .option('--organization <id>', 'of this organization only')
    .option('--status <state>', subscriptionStatuses.join(', ').toLowerCase())
    .option('--limit <n>', 'how many', '50')
    .action(({ organization, status, limit }: { organization?: string; status?: string; limit: string }) =>
      operate(async (app) => {
        const rows = await app.get(DataSource).manager.find(SubscriptionRow, {
          where: {
            ...(organization ? { organizationId: organization } : {}),
            ...(status ? { status: status.toUpperCase() as SubscriptionStatus } : {}),
          },
          order: { createdAt: 'desc', id: 'desc' },
          take: Number(limit),
        });
        for (const row of rows)
          answer([row.id, row.externalId, row.status, row.currentPeriodEnd?.toISOString() ?? '-'].join('\t'));
      }),
    );

  program
    .command('subscriptions:get')
    .description('one subscription as the API shows it')
    .argument('<id>')
    .action((id: string) =>
      operate(async (app) => {
        const [presented] = await presentSubscriptions(app.get(DataSource).manager, [await find(app.get(DataSource), id)]);
        answer(toJson(presented));
      }),
    );
}

async function find(dataSource: DataSource, id: string): Promise<SubscriptionRow> {
  const row = isId(id) ? await dataSource.manager.findOneBy(SubscriptionRow, { id }) : null;
  if (!row) throw new BillingError('subscription_not_found');
  return row;
}
