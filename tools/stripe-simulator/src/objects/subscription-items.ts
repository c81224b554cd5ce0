import type { Stripe } from 'stripe';
import { changeSubscription } from '../billing/subscription-change.ts';
import type { Resource } from '../http/api.ts';
import { resourceMissing } from '../http/errors.ts';
import { listOf } from '../http/list.ts';
import type { World } from '../world/world.ts';

function find(world: World, id: string): { item: Stripe.SubscriptionItem; subscription: Stripe.Subscription } {
  for (const items of world.store.itemsOf.values())
    for (const item of items) if (item.id === id) return { item, subscription: world.store.subscriptions.get(item.subscription) };
  throw resourceMissing('subscription_item', id, 'item');
}

/** Adding, changing and removing an item is an update of its subscription. */
export const subscriptionItems: Resource = (api) => {
  const { world } = api;
  const itemsOf = (id: string): Stripe.SubscriptionItem[] => world.store.itemsOf.get(id) ?? [];
  api.get('/v1/subscription_items', 'SubscriptionItemListParams', ({ params }) =>
    listOf(itemsOf(world.store.subscriptions.get(params.subscription, 'subscription').id), params, '/v1/subscription_items'),
  );
  api.post('/v1/subscription_items', 'SubscriptionItemCreateParams', ({ params }) => {
    const {
      subscription: id,
      proration_behavior,
      proration_date,
      payment_behavior: _behaviour,
      expand: _expand,
      ...item
    } = params;
    const subscription = world.store.subscriptions.get(id, 'subscription');
    changeSubscription(world, subscription, {
      items: [item],
      ...(proration_behavior && { proration_behavior }),
      ...(proration_date !== undefined && { proration_date }),
    });
    return itemsOf(id).at(-1)!;
  });
  api.get('/v1/subscription_items/:id', 'RetrieveParams', ({ id }) => find(world, id).item);
  api.post('/v1/subscription_items/:id', 'SubscriptionItemUpdateParams', ({ id, params }) => {
    const {
      proration_behavior,
      proration_date,
      payment_behavior: _behaviour,
      off_session: _session,
      expand: _expand,
      ...item
    } = params;
    changeSubscription(world, find(world, id).subscription, {
      items: [{ ...item, id }],
      ...(proration_behavior && { proration_behavior }),
      ...(proration_date !== undefined && { proration_date }),
    });
    return find(world, id).item;
  });
  api.delete('/v1/subscription_items/:id', 'SubscriptionItemDeleteParams', ({ id, params }) => {
    changeSubscription(world, find(world, id).subscription, {
      items: [{ id, deleted: true }],
      ...(params.proration_behavior && { proration_behavior: params.proration_behavior }),
    });
    return { id, object: 'subscription_item', deleted: true };
  });
};
