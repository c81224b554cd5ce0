import type { Command } from 'commander';
import { answer, type Operate } from '../../platform/start/operate.ts';
import { inboundStatuses, type InboundStatus } from './inbound-event.entity.ts';
import { ProcessInbox } from './process-inbox.ts';
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
        if (text !== undefined && !/^\d{4}-\d\d-\d\dT.+(Z|[+-]\d\d:\d\d)$/.test(text))
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
}
