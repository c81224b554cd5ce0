import { Temporal } from 'temporal-polyfill';
import { localDateOf, startOfLocalDay } from './local-day.ts';
import type { Span } from './span.ts';

const earlier = (a: Temporal.Instant, b: Temporal.Instant): Temporal.Instant => (Temporal.Instant.compare(a, b) <= 0 ? a : b);
const later = (a: Temporal.Instant, b: Temporal.Instant): Temporal.Instant => (Temporal.Instant.compare(a, b) >= 0 ? a : b);

export const startOfDayOf = (at: Temporal.Instant, timezone: string): Temporal.Instant =>
  startOfLocalDay(localDateOf(at, timezone), timezone);

export const startOfNextDayOf = (at: Temporal.Instant, timezone: string): Temporal.Instant =>
  startOfLocalDay(localDateOf(at, timezone).add({ days: 1 }), timezone);

/** What two spans have in common; where that is nothing, an empty span at the start of the later one. */
export function common(a: Span, b: Span): Span {
  const start = later(a.start, b.start);
  return { start, end: later(start, earlier(a.end, b.end)) };
}

export const isEmpty = ({ start, end }: Span): boolean => Temporal.Instant.compare(start, end) >= 0;

/** The part of a span before an instant, and the part from it on. Either may be empty. */
export const splitAt = (span: Span, at: Temporal.Instant): readonly [Span, Span] => {
  const cut = later(span.start, earlier(at, span.end));
  return [
    { start: span.start, end: cut },
    { start: cut, end: span.end },
  ];
};

/**
 * Whose day the day of a change is. A termination: the day is used, the old terms hold until the next local midnight. An upgrade, a
 * pause, a new quantity, a resumption: the day belongs to the new terms (Lago; of pauses Kill Bill).
 */
export const endOfUse = (at: Temporal.Instant, timezone: string, day: 'used' | 'given_up'): Temporal.Instant =>
  day === 'used' ? startOfNextDayOf(at, timezone) : startOfDayOf(at, timezone);
