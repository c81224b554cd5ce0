import type { Temporal } from 'temporal-polyfill';
import { endOfUse } from '../calendar/spans.ts';

/** How the billing of a subscription came to its end; it decides to whom the last day belongs. */
export type Ending = 'terminated' | 'replaced' | 'paused';

export interface SubscriptionEnd {
  readonly at: Temporal.Instant;
  readonly how: Ending;
  /** Of a subscription with a trial. */
  readonly trialEndsAt?: Temporal.Instant | null;
}

/**
 * The local midnight up to which the plan and prorated fixed charges are billed, and from which on what was paid in advance is
 * credited. The day of a termination is used; the day of a change is the successor's, the day of a pause is free (KB-E2E-06). When the
 * trial ended on the day of the termination, that day was the trial's: nothing is used. Usage is cut at the very instant instead.
 */
export function endOfBilledDays({ at, how, trialEndsAt }: SubscriptionEnd, timezone: string): Temporal.Instant {
  const lastDay = endOfUse(at, timezone, 'used');
  const isTrialDay = trialEndsAt != null && endOfUse(trialEndsAt, timezone, 'used').equals(lastDay);
  return how === 'terminated' && !isTrialDay ? lastDay : endOfUse(at, timezone, 'given_up');
}
