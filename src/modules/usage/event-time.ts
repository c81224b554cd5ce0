import { exactDecimal } from './exact-decimal.ts';

/** What is outside is a mistake (milliseconds sent as seconds land in the year 50000). */
const earliestMs = Date.UTC(2000, 0, 1);
const latestMs = Date.UTC(2100, 0, 1);

const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)$/;
const seconds = /^(-?\d{1,15})(?:\.(\d+))?$/;

export type TimeRefusal = 'invalid_date' | 'value_is_out_of_range';

/**
 * An event's `timestamp` in epoch milliseconds: epoch seconds as number or decimal text, or ISO 8601 with its zone. Anything below
 * a millisecond is cut. Read by hand because this runs for every event, and `Date.parse` takes 30 February for 2 March.
 */
export function readEventTime(value: unknown): number | TimeRefusal {
  const ms = typeof value === 'string' && value.includes('T') ? readInstant(value) : readSeconds(value);
  if (ms === undefined) return 'invalid_date';
  return ms >= earliestMs && ms < latestMs ? ms : 'value_is_out_of_range';
}

function readSeconds(value: unknown): number | undefined {
  const match = seconds.exec(exactDecimal(value) ?? '');
  if (!match) return undefined;
  return Number(match[1]) * 1000 + millisecondsOf(match[2]);
}

function readInstant(text: string): number | undefined {
  if (!instant.test(text)) return undefined;
  const [month, day, hour, minute, second] = [at(text, 5), at(text, 8), at(text, 11), at(text, 14), at(text, 17)] as const;
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const local = Date.UTC(at(text, 0) * 100 + at(text, 2), month - 1, day, hour, minute, second);
  if (month < 1 || day < 1 || (day > 28 && new Date(local).getUTCMonth() !== month - 1) || month > 12) return undefined;
  const zone = text.endsWith('Z') ? text.length - 1 : Math.max(text.indexOf('+', 19), text.indexOf('-', 19));
  const fraction = zone > 19 ? millisecondsOf(text.slice(20, zone)) : 0;
  if (zone === text.length - 1) return local + fraction;
  const [hours, minutes] = [at(text, zone + 1), at(text, text.length - 2)];
  if (hours > 23 || minutes > 59) return undefined;
  return local + fraction - (text[zone] === '-' ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}

/** Two digits. */
const at = (text: string, position: number): number => text.charCodeAt(position) * 10 + text.charCodeAt(position + 1) - 528;

const millisecondsOf = (fraction = ''): number => Number(fraction.padEnd(3, '0').slice(0, 3));

const dayMs = 86_400_000;
const twoDigits = Array.from({ length: 60 }, (_, n) => String(n).padStart(2, '0'));
/** Most events of a request are of one day. */
let lastDay = { startMs: Number.NaN, text: '' };

/** The same text as `isoOf`, many times faster: milliseconds only where there are any. */
export function isoText(ms: number): string {
  const startMs = Math.floor(ms / dayMs) * dayMs;
  if (startMs !== lastDay.startMs) lastDay = { startMs, text: new Date(startMs).toISOString().slice(0, 11) };
  const seconds = Math.floor((ms - startMs) / 1000);
  const hour = twoDigits[Math.floor(seconds / 3600)];
  const minute = twoDigits[Math.floor(seconds / 60) % 60];
  const fraction = ms % 1000;
  const decimals = fraction === 0 ? '' : `.${String(fraction).padStart(3, '0').replace(/0+$/, '')}`;
  return `${lastDay.text}${hour}:${minute}:${twoDigits[seconds % 60]}${decimals}Z`;
}
