import { Injectable } from '@nestjs/common';
import { Temporal } from 'temporal-polyfill';

/** The only reader of the wall clock; below it, time is an argument. */
@Injectable()
export class Clock {
  now(): Temporal.Instant {
    return Temporal.Instant.fromEpochMilliseconds(Date.now());
  }
}

/** A `timestamptz` as the driver returns it (milliseconds, UTC). */
export const instantOf = (date: Date): Temporal.Instant => Temporal.Instant.fromEpochMilliseconds(date.getTime());

/** An instant as the driver takes it; anything below a millisecond is cut. */
export const dateOf = (instant: Temporal.Instant): Date => new Date(instant.epochMilliseconds);

/**
 * The last second of a half-open span, as Lago's `to_date` and `to_datetime` say it (`2026-11-30T23:59:59Z`); of a span shorter than a
 * second its start.
 */
export const lastSecondOf = (start: Date, end: Date): string => isoOf(new Date(Math.max(start.getTime(), end.getTime() - 1_000)));

/** ISO 8601 in UTC with second precision unless there are milliseconds: `2026-11-21T14:00:00Z`. */
export const isoOf = (date: Date): string => instantOf(date).toString();
