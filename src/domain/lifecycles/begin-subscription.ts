import { Temporal } from 'temporal-polyfill';
import { type BillingAnchor, type BillingTime, type Interval, periodContaining } from '../calendar/billing-period.ts';
import { localDateOf } from '../calendar/local-day.ts';
import { stepAnchorOf } from './billing-step.ts';
import { trialEnd } from './trial.ts';

export interface SubscriptionTerms {
  readonly interval: Interval;
  /** Parts of a longer plan that are billed every month. */
  readonly chargesMonthly?: boolean;
  readonly fixedChargesMonthly?: boolean;
  readonly billingTime: BillingTime;
  readonly timezone: string;
  /** Its local date anchors every period. */
  readonly subscriptionAt: Temporal.Instant;
  /** When it starts or will; later than its anchor after a change of plan. The anchor by default. */
  readonly startsAt?: Temporal.Instant;
  /** Whole local days from the start in which the plan is not billed. */
  readonly trialDays: number;
  /** When the external id first started, before any upgrade or new subscription: a trial is given once. */
  readonly firstStartedAt?: Temporal.Instant | null;
  /** Whether a period begins with something to bill: then the first one is billed at its start. */
  readonly inAdvance?: boolean;
}

export type Beginning =
  | { readonly status: 'PENDING' }
  | {
      readonly status: 'TRIAL' | 'ACTIVE';
      readonly startedAt: Temporal.Instant;
      readonly trialEndsAt: Temporal.Instant | null;
      /** The start. */
      readonly periodStart: Temporal.Instant;
      /**
       * The first boundary: the end of the period, or of the trial within it. Without a trial the start itself when something is billed in
       * advance: a boundary at which nothing has ended.
       */
      readonly periodEnd: Temporal.Instant;
    };

export const anchorOf = (
  terms: Pick<SubscriptionTerms, 'interval' | 'billingTime' | 'timezone' | 'subscriptionAt'>,
): BillingAnchor => ({
  interval: terms.interval,
  billingTime: terms.billingTime,
  timezone: terms.timezone,
  anchorDate: localDateOf(terms.subscriptionAt, terms.timezone),
});

/**
 * The state a subscription is in at `now`: waiting for its start, in its trial, or active; with the period of its start, however long
 * ago that was (the generator catches up the periods since).
 */
export function beginSubscription(terms: SubscriptionTerms, now: Temporal.Instant): Beginning {
  const startedAt = terms.startsAt ?? terms.subscriptionAt;
  if (Temporal.Instant.compare(startedAt, now) > 0) return { status: 'PENDING' };
  const granted = trialEnd(terms.firstStartedAt ?? startedAt, terms.trialDays, terms.timezone);
  const trialEndsAt = granted && Temporal.Instant.compare(granted, startedAt) > 0 ? granted : null;
  const isTrial = trialEndsAt !== null && Temporal.Instant.compare(trialEndsAt, now) > 0;
  return {
    status: isTrial ? 'TRIAL' : 'ACTIVE',
    startedAt,
    trialEndsAt,
    periodStart: startedAt,
    periodEnd: firstPeriodEnd(terms, startedAt, trialEndsAt),
  };
}

/** The first boundary of what begins at `start`: at once when something is billed in advance; the end of a trial before that of its period. */
export function firstPeriodEnd(
  terms: Omit<SubscriptionTerms, 'startsAt' | 'firstStartedAt' | 'trialDays'>,
  start: Temporal.Instant,
  trialEndsAt: Temporal.Instant | null = null,
): Temporal.Instant {
  if (terms.inAdvance && trialEndsAt === null) return start;
  const { end } = periodContaining(stepAnchorOf({ ...terms, anchor: anchorOf(terms) }), start);
  return trialEndsAt && Temporal.Instant.compare(trialEndsAt, end) < 0 ? trialEndsAt : end;
}
