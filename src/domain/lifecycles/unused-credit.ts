import type { Span } from '../calendar/span.ts';
import { Exact } from '../money/exact.ts';
import { type DayCount, localDaysAs, type Proration } from '../proration/local-days.ts';

/** A fee of a plan that was paid in advance. */
export interface PaidFee {
  /** Minor units of the plan for a whole period. */
  readonly planAmountCents: bigint;
  /** What was billed of it, and what earlier credit notes gave back. */
  readonly billedCents: bigint;
  readonly creditedCents: bigint;
  readonly period: Span;
  readonly timezone: string;
  readonly dayCount?: DayCount;
}

export interface UnusedCredit {
  /** Minor units with five decimals, cut off (Lago): an item of a credit note. */
  readonly preciseCents: Exact;
  readonly proration: Proration;
}

/** Lago's precision for the items of a credit note. */
const places = 5;

/** The unused days' share of the plan, at most what was billed and not yet credited. Days of a whole period are the denominator. */
export function unusedCredit(fee: PaidFee, unused: Span): UnusedCredit {
  const count = localDaysAs(fee.dayCount ?? 'actual');
  const billableDays = count(unused.start, unused.end, fee.timezone);
  const periodDays = count(fee.period.start, fee.period.end, fee.timezone);
  const share = Exact.fromInteger(fee.planAmountCents).times(Exact.ratio(BigInt(billableDays), BigInt(periodDays)));
  const left = Exact.fromInteger(fee.billedCents - fee.creditedCents).atLeast(Exact.zero);
  return { preciseCents: share.atMost(left).rounded('truncate', places), proration: { billableDays, periodDays } };
}
