import type { Command } from 'commander';
import { answer, type Operate } from '../../platform/start/operate.ts';
import { inboundStatuses, type InboundStatus } from './inbound-event.entity.ts';
import { ProcessInbox } from './process-inbox.ts';
import { Reconcile } from './reconcile.ts';
import { ReplayEvents } from './replay-events.ts';

/** `florin webhooks:replay`: one inbound event, or all that were received in a range. */
export function registerWebhooksCommands(program: Command, operate: Operate): void {
  program
    .command('webhooks:replay')
    .description('process stored inbound events once more: one by its id, or all that were received from one instant to another')
    .argument('[id]')
    .option('--from <instant>', 'received at this instant or later, such as 2026-11-21T14:00:00Z')
    .option('--to <instant>', 'received before this instant')
    .option('--status <status>', `only those that are ${inboundStatuses.join(', ').toLowerCase()}`)
    .action((id: string | undefined, { from, to, status }: { from?: string; to?: string; status?: string }, command: Command) => {
      const range = from !== undefined && to !== undefined;
      if ((id !== undefined) === range) command.error('Give either an id, or --from and --to.');
      const wanted = status?.toUpperCase() as InboundStatus | undefined;
      if (wanted !== undefined && !inboundStatuses.includes(wanted)) command.error(`--status knows no "${status}".`);
      for (const [name, text] of [
        ['--from', from],
        ['--to', to],
      ] as const)
        // prettier-ignore
        if (text !== undefined && !isInstant(text))
          command.error(`${name} must be an instant with its zone, such as 2026-11-21T14:00:00Z.`);
      return operate(async (app) => {
        const replay = app.get(ReplayEvents);
        const count =
          id === undefined
            ? await replay.range({
                from: new Date(from ?? ''),
                to: new Date(to ?? ''),
                ...(wanted === undefined ? {} : { status: wanted }),
              })
            : (await replay.one(id)) && 1;
        await app.get(ProcessInbox).execute();
        answer(`replayed=${count}`);
      });
    });

  program
    .command('stripe:reconcile')
    .description(
      'find and make up for what Stripe told in vain: events since an instant (two days), and every object; 1 when differences are left',
    )
    .option('--since <instant>', 'events from this instant on, such as 2026-11-21T14:00:00Z; Stripe keeps 30 days')
    .action(({ since }: { since?: string }, command: Command) => {
      if (since !== undefined && !isInstant(since))
        command.error('--since must be an instant with its zone, such as 2026-11-21T14:00:00Z.');
      return operate(async (app) => {
        const report = await app.get(Reconcile).execute(since === undefined ? undefined : new Date(since));
        answer(`events seen=${report.eventsSeen} missed=${report.eventsMissed.length}`);
        for (const { objectType, objectId, fields } of report.differences)
          answer(`different ${objectType} ${objectId}: ${fields.join(', ')}`);
        for (const { objectType, objectId, fields } of report.left)
          answer(`left ${objectType} ${objectId}: ${fields.join(', ')}`);
        if (report.left.length > 0) process.exitCode = 1;
      });
    });
}

const isInstant = (text: string): boolean =>
  /^\d{4}-\d\d-\d\dT.+(Z|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(Date.parse(text));
