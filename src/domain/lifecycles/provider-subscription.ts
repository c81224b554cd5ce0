import { type SubscriptionStatus, subscriptionTransitions } from './subscription.ts';

/** Instants in epoch milliseconds; null is none. */
export interface FollowingSubscription {
  readonly status: SubscriptionStatus;
  readonly hasStarted: boolean;
  readonly canceledAtMs: number | null;
  readonly endingAtMs: number | null;
  /** It was over at the provider when we last looked. */
  readonly hadEnded: boolean;
}

export interface LeadingSubscription {
  /** The provider's own word; one we do not know changes nothing. */
  readonly status: string;
  readonly cancelAtPeriodEnd: boolean;
  readonly cancelAtMs: number | null;
  readonly canceledAtMs: number | null;
  readonly endedAtMs: number | null;
  readonly periodEndMs: number | null;
}

export interface Followed {
  readonly status: SubscriptionStatus;
  readonly canceledAtMs: number | null;
  readonly endingAtMs: number | null;
  /** It is paid and waits to be started. */
  readonly begins: boolean;
}

const final: readonly SubscriptionStatus[] = ['TERMINATED', 'FAILED'];
const waiting: readonly SubscriptionStatus[] = ['PENDING_PAYMENT', 'PROVISIONING'];

/** Whether it is over at the provider, in the provider's word. */
export const hasEndedAtProvider = (word: string | null): boolean => word === 'canceled' || word === 'incomplete_expired';

/**
 * Requirement B28. `incomplete` is not here: the provider waits for the first payment then, as we do, or says late that it did. Any of these says
 * that it has begun there.
 */
const statusByWord: Readonly<Record<string, SubscriptionStatus>> = {
  active: 'ACTIVE',
  trialing: 'ACTIVE',
  past_due: 'PAST_DUE',
  unpaid: 'UNPAID',
  paused: 'PAUSED',
};

/**
 * What becomes of a subscription when its provider says how it is there (B25–B29), along `subscriptionTransitions`. One that waits begins first, and is
 * brought to the same word once it has started. A cancellation to come is CANCELED already, with access until `endingAtMs`; it can be taken back until then.
 */
export function followProvider(own: FollowingSubscription, leading: LeadingSubscription, nowMs: number): Followed {
  const stays: Followed = { status: own.status, canceledAtMs: own.canceledAtMs, endingAtMs: own.endingAtMs, begins: false };
  const next = wordOf(own, stays, leading, nowMs);
  return next.status === own.status || subscriptionTransitions[own.status].includes(next.status) ? next : stays;
}

function wordOf(own: FollowingSubscription, stays: Followed, leading: LeadingSubscription, nowMs: number): Followed {
  if (final.includes(own.status)) return stays;
  if (hasEndedAtProvider(leading.status)) return own.hadEnded ? stays : ending(own, leading, nowMs);
  const status = statusByWord[leading.status];
  if (status === undefined) return stays;
  // One that has started already, and whose payment failed since, goes on instead of beginning again.
  if (waiting.includes(own.status) || (own.status === 'UNPAID' && !own.hasStarted)) return { ...stays, begins: true };
  if (leading.cancelAtPeriodEnd || leading.cancelAtMs !== null) {
    const endingAtMs = leading.cancelAtMs ?? leading.periodEndMs ?? own.endingAtMs ?? nowMs;
    return { ...stays, status: 'CANCELED', canceledAtMs: own.canceledAtMs ?? leading.canceledAtMs ?? nowMs, endingAtMs };
  }
  if (own.status === 'CANCELED' && (own.endingAtMs ?? 0) <= nowMs) return stays;
  return { status, canceledAtMs: null, endingAtMs: own.status === 'CANCELED' ? null : own.endingAtMs, begins: false };
}

function ending(own: FollowingSubscription, leading: LeadingSubscription, nowMs: number): Followed {
  const endedAtMs = leading.endedAtMs ?? nowMs;
  const announced = leading.canceledAtMs !== null && leading.canceledAtMs < endedAtMs;
  const wasLeaving = own.status === 'CANCELED' || leading.cancelAtPeriodEnd || announced;
  return {
    status: 'CANCELED',
    canceledAtMs: own.canceledAtMs ?? leading.canceledAtMs ?? endedAtMs,
    endingAtMs: wasLeaving ? Math.max(leading.periodEndMs ?? endedAtMs, endedAtMs) : endedAtMs,
    begins: false,
  };
}
