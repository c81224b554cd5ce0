import type { SubscriptionStatus } from './subscription.ts';

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

const ended: readonly string[] = ['canceled', 'incomplete_expired'];
const final: readonly SubscriptionStatus[] = ['TERMINATED', 'FAILED'];
const waiting: readonly SubscriptionStatus[] = ['PENDING_PAYMENT', 'PROVISIONING'];

/** Requirement B28. A bought subscription that is not started yet begins instead of becoming ACTIVE. */
const statusByWord: Readonly<Record<string, SubscriptionStatus>> = {
  active: 'ACTIVE',
  trialing: 'ACTIVE',
  past_due: 'PAST_DUE',
  unpaid: 'UNPAID',
  incomplete: 'PENDING_PAYMENT',
  paused: 'PAUSED',
};

/**
 * What becomes of a subscription when its provider says how it is there (B25–B29). A cancellation to come is CANCELED already, with
 * access until `endingAtMs`; it can be taken back until then.
 */
export function followProvider(own: FollowingSubscription, leading: LeadingSubscription, nowMs: number): Followed {
  const stays: Followed = { status: own.status, canceledAtMs: own.canceledAtMs, endingAtMs: own.endingAtMs, begins: false };
  if (final.includes(own.status)) return stays;
  if (ended.includes(leading.status)) return own.hadEnded ? stays : ending(own, leading, nowMs);
  const isLeaving = leading.cancelAtPeriodEnd || leading.cancelAtMs !== null;
  if (isLeaving && !waiting.includes(own.status) && statusByWord[leading.status] !== undefined) {
    const endingAtMs = leading.cancelAtMs ?? leading.periodEndMs ?? own.endingAtMs ?? nowMs;
    return { ...stays, status: 'CANCELED', canceledAtMs: own.canceledAtMs ?? leading.canceledAtMs ?? nowMs, endingAtMs };
  }
  return mapped(own, stays, leading, nowMs);
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

function mapped(own: FollowingSubscription, stays: Followed, leading: LeadingSubscription, nowMs: number): Followed {
  const status = statusByWord[leading.status];
  if (status === undefined) return stays;
  if (own.status === 'CANCELED' && (own.endingAtMs ?? 0) <= nowMs) return stays;
  // One that has started already, and was said to wait for a payment since, goes on instead of beginning again.
  const notStarted = own.status === 'PROVISIONING' || (['PENDING_PAYMENT', 'UNPAID'].includes(own.status) && !own.hasStarted);
  if (status === 'ACTIVE' && notStarted) return { ...stays, begins: true };
  if (notStarted && status !== 'UNPAID') return stays;
  return { status, canceledAtMs: null, endingAtMs: own.status === 'CANCELED' ? null : own.endingAtMs, begins: false };
}
