export { orderRefusals, orderSubscription } from './order-subscription.ts';
export { IsResourceConfig, IsResourceType } from './resource.dto.ts';
export { SubscriptionRow } from './subscription.entity.ts';
export { findSubscription, presentSubscriptions } from './subscriptions.queries.ts';
export { registerSubscriptionsCommands } from './subscriptions.command.ts';
export { SubscriptionsModule } from './subscriptions.module.ts';
export { tellSubscription } from './tell-subscription.ts';
export { WakeSubscriptions } from './wake-subscriptions.ts';
