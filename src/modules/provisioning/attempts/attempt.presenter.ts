import { isoOf } from '../../../platform/clock/clock.ts';
import type { SubscriptionRow } from '../../subscriptions/index.ts';
import type { AttemptRow } from './attempt.entity.ts';

/** An attempt as the tenant sees it. */
export const presentAttempt = (attempt: AttemptRow) => ({
  operation_id: attempt.id,
  subscription_id: attempt.subscriptionId,
  status: attempt.status.toLowerCase(),
  resource_id: attempt.resourceId,
  error: attempt.failureType === null ? null : { error_type: attempt.failureType, message: attempt.failureReason },
  tries: attempt.tries,
  last_answer: attempt.lastAnswer,
  deadline_at: isoOf(attempt.deadlineAt),
  created_at: isoOf(attempt.createdAt),
  finished_at: attempt.finishedAt && isoOf(attempt.finishedAt),
});

/** What the events of an attempt say. */
export const payloadOf = (attempt: AttemptRow, subscription: SubscriptionRow) => ({
  ...presentAttempt(attempt),
  lago_subscription_id: subscription.id,
  external_subscription_id: subscription.externalId,
  lago_customer_id: subscription.customerId,
  resource_type: subscription.resourceType,
});
