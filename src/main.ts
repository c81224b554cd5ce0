import 'reflect-metadata';
import { AppModule } from './app.module.ts';
import { StripeStandIn } from './integrations/stripe/stripe-stand-in.ts';
import { Bootstrap } from './modules/billing-entities/index.ts';
import { createApp } from './platform/http/create-app.ts';
import { log } from './platform/logging/log.ts';
import { stayOpen } from './platform/start/door.ts';

/** The HTTP API, with the jobs in the same process. */
await stayOpen(async ({ config, databaseUrl, onClose }) => {
  const app = await createApp(AppModule.register(config, databaseUrl, { runsJobs: true }));
  onClose(() => app.close());
  await app.get(Bootstrap).execute();
  await app.listen(config.port, config.host);
  const url = await app.getUrl();
  log.info(`Florin listens on ${url}`);
  await app.get(StripeStandIn).deliverTo(url);
});
