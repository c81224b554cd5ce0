import { QueryFailedError } from 'typeorm';
import { databaseError } from './unit-of-work.ts';

/** The driver gives these no code; all mean that the connection was lost, or that none could be had in time. */
const lostConnection =
  /^(Connection terminated|Client (has encountered a connection error|was closed)|timeout (exceeded when trying to connect|expired)|Query read timeout)/;

const networkCodes: ReadonlySet<unknown> = new Set([
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
]);

/** True when the database is away, shut or overloaded: the same request may succeed later. */
export function isDatabaseAway(error: unknown): boolean {
  const source: unknown = error instanceof QueryFailedError ? error.driverError : error;
  if (!(source instanceof Error)) return false;
  const { code, severity, message } = source as Error & { code?: unknown; severity?: unknown };
  // PostgreSQL ends a connection, or refuses one, with FATAL: whatever the code, nobody could ask it anything.
  if (severity === 'FATAL' || severity === 'PANIC' || networkCodes.has(code)) return true;
  return code === undefined ? lostConnection.test(message) : typeof code === 'string' && /^(08|53|57)/.test(code);
}

/** Not the fault of what is worked on: the database is away, or it says 25 (time-out), 40 (contention), 55 (locks) or 58 (its machine). */
export const isOutage = (error: unknown): boolean =>
  isDatabaseAway(error) || /^(25|40|55|58)/.test(databaseError(error).code ?? '');
