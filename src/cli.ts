import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { Command } from 'commander';
import { AppModule } from './app.module.ts';
import { runDemo } from './demo/demo.ts';
import { StripeStandIn } from './integrations/stripe/stripe-stand-in.ts';
import { registerAuditCommand } from './modules/audit/index.ts';
import { withActor } from './platform/auth/actor.ts';
import { registerBillingCommands } from './modules/billing/index.ts';
import { registerKeysCommand } from './modules/billing-entities/index.ts';
import { registerInvoicesCommands, registerNumberingCommand } from './modules/invoices/index.ts';
import { registerSubscriptionsCommands } from './modules/subscriptions/index.ts';
import { registerEventsImport } from './modules/usage/index.ts';
import { registerWebhooksCommands } from './modules/webhooks/index.ts';
import { createApp } from './platform/http/create-app.ts';
import { FrameworkLogger } from './platform/logging/framework-logger.ts';
import { logTo, setLogLevel } from './platform/logging/log.ts';
import { registerLogsCommand } from './platform/logging/logs.command.ts';
import { runOnce, stayOpen } from './platform/start/door.ts';
import { answer, type Operate } from './platform/start/operate.ts';

/** The operator's door. Every command is registered by the room it belongs to; standard output holds only its answer. */
logTo(process.stderr);

const operate: Operate = (work) =>
  runOnce(async ({ config, databaseUrl, onClose }) => {
    const app = await NestFactory.createApplicationContext(AppModule.register(config, databaseUrl, { runsJobs: false }), {
      logger: new FrameworkLogger(),
      abortOnError: false,
    });
    onClose(() => app.close());
    await withActor({ type: 'operator', id: 'command line', address: null }, () => work(app));
  });

const program = new Command('florin').description('Operator commands of Florin').showHelpAfterError();

program
  .command('migrate')
  .description('bring the schema of the database up to date')
  .action(() =>
    runOnce(async ({ migrationsRun }) =>
      answer(migrationsRun === 0 ? 'The schema is up to date.' : `The schema is up to date: ${migrationsRun} migrations ran.`),
    ),
  );
registerKeysCommand(program, operate);
registerEventsImport(program);
registerSubscriptionsCommands(program, operate);
registerInvoicesCommands(program, operate);
registerNumberingCommand(program, operate);
registerBillingCommands(program, operate);
registerAuditCommand(program, operate);
registerWebhooksCommands(program, operate);
registerLogsCommand(program);

program
  .command('demo')
  .description('a company with three sellers, billed: makes it once, prints its invoices and serves the API')
  .action(() =>
    stayOpen(async ({ config, databaseUrl, onClose }) => {
      setLogLevel('warn');
      const app = await createApp(
        AppModule.register({ ...config, stripeSimulatorServes: 'all' }, databaseUrl, { runsJobs: true }),
      );
      onClose(() => app.close());
      await app.listen(config.port, config.host);
      const url = await app.getUrl();
      await app.get(StripeStandIn).deliverTo(url);
      await runDemo(app, config, url);
    }),
  );

await program.parseAsync();
