export { SubscriptionRow } from './subscription.entity.ts';
export { findSubscription } from './subscriptions.queries.ts';
export { registerSubscriptionsCommands } from './subscriptions.command.ts';
export { SubscriptionsModule } from './subscriptions.module.ts';
export { WakeSubscriptions } from './wake-subscriptions.ts';
