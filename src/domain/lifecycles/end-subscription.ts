import { Temporal } from 'temporal-polyfill';
import type { Span } from '../calendar/span.ts';
import { endOfUse } from '../calendar/spans.ts';

/** How the billing of a subscription came to its end; it decides to whom the last day belongs. */
export type Ending = 'terminated' | 'replaced' | 'paused';

export interface SubscriptionEnd {
  readonly at: Temporal.Instant;
  readonly how: Ending;
  /** Of a subscription with a trial. */
  readonly trialEndsAt?: Temporal.Instant | null;
}

/** Of what is billed by days: its whole period around the end, and when the subscription started or last resumed. */
export interface Running {
  readonly period: Span;
  readonly since: Temporal.Instant;
}

/**
 * The local midnight up to which the plan and prorated fixed charges are billed, and from which on what was paid in advance is
 * credited. The day of a termination is used; the day of a change is the successor's, the day of a pause is free (KB-E2E-06). When the
 * trial ended on the day of the termination, that day was the trial's: nothing is used. No period begins for the day on which the
 * subscription ends: the first day of a period is not used either, but for the subscription's own first day. Usage is cut at the very
 * instant instead.
 */
export function endOfBilledDays({ at, how, trialEndsAt }: SubscriptionEnd, timezone: string, running: Running): Temporal.Instant {
  const [startOfDay, endOfDay] = [endOfUse(at, timezone, 'given_up'), endOfUse(at, timezone, 'used')];
  const isTrialDay = trialEndsAt != null && endOfUse(trialEndsAt, timezone, 'used').equals(endOfDay);
  const beginsPeriod =
    running.period.start.equals(startOfDay) && Temporal.Instant.compare(running.since, running.period.start) < 0;
  return how === 'terminated' && !isTrialDay && !beginsPeriod ? endOfDay : startOfDay;
}
