import { Temporal } from 'temporal-polyfill';
import type { Span } from '../calendar/span.ts';
import { endOfUse, isEmpty, splitAt } from '../calendar/spans.ts';
import { Exact } from '../money/exact.ts';

/** A fixed charge's units from an instant on. */
export interface UnitsChange {
  readonly units: string;
  readonly at: Temporal.Instant;
}

export interface UnitsPiece {
  readonly units: string;
  readonly billed: Span;
}

/**
 * The quantities of a span one after the other: the day of a change belongs to the new quantity, the last change of a day counts.
 * Each piece is billed as a fixed charge of its own; a quantity that did not change is one piece, so split and unsplit billing agree.
 */
export function unitsPieces(
  initialUnits: string,
  changes: readonly UnitsChange[],
  span: Span,
  timezone: string,
): readonly UnitsPiece[] {
  const ordered = changes.toSorted((a, b) => Temporal.Instant.compare(a.at, b.at));
  const pieces: { units: string; billed: Span }[] = [{ units: initialUnits, billed: span }];
  for (const { units, at } of ordered) {
    const current = pieces.at(-1);
    if (!current || Temporal.Instant.compare(at, span.end) >= 0) continue;
    if (Exact.parse(current.units).compare(Exact.parse(units)) === 0) continue;
    const [before, after] = splitAt(current.billed, endOfUse(at, timezone, 'given_up'));
    pieces.splice(-1, 1, { units: current.units, billed: before }, { units, billed: after });
  }
  return pieces.filter(({ billed }) => !isEmpty(billed));
}

/**
 * A quantity paid in advance that grows: the units and the days that are still to be paid for. A smaller quantity refunds nothing
 * and holds from the next period on; up to the highest quantity paid for, nothing more is due (null).
 */
export function unitsGrowth(paidUnits: string, change: UnitsChange, paid: Span, timezone: string): UnitsPiece | null {
  const growth = Exact.parse(change.units).minus(Exact.parse(paidUnits));
  const [, billed] = splitAt(paid, endOfUse(change.at, timezone, 'given_up'));
  return growth.isPositive() && !isEmpty(billed) ? { units: growth.toDecimal(), billed } : null;
}
