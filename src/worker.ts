import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.ts';
import { Bootstrap } from './modules/billing-entities/index.ts';
import { FrameworkLogger } from './platform/logging/framework-logger.ts';
import { log } from './platform/logging/log.ts';
import { stayOpen } from './platform/start/door.ts';

/** The jobs without HTTP; any number of these beside each other and beside the API. */
await stayOpen(async ({ config, databaseUrl, onClose }) => {
  const app = await NestFactory.createApplicationContext(AppModule.register(config, databaseUrl, { runsJobs: true }), {
    logger: new FrameworkLogger(),
    abortOnError: false,
  });
  onClose(() => app.close());
  await app.get(Bootstrap).execute();
  log.info('The worker is ready');
});
