import type { Stripe } from 'stripe';
import { createSubscription } from '../billing/subscription-create.ts';
import { changeSubscription, creditUnused } from '../billing/subscription-change.ts';
import { cancel, pause, resume } from '../billing/subscription-life.ts';
import type { Resource } from '../http/api.ts';
import { wrongState } from '../http/errors.ts';
import { inRange, listOf, matches } from '../http/list.ts';
import type { ParameterTypes } from '../http/parameter-types.ts';
import { search } from '../http/search.ts';
import type { World } from '../world/world.ts';

function cancelNow(world: World, id: string, params: ParameterTypes['SubscriptionCancelParams']): Stripe.Subscription {
  const subscription = world.store.subscriptions.get(id);
  if (subscription.ended_at !== null) throw wrongState('resource_missing', `No such subscription: '${id}'`, 'id');
  const details = params.cancellation_details;
  if (details && subscription.cancellation_details)
    Object.assign(subscription.cancellation_details, { comment: details.comment || null, feedback: details.feedback || null });
  if (params.prorate) creditUnused(world, subscription, params.invoice_now === true);
  cancel(world, subscription, 'cancellation_requested');
  return subscription;
}

const isListed = (subscription: Stripe.Subscription, params: ParameterTypes['SubscriptionListParams']): boolean => {
  const { status } = params;
  const ofStatus =
    status === undefined
      ? subscription.status !== 'canceled' && subscription.status !== 'incomplete_expired'
      : status === 'all' || (status === 'ended' ? subscription.ended_at !== null : subscription.status === status);
  return (
    ofStatus &&
    matches(subscription.customer, params.customer) &&
    matches(subscription.test_clock ?? undefined, params.test_clock) &&
    matches<string>(subscription.collection_method, params.collection_method) &&
    inRange(subscription.created, params.created) &&
    (params.price === undefined || subscription.items.data.some(({ price }) => price.id === params.price))
  );
};

export const subscriptions: Resource = (api) => {
  const { world } = api;
  const { store } = world;
  api.post('/v1/subscriptions', 'SubscriptionCreateParams', ({ params }) => createSubscription(world, params));
  api.get('/v1/subscriptions', 'SubscriptionListParams', ({ params }) =>
    listOf(
      store.subscriptions.newest((row) => isListed(row, params)),
      params,
      '/v1/subscriptions',
    ),
  );
  api.get('/v1/subscriptions/search', 'SubscriptionSearchParams', ({ params }) =>
    search(store.subscriptions.newest(), params, '/v1/subscriptions/search'),
  );
  api.get('/v1/subscriptions/:id', 'RetrieveParams', ({ id }) => store.subscriptions.get(id));
  api.post('/v1/subscriptions/:id', 'SubscriptionUpdateParams', ({ id, params }) =>
    changeSubscription(world, store.subscriptions.get(id), params),
  );
  api.delete('/v1/subscriptions/:id', 'SubscriptionCancelParams', ({ id, params }) => cancelNow(world, id, params));
  api.post('/v1/subscriptions/:id/pause', 'SubscriptionPauseParams', ({ id }) => {
    const subscription = store.subscriptions.get(id);
    if (!['active', 'trialing', 'past_due'].includes(subscription.status))
      throw wrongState('subscription_not_pausable', `A subscription with a status of ${subscription.status} cannot be paused.`);
    pause(world, subscription, 'pause_requested');
    return subscription;
  });
  api.post('/v1/subscriptions/:id/resume', 'SubscriptionResumeParams', ({ id, params }) => {
    const subscription = store.subscriptions.get(id);
    if (subscription.status !== 'paused')
      throw wrongState('subscription_not_paused', 'Only paused subscriptions can be resumed.');
    resume(world, subscription, params.billing_cycle_anchor?.type === 'unchanged' ? 'unchanged' : 'now');
    return subscription;
  });
};
