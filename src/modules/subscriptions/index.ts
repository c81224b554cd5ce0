export { SubscriptionRow } from './subscription.entity.ts';
export { findSubscription } from './subscriptions.queries.ts';
export { SubscriptionsModule } from './subscriptions.module.ts';
export { WakeSubscriptions } from './wake-subscriptions.ts';
