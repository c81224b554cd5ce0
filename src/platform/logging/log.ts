import { AsyncLocalStorage } from 'node:async_hooks';
import type { LogLevel } from '../config/config.ts';
import { oneLine } from './one-line.ts';

/** Identifiers every line of a request or run carries. */
export interface LogContext {
  request_id?: string;
  run_id?: string;
  organization_id?: string;
}

const context = new AsyncLocalStorage<LogContext>();
const weight: Readonly<Record<LogLevel, number>> = { debug: 10, info: 20, warn: 30, error: 40 };
let threshold: LogLevel = 'info';

export const setLogLevel = (level: LogLevel): void => {
  threshold = level;
};

/** Runs `work` with these identifiers on each of its lines, added to those already there. */
export const withLogContext = <T>(ids: LogContext, work: () => T): T => context.run({ ...context.getStore(), ...ids }, work);

/** Adds identifiers that become known on the way (the organization, once the key is read). */
export function addLogContext(ids: LogContext): void {
  Object.assign(context.getStore() ?? {}, ids);
}

export const currentRequestId = (): string | undefined => context.getStore()?.request_id;

let target: NodeJS.WriteStream = process.stdout;

/** Standard output by default; operator commands keep that for their answers. */
export const logTo = (stream: NodeJS.WriteStream): void => {
  target = stream;
};

type Fields = Readonly<Record<string, unknown>>;

/** One event, one line: JSON for machines, short and readable on a terminal. Never throws. */
function write(level: LogLevel, message: string, fields: Fields): void {
  if (weight[level] < weight[threshold]) return;
  const time = new Date().toISOString();
  const ids = context.getStore() ?? {};
  const line = target.isTTY
    ? `${time.slice(11, 23)} ${level.toUpperCase().padEnd(5)} ${oneLine(message)}${describe({ ...ids, ...fields })}`
    : JSON.stringify({ time, level, message, ...ids, ...fields });
  target.write(`${line}\n`);
}

const causesShown = 5;

/** Its stack, and those of what caused it: a refusal in our words keeps the vendor's for the log. */
function withCauses(error: unknown, depth = 0): string {
  if (!(error instanceof Error)) return String(error);
  const own = error.stack ?? String(error);
  return error.cause === undefined || depth === causesShown ? own : `${own}\nCaused by: ${withCauses(error.cause, depth + 1)}`;
}

/** A stack keeps its lines on a terminal. */
const readable = (stack: string): string => stack.split('\n').map(oneLine).join('\n');

const describe = (fields: Fields): string =>
  Object.entries(fields)
    .map(
      ([key, value]) =>
        ` ${key}=${typeof value === 'string' ? (key === 'error' ? readable(value) : oneLine(value)) : JSON.stringify(value)}`,
    )
    .join('');

export const log = {
  debug: (message: string, fields: Fields = {}) => write('debug', message, fields),
  info: (message: string, fields: Fields = {}) => write('info', message, fields),
  warn: (message: string, fields: Fields = {}) => write('warn', message, fields),
  error: (message: string, error?: unknown, fields: Fields = {}) =>
    write('error', message, {
      ...fields,
      ...(error === undefined ? {} : { error: withCauses(error) }),
    }),
};
