import type { Temporal } from 'temporal-polyfill';
import type { BillingAnchor } from '../../domain/calendar/billing-period.ts';
import { anchorOf } from '../../domain/lifecycles/begin-subscription.ts';
import { type BillingStep, billingStep } from '../../domain/lifecycles/billing-step.ts';
import type { SubscriptionEnd } from '../../domain/lifecycles/end-subscription.ts';
import { instantOf } from '../../platform/clock/clock.ts';
import { periodAround } from './billing-calendar.ts';
import type { DueSubscription } from './subscription-to-price.ts';

/** A subscription at a boundary: what of it is billed there. */
export interface SubscriptionStep {
  readonly subscription: DueSubscription;
  readonly anchor: BillingAnchor;
  /** When and how it ended. */
  readonly end: SubscriptionEnd | null;
  readonly step: BillingStep;
}

/** What its periods hang on, with the plan's own interval. */
export const anchorOfSubscription = (subscription: DueSubscription): BillingAnchor =>
  anchorOf({
    interval: subscription.interval,
    billingTime: subscription.billing_time,
    timezone: subscription.billing_timezone,
    subscriptionAt: instantOf(subscription.subscription_at),
  });

/** The boundary at the end of the subscription's current period. */
export function stepOf(subscription: DueSubscription): SubscriptionStep {
  const anchor = anchorOfSubscription(subscription);
  const end = endOf(subscription);
  const step = billingStep(
    {
      anchor,
      chargesMonthly: subscription.bill_charges_monthly,
      fixedChargesMonthly: subscription.bill_fixed_charges_monthly,
      current: { start: instantOf(subscription.current_period_start), end: instantOf(subscription.current_period_end) },
      since: instantOf(sinceOf(subscription)),
      trialEndsAt: trialEndOf(subscription),
      end,
    },
    periodAround,
  );
  return { subscription, anchor, end, step };
}

/** The start or the end of the last pause. */
export const sinceOf = ({ started_at: startedAt, resumed_at: resumedAt }: DueSubscription): Date =>
  resumedAt && resumedAt > startedAt ? resumedAt : startedAt;

/** From when on the plan and what comes with it are paid for. */
export function paidSinceOf(subscription: DueSubscription): Temporal.Instant {
  const [since, trialEndsAt] = [sinceOf(subscription), subscription.trial_ends_at];
  return instantOf(trialEndsAt && trialEndsAt > since ? trialEndsAt : since);
}

const trialEndOf = ({ trial_ends_at: at }: DueSubscription): Temporal.Instant | null => at && instantOf(at);

/** A pause is the end of what is billed, also when the subscription was terminated during it. */
function endOf(subscription: DueSubscription): SubscriptionEnd | null {
  const { terminated_at: terminatedAt, paused_at: pausedAt, resumed_at: resumedAt, successor_id: successorId } = subscription;
  if (pausedAt && !(resumedAt && resumedAt >= pausedAt)) return { at: instantOf(pausedAt), how: 'paused' };
  if (!terminatedAt) return null;
  const how = successorId === null ? 'terminated' : 'replaced';
  return { at: instantOf(terminatedAt), how, trialEndsAt: trialEndOf(subscription) };
}

/** Whether the successor's start is billed together with the end of this one, but by another entity: that makes two invoices. */
export const startsElsewhere = ({ successor_plan: plan, entity_id: entityId }: DueSubscription): boolean =>
  plan !== null && plan.entity_id !== entityId;

/**
 * The start of the successor that is billed together with the end of this one: in advance, what begins at the change (so it has no trial). `row` is the
 * successor's own, where another entity bills it.
 */
export function successorStepOf(subscription: DueSubscription, row?: DueSubscription): SubscriptionStep | null {
  const { successor_id: id, successor_plan: plan, terminated_at: at } = subscription;
  if (!id || !plan || !at) return null;
  return stepOf({
    ...(row ?? { ...subscription, ...plan, id }),
    started_at: at,
    current_period_start: at,
    current_period_end: at,
    trial_ends_at: null,
    terminated_at: null,
    paused_at: null,
    resumed_at: null,
    successor_id: null,
    successor_plan: null,
  });
}
