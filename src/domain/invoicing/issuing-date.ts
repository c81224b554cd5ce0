/** Lago's settings of when an invoice for a period is dated. */
export interface IssuingTerms {
  /** An invoice of a period that comes again; others are dated when their grace ends. */
  readonly recurring: boolean;
  readonly anchor: 'current_period_end' | 'next_period_start';
  readonly adjustment: 'keep_anchor' | 'align_with_finalization_date';
  readonly gracePeriodDays: number;
}

/** Days from the billing day, the first day of the new period, to the issuing date. */
export function issuingDateOffset({ recurring, anchor, adjustment, gracePeriodDays }: IssuingTerms): number {
  if (!recurring) return gracePeriodDays;
  const anchored = anchor === 'current_period_end' ? -1 : 0;
  return adjustment === 'keep_anchor' || gracePeriodDays === 0 ? anchored : gracePeriodDays;
}
