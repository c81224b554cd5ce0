import type { DataSourceOptions } from 'typeorm';
import { SnakeNamingStrategy } from './naming-strategy.ts';

/** How this process talks to PostgreSQL: never waits without end, and never keeps a dead transaction open. */
export const connectionOptions = (url: string): DataSourceOptions => ({
  type: 'postgres',
  url,
  namingStrategy: new SnakeNamingStrategy(),
  synchronize: false,
  installExtensions: false,
  poolSize: 16,
  applicationName: 'florin',
  connectTimeoutMS: 5_000,
  extra: {
    keepAlive: true,
    statement_timeout: 60_000,
    lock_timeout: 15_000,
    idle_in_transaction_session_timeout: 60_000,
    options: '-c timezone=UTC',
  },
});
