import 'reflect-metadata';
import { AppModule } from './app.module.ts';
import { readConfig } from './platform/config/config.ts';
import { openDatabase } from './platform/database/open-database.ts';
import { createApp } from './platform/http/create-app.ts';
import { setLogLevel } from './platform/logging/log.ts';

const config = readConfig(process.env);
setLogLevel(config.logLevel);
const database = await openDatabase(config);
const app = await createApp(AppModule.register(config, database.url));

// Not enableShutdownHooks(): the embedded database must outlive the application that uses it.
let closing = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (closing) return;
    closing = true;
    void app
      .close()
      .then(() => database.close())
      .finally(() => process.exit(0));
  });
}
await app.listen(config.port, config.host);
