import type { ObservedSubscription } from '../../../modules/payments/index.ts';
import { changed, type Handler, type Kind, see } from '../event-context.ts';
import { normaliseSubscription, subscriptionRank } from '../normalise.ts';

const kind: Kind<ObservedSubscription> = {
  objectType: 'subscription',
  question: (id) => `subscription:${id}`,
  normalise: normaliseSubscription,
  rank: subscriptionRank,
  learnedOnce: ['canceledAt', 'endedAt', 'claimedSubscriptionId'],
};

/** Whatever happens to a subscription at Stripe: period, state, an end to come, an end (B25–B30). */
export const subscriptionChanged: Handler = {
  types: [
    'created',
    'updated',
    'deleted',
    'paused',
    'resumed',
    'trial_will_end',
    'pending_update_applied',
    'pending_update_expired',
  ].map((what) => `customer.subscription.${what}`),
  async apply(context) {
    const seen = await see(context, kind);
    const followed = await context.verbs.followSubscription.execute(context.tx, seen);
    return followed ? changed('synced', followed.organizationId) : { deferred: `subscription not found: ${seen.id}` };
  },
};
