import type { DataSourceOptions } from 'typeorm';
import type { ApplicationRole } from './application-role.ts';
import { SnakeNamingStrategy } from './naming-strategy.ts';

/** In a start-up packet a space parts two settings, unless a backslash stands before it. */
const setting = (name: string, value: string): string => `-c ${name}=${value.replaceAll(/[\\\s]/g, String.raw`\$&`)}`;

/**
 * How this process talks to PostgreSQL: never waits without end, and never keeps a dead transaction open. With a role it signs in as its
 * login and works in the role, which costs nothing after that.
 */
export const connectionOptions = (url: string, role?: ApplicationRole): DataSourceOptions => ({
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
    options: [
      setting('timezone', 'UTC'),
      // The server notices a client that is gone, and lets its locks go.
      setting('tcp_keepalives_idle', '10'),
      setting('tcp_keepalives_interval', '5'),
      ...(role ? [setting('role', role.name), setting('search_path', `${role.schema}, public`)] : []),
    ].join(' '),
  },
});
