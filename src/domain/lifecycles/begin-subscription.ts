import { Temporal } from 'temporal-polyfill';
import { type BillingAnchor, type BillingTime, type Interval, periodContaining } from '../calendar/billing-period.ts';
import { localDateOf } from '../calendar/local-day.ts';
import { trialEnd } from './trial.ts';

export interface SubscriptionTerms {
  readonly interval: Interval;
  readonly billingTime: BillingTime;
  readonly timezone: string;
  /** When the customer subscribed or will; its local date anchors every period. */
  readonly subscriptionAt: Temporal.Instant;
  /** Whole local days from the start in which the plan is not billed. */
  readonly trialDays: number;
  /** When the external id first started, before any upgrade or new subscription: a trial is given once. */
  readonly firstStartedAt?: Temporal.Instant | null;
}

export type Beginning =
  | { readonly status: 'PENDING' }
  | { readonly status: 'TRIAL'; readonly startedAt: Temporal.Instant; readonly trialEndsAt: Temporal.Instant }
  | {
      readonly status: 'ACTIVE';
      readonly startedAt: Temporal.Instant;
      readonly trialEndsAt: Temporal.Instant | null;
      /** First instant that is billed: the start, or the end of the trial. */
      readonly periodStart: Temporal.Instant;
      readonly periodEnd: Temporal.Instant;
    };

export const anchorOf = (terms: Omit<SubscriptionTerms, 'trialDays'>): BillingAnchor => ({
  interval: terms.interval,
  billingTime: terms.billingTime,
  timezone: terms.timezone,
  anchorDate: localDateOf(terms.subscriptionAt, terms.timezone),
});

/**
 * The state a subscription is in at `now`: waiting for its start, in its trial, or active in the period that holds the first
 * billed instant, however long ago that was (the generator catches up the periods since).
 */
export function beginSubscription(terms: SubscriptionTerms, now: Temporal.Instant): Beginning {
  const startedAt = terms.subscriptionAt;
  if (Temporal.Instant.compare(startedAt, now) > 0) return { status: 'PENDING' };
  const granted = trialEnd(terms.firstStartedAt ?? startedAt, terms.trialDays, terms.timezone);
  const trialEndsAt = granted && Temporal.Instant.compare(granted, startedAt) > 0 ? granted : null;
  if (trialEndsAt && Temporal.Instant.compare(trialEndsAt, now) > 0) return { status: 'TRIAL', startedAt, trialEndsAt };
  const periodStart = trialEndsAt ?? startedAt;
  return { status: 'ACTIVE', startedAt, trialEndsAt, periodStart, periodEnd: periodContaining(anchorOf(terms), periodStart).end };
}

export interface RunningPeriod {
  readonly start: Temporal.Instant;
  readonly end: Temporal.Instant;
}

/**
 * The period after a billed one; it starts where that one ended, so that periods tile time whatever the anchor does.
 * Null when the subscription ended by then: nothing is left to bill.
 */
export function nextPeriod(
  anchor: BillingAnchor,
  billedEnd: Temporal.Instant,
  terminatedAt: Temporal.Instant | null,
): RunningPeriod | null {
  if (terminatedAt && Temporal.Instant.compare(billedEnd, terminatedAt) >= 0) return null;
  const { end } = periodContaining(anchor, billedEnd);
  return { start: billedEnd, end: terminatedAt && Temporal.Instant.compare(terminatedAt, end) < 0 ? terminatedAt : end };
}
