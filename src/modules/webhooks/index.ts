export { InboundEventRow } from './inbound-event.entity.ts';
export {
  type Applied,
  type Drift,
  type Envelope,
  type Facts,
  INBOUND_PROVIDERS,
  NeedsFact,
  type InboundProvider,
  type StoredEvent,
} from './inbound-provider.ts';
export { ProcessInbox } from './process-inbox.ts';
export { registerWebhooksCommands } from './webhooks.command.ts';
export { WebhooksModule } from './webhooks.module.ts';
export { Reconcile } from './reconcile.ts';
