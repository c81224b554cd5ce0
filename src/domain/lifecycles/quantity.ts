import { Temporal } from 'temporal-polyfill';
import type { Span } from '../calendar/span.ts';
import { endOfUse, isEmpty, splitAt } from '../calendar/spans.ts';
import { Exact } from '../money/exact.ts';

/** A fixed charge's units became others at an instant: at once, or from the next period on. */
export interface UnitsChange {
  readonly id: string;
  readonly unitsBefore: string;
  readonly units: string;
  readonly at: Temporal.Instant;
  readonly immediately: boolean;
}

/** The units of a fixed charge over time. */
export interface UnitsHistory {
  /** As they are now, and always were where nothing changed. */
  readonly units: string;
  /** In the order of time. */
  readonly changes: readonly UnitsChange[];
}

export interface UnitsPiece {
  readonly units: string;
  readonly billed: Span;
}

const isBefore = (a: Temporal.Instant, b: Temporal.Instant): boolean => Temporal.Instant.compare(a, b) < 0;

/** The units of a period that begins at an instant: the last that were asked for by then, at once or for the next period. */
export const unitsAt = ({ units, changes }: UnitsHistory, at: Temporal.Instant): string =>
  changes.findLast((change) => !isBefore(at, change.at))?.units ?? changes[0]?.unitsBefore ?? units;

/** What takes effect within a span; the others hold from the next period on. */
const within = (changes: readonly UnitsChange[], span: Span): readonly UnitsChange[] =>
  changes.filter((change) => change.immediately && isBefore(span.start, change.at) && isBefore(change.at, span.end));

/**
 * The quantities of a span one after the other: the day of a change belongs to the new quantity, the last change of a day counts.
 * Each piece is billed as a fixed charge of its own; a quantity that did not change is one piece, so split and unsplit billing agree.
 */
export function unitsPieces(history: UnitsHistory, span: Span, timezone: string): readonly UnitsPiece[] {
  const pieces: UnitsPiece[] = [{ units: unitsAt(history, span.start), billed: span }];
  for (const { units, at } of within(history.changes, span)) {
    const current = pieces.at(-1);
    if (!current || Exact.parse(current.units).compare(Exact.parse(units)) === 0) continue;
    const [before, after] = splitAt(current.billed, endOfUse(at, timezone, 'given_up'));
    pieces.splice(-1, 1, { units: current.units, billed: before }, { units, billed: after });
  }
  return pieces.filter(({ billed }) => !isEmpty(billed));
}

export interface UnitsGrowth extends UnitsPiece {
  /** The most that is paid for up to now. */
  readonly paidUnits: string;
}

/**
 * A quantity paid in advance that grows at once: what it is, beyond what is paid for, and for which days. A smaller quantity refunds
 * nothing and holds from the next period on; up to the highest quantity paid for, nothing more is due (null).
 */
export function unitsGrowth(history: UnitsHistory, change: UnitsChange, paid: Span, timezone: string): UnitsGrowth | null {
  const inPeriod = within(history.changes, paid);
  const position = inPeriod.findIndex(({ id }) => id === change.id);
  if (position < 0) return null;
  const paidUnits = inPeriod
    .slice(0, position)
    .map(({ units }) => Exact.parse(units))
    .reduce((most, units) => most.atLeast(units), Exact.parse(unitsAt(history, paid.start)));
  const [, billed] = splitAt(paid, endOfUse(change.at, timezone, 'given_up'));
  const grows = Exact.parse(change.units).compare(paidUnits) > 0;
  return grows && !isEmpty(billed) ? { units: change.units, paidUnits: paidUnits.toDecimal(), billed } : null;
}
