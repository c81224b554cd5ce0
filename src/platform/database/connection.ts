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
    keepAliveInitialDelayMillis: 10_000,
    statement_timeout: 60_000,
    // PostgreSQL ends a statement itself; this is for answers that never come.
    query_timeout: 65_000,
    lock_timeout: 15_000,
    idle_in_transaction_session_timeout: 60_000,
    // The server notices a client that is gone, and lets its locks go.
    options: '-c timezone=UTC -c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5',
  },
});
