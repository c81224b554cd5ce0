import type { Temporal } from 'temporal-polyfill';
import type { Interval } from '../calendar/billing-period.ts';

export interface PlanTerms {
  readonly id: string;
  readonly interval: Interval;
  readonly amountCents: bigint;
  readonly currency: string;
}

const perYear: Readonly<Record<Interval, bigint>> = { weekly: 52n, monthly: 12n, quarterly: 4n, semiannual: 2n, yearly: 1n };

export const yearlyAmount = ({ interval, amountCents }: PlanTerms): bigint => amountCents * perYear[interval];

export type PlanChange =
  /** Nothing to do but names and the like. */
  | { readonly kind: 'none' }
  /** The old subscription ends now, the new one begins now with the old anchor. */
  | { readonly kind: 'upgrade'; readonly at: Temporal.Instant }
  /** A pending successor takes over at the end of the period; it takes the place of one that is pending already. */
  | { readonly kind: 'downgrade'; readonly at: Temporal.Instant }
  /** Asked to go back to the plan it has: the pending change is dropped. */
  | { readonly kind: 'cancel_pending' }
  | { readonly kind: 'refused'; readonly field: 'plan_code'; readonly reason: 'currencies_does_not_match' };

/**
 * What asking for a plan means for a running subscription (Lago): at least as dear in a year is an upgrade, at once; cheaper waits
 * for the end of the period. A yearly plan with a discount is therefore a downgrade from the monthly one; `immediately` overrides it.
 */
export function decidePlanChange(request: {
  readonly current: PlanTerms;
  readonly wanted: PlanTerms;
  readonly pendingPlanId: string | null;
  readonly now: Temporal.Instant;
  readonly periodEnd: Temporal.Instant;
  readonly immediately?: boolean;
}): PlanChange {
  const { current, wanted, pendingPlanId, now, periodEnd } = request;
  if (wanted.id === current.id) return { kind: pendingPlanId === null ? 'none' : 'cancel_pending' };
  if (wanted.currency !== current.currency) return { kind: 'refused', field: 'plan_code', reason: 'currencies_does_not_match' };
  if (wanted.id === pendingPlanId && !request.immediately) return { kind: 'none' };
  const dearer = yearlyAmount(wanted) >= yearlyAmount(current);
  return dearer || request.immediately ? { kind: 'upgrade', at: now } : { kind: 'downgrade', at: periodEnd };
}
