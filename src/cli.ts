import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { Command } from 'commander';
import { AppModule } from './app.module.ts';
import { registerKeysCommand } from './modules/billing-entities/index.ts';
import { FrameworkLogger } from './platform/logging/framework-logger.ts';
import { logTo } from './platform/logging/log.ts';
import { runOnce } from './platform/start/door.ts';
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
    await work(app);
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

await program.parseAsync();
