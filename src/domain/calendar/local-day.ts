import { Temporal } from 'temporal-polyfill';

/** A run asks the same few days for thousands of subscriptions, and a zone look-up costs more than all other arithmetic. */
const remembered = 10_000;

export function remember<Key, Value>(known: Map<Key, Value>, key: Key, compute: () => Value): Value {
  const found = known.get(key);
  if (found !== undefined) return found;
  if (known.size >= remembered) known.clear();
  const value = compute();
  known.set(key, value);
  return value;
}

const starts = new Map<string, Temporal.Instant>();
const dates = new Map<string, Temporal.PlainDate>();

/** The first instant of a local day; where midnight does not exist (DST), the first instant after it. */
export const startOfLocalDay = (date: Temporal.PlainDate, timezone: string): Temporal.Instant =>
  remember(starts, `${date.year}-${date.month}-${date.day} ${timezone}`, () =>
    date.toZonedDateTime({ timeZone: timezone }).startOfDay().toInstant(),
  );

/** The local day that holds the instant. */
export const localDateOf = (instant: Temporal.Instant, timezone: string): Temporal.PlainDate =>
  remember(dates, `${instant.epochNanoseconds} ${timezone}`, () => instant.toZonedDateTimeISO(timezone).toPlainDate());

const texts = new Map<bigint, string>();

/** ISO 8601 in UTC; the few instants of a run are written once. */
export const isoText = (instant: Temporal.Instant): string => remember(texts, instant.epochNanoseconds, () => instant.toString());
