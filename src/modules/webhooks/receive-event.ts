import { Inject, Injectable } from '@nestjs/common';
import { newId } from '../../platform/database/ids.ts';
import { Bell } from '../../platform/jobs/bell.ts';
import { log } from '../../platform/logging/log.ts';
import { INBOUND_PROVIDERS, type InboundProvider } from './inbound-provider.ts';
import { InboxMetrics } from './inbox-metrics.ts';
import { InboxQueue } from './inbox-queue.ts';

/** The bell that says that something has been stored: the worker of the same process need not wait for its next look. */
export const inboxBell = 'inbox';

/** Takes an event in: verified, stored as it came, and nothing else. Answering is safe once this returns. */
@Injectable()
export class ReceiveEvent {
  constructor(
    @Inject(INBOUND_PROVIDERS) private readonly providers: readonly InboundProvider[],
    private readonly queue: InboxQueue,
    private readonly bell: Bell,
    private readonly metrics: InboxMetrics,
  ) {}

  /** @throws BillingError missing_webhook_signature, invalid_webhook_signature, invalid_webhook_event */
  async execute(providerName: 'STRIPE', body: Buffer, signature: string | undefined): Promise<'new' | 'repeated'> {
    const provider = this.providers.find(({ name }) => name === providerName);
    if (!provider) throw new Error(`nobody receives events of ${providerName}`);
    const envelope = provider.open(body, signature);
    const kept = await this.queue.keep({ id: newId(), provider: provider.name, envelope, body });
    this.metrics.received(kept);
    const fields = { provider: provider.name, event_id: envelope.eventId, type: envelope.type };
    if (kept === 'conflicting') log.warn('an inbound event came again with another content; the first one stands', fields);
    if (kept === 'repeated') log.info('duplicate inbound event', fields);
    if (kept !== 'new') return 'repeated';
    this.bell.ring(inboxBell);
    return 'new';
  }
}
