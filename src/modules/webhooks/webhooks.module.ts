import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { HealthModule } from '../../platform/health/health.module.ts';
import { InboundEventsController } from './inbound-events.controller.ts';
import { InboxMetrics } from './inbox-metrics.ts';
import { InboxQueue } from './inbox-queue.ts';
import { InboxWorker } from './inbox.worker.ts';
import { ProcessInbox } from './process-inbox.ts';
import { ReceiveEvent } from './receive-event.ts';
import { Reconcile } from './reconcile.ts';
import { ReplayEvents } from './replay-events.ts';
import { StripeWebhooksController } from './stripe-webhooks.controller.ts';
import { WebhooksCron } from './webhooks.cron.ts';

/** The inbox of what providers tell us. */
@Module({
  imports: [HealthModule],
  controllers: [StripeWebhooksController, InboundEventsController],
  providers: [InboxMetrics, InboxQueue, ProcessInbox, ReceiveEvent, Reconcile, ReplayEvents],
})
export class WebhooksModule {
  /** `inbound` exports INBOUND_PROVIDERS. With the worker running, or without (operator commands, tests). */
  static register({ runsJobs, inbound }: { runsJobs: boolean; inbound: Type }): DynamicModule {
    return { module: WebhooksModule, imports: [inbound], providers: runsJobs ? [InboxWorker, WebhooksCron] : [] };
  }
}
