import { Temporal } from 'temporal-polyfill';
import { Exact } from '../money/exact.ts';
import { thirtyDayMonthsBetween } from './local-days.ts';

/** A cycle of months is aligned to a billing day; one of days goes on from its start. */
export type Cycle = { readonly months: number } | { readonly days: number };

const stepped = (start: Temporal.PlainDate, cycle: Cycle, count: number): Temporal.PlainDate =>
  'months' in cycle ? start.add({ months: cycle.months * count }) : start.add({ days: cycle.days * count });

/** The date `count` cycles after the start, recomputed from the start: 31 January, 28 February, 31 March. */
export const cycleDate = (start: Temporal.PlainDate, cycle: Cycle, count: number): Temporal.PlainDate =>
  stepped(start, cycle, count);

/** How many whole cycles lie between two dates. */
export function wholeCycles(start: Temporal.PlainDate, cycle: Cycle, until: Temporal.PlainDate): number {
  let count = 0;
  while (Temporal.PlainDate.compare(stepped(start, cycle, count + 1), until) <= 0) count += 1;
  return count;
}

export interface CyclePiece {
  readonly from: Temporal.PlainDate;
  readonly to: Temporal.PlainDate;
  /** Part of a cycle, nine decimals. */
  readonly cycles: Exact;
}

export interface CycledSpan {
  readonly months: number;
  /** 1–31; a short month clamps it and the next one returns to it. */
  readonly billingDay: number;
  readonly start: Temporal.PlainDate;
  readonly end: Temporal.PlainDate | null;
  /** Pieces that begin by this date are billed. */
  readonly upTo: Temporal.PlainDate;
  /** Kill Bill's fixed proration days: 30 counts every month as 30 days. */
  readonly fixedDays?: 30;
}

const places = 9;

/**
 * Splits a subscription in advance into pieces by Kill Bill's tradition: aligned to a billing day, a piece that is no whole cycle
 * counts its days over the days of the aligned cycle around it, half up at nine decimals. Florin bills by Lago's calendar; this is
 * the setting for those who come from there.
 */
export function cyclePieces(span: CycledSpan): readonly CyclePiece[] | { readonly refused: 'invalid_date_sequence' } {
  const { start, end, upTo } = span;
  if (Temporal.PlainDate.compare(upTo, start) < 0 || (end && Temporal.PlainDate.compare(end, start) < 0))
    return { refused: 'invalid_date_sequence' };
  const first = firstCycleDate(span);
  const pieces: CyclePiece[] = [];
  // Position −1 is the stub before the first cycle date; it divides by the cycle that ends there.
  for (let position = -1; ; position++) {
    const cycleStart = position < 0 ? first.subtract({ months: span.months }) : cycleStartOf(span, first, position);
    const cycleEnd = cycleStartOf(span, first, position + 1);
    const from = position < 0 ? start : cycleStart;
    const to = end && Temporal.PlainDate.compare(end, cycleEnd) < 0 ? end : cycleEnd;
    if (Temporal.PlainDate.compare(from, upTo) > 0 || (end && Temporal.PlainDate.compare(from, end) >= 0)) return pieces;
    if (Temporal.PlainDate.compare(from, to) >= 0) continue;
    const whole = from.equals(cycleStart) && to.equals(cycleEnd);
    pieces.push({ from, to, cycles: whole ? Exact.one : ratioOf(from, to, cycleStart, cycleEnd, span.fixedDays) });
  }
}

/** Days of a piece over the days of its cycle; with fixed days every cycle of a month has so many. */
export function ratioOf(
  from: Temporal.PlainDate,
  to: Temporal.PlainDate,
  cycleStart: Temporal.PlainDate,
  cycleEnd: Temporal.PlainDate,
  fixedDays?: 30,
): Exact {
  const count = fixedDays
    ? thirtyDayMonthsBetween
    : (a: Temporal.PlainDate, b: Temporal.PlainDate) => a.until(b, { largestUnit: 'days' }).days;
  return Exact.ratio(BigInt(count(from, to)), BigInt(count(cycleStart, cycleEnd))).rounded('round', places);
}

function firstCycleDate({ months, billingDay, start }: CycledSpan): Temporal.PlainDate {
  const inMonth = start.with({ day: Math.min(billingDay, start.daysInMonth) });
  if (Temporal.PlainDate.compare(inMonth, start) >= 0) return inMonth;
  const later = start.with({ day: 1 }).add({ months });
  return later.with({ day: Math.min(billingDay, later.daysInMonth) });
}

function cycleStartOf({ months, billingDay }: CycledSpan, first: Temporal.PlainDate, position: number): Temporal.PlainDate {
  const month = first.with({ day: 1 }).add({ months: months * position });
  return month.with({ day: Math.min(billingDay, month.daysInMonth) });
}
