import type { Config } from '../config/config.ts';
import { diskFullSentence } from '../embedded-postgres/failures.ts';
import { StartError } from '../embedded-postgres/start-error.ts';

/** Why the database did not take us, as one sentence without its password; anything unexpected stays as it is. */
export function databaseStartError(error: unknown, config: Config): unknown {
  if (error instanceof StartError) return error;
  const { code, message } = error as { code?: string; message?: string };
  if (code === '53100')
    return new StartError(diskFullSentence(config.databaseUrl ? 'the database' : config.dataDir), { cause: error });
  if (config.databaseUrl === undefined) return error;
  const { host, username, pathname } = new URL(config.databaseUrl);
  const reason = reasonOf(code ?? message ?? '', { host, user: username, database: pathname.slice(1) });
  return reason === undefined
    ? error
    : new StartError(`Florin cannot use the database of DATABASE_URL: ${reason}.`, { cause: error });
}

function reasonOf(code: string, { host, user, database }: { host: string; user: string; database: string }): string | undefined {
  switch (code) {
    case 'ECONNREFUSED':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EHOSTUNREACH':
    case 'ETIMEDOUT':
    case 'timeout expired':
      return `no PostgreSQL answers at ${host}`;
    case '28P01':
    case '28000':
      return `${host} refuses the user ${user || '(none)'} or the password`;
    case '3D000':
      return `there is no database ${database} at ${host}; create it first`;
    case '42501':
      return `the user ${user} may not create tables or the extension btree_gist in ${database}`;
    case '53300':
      return `${host} has no connection left`;
    case '57P03':
      return `${host} is starting up or shutting down`;
    default:
      return undefined;
  }
}
