export const subscriptionStatuses = [
  'PENDING',
  'PENDING_PAYMENT',
  'PROVISIONING',
  'TRIAL',
  'ACTIVE',
  'PAUSED',
  'PAST_DUE',
  'UNPAID',
  'CANCELED',
  'TERMINATED',
  'FAILED',
] as const;
export type SubscriptionStatus = (typeof subscriptionStatuses)[number];

/**
 * What may follow what. A new subscription begins PENDING, TRIAL or ACTIVE by its start date (`beginSubscription`), or
 * PENDING_PAYMENT when it is bought at a checkout. What a provider manages goes wherever the provider says, but never back to waiting for its first payment.
 */
export const subscriptionTransitions: Readonly<Record<SubscriptionStatus, readonly SubscriptionStatus[]>> = {
  PENDING: ['TRIAL', 'ACTIVE', 'CANCELED'],
  PENDING_PAYMENT: ['PROVISIONING', 'UNPAID', 'CANCELED'],
  PROVISIONING: ['ACTIVE', 'FAILED', 'CANCELED'],
  TRIAL: ['ACTIVE', 'TERMINATED'],
  ACTIVE: ['PAUSED', 'PAST_DUE', 'UNPAID', 'CANCELED', 'TERMINATED'],
  PAUSED: ['ACTIVE', 'PAST_DUE', 'UNPAID', 'CANCELED', 'TERMINATED'],
  PAST_DUE: ['ACTIVE', 'PAUSED', 'UNPAID', 'CANCELED', 'TERMINATED'],
  UNPAID: ['PROVISIONING', 'ACTIVE', 'PAUSED', 'PAST_DUE', 'CANCELED', 'TERMINATED'],
  CANCELED: ['ACTIVE', 'PAUSED', 'PAST_DUE', 'UNPAID'],
  TERMINATED: [],
  FAILED: ['PROVISIONING'],
};

/** States in which a subscription holds its external id: nobody else of the organization can take it. */
export const liveStatuses: readonly SubscriptionStatus[] = subscriptionStatuses.filter(
  (status) => !['CANCELED', 'TERMINATED', 'FAILED'].includes(status),
);

/** States of one that has started and not ended: what a list shows when nobody names a state. */
export const startedStatuses: readonly SubscriptionStatus[] = ['TRIAL', 'ACTIVE', 'PAUSED', 'PAST_DUE', 'UNPAID'];

/** States in which periods are billed as they end: in a trial what is used. */
export const billedStatuses: readonly SubscriptionStatus[] = ['ACTIVE', 'TRIAL'];

export const isBilled = (status: SubscriptionStatus): boolean => billedStatuses.includes(status);
