import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { BillingError } from '../../domain/errors/billing-error.ts';
import { Clock } from '../../platform/clock/clock.ts';
import { newId } from '../../platform/database/ids.ts';
import { log } from '../../platform/logging/log.ts';
import { type Drift, INBOUND_PROVIDERS, type InboundProvider } from './inbound-provider.ts';
import { insertDeliveries } from './inbox.store.ts';
import { ProcessInbox } from './process-inbox.ts';

/** What a sweep found; all of it was put into the inbox, and what could be was worked off. */
export interface ReconcileReport {
  readonly eventsSeen: number;
  /** Ids of events that never reached us. */
  readonly eventsMissed: readonly string[];
  /** Objects that were not what the provider has, after the missed events were applied. */
  readonly differences: readonly Drift[];
  /** Of those, what is still different after they were read again. */
  readonly left: readonly Drift[];
}

const dayMs = 86_400_000;

/** Finds what a provider told in vain while the door was shut, and makes up for it through the same inbox. */
@Injectable()
export class Reconcile {
  constructor(
    @Inject(INBOUND_PROVIDERS) private readonly providers: readonly InboundProvider[],
    private readonly dataSource: DataSource,
    private readonly processInbox: ProcessInbox,
    private readonly clock: Clock,
  ) {}

  /** Providers that can be asked. */
  get isPossible(): boolean {
    return this.providers.some(({ sweep }) => sweep !== undefined);
  }

  /**
   * Events of `since` on (two days by default), and every object.
   * @throws BillingError payment_provider_not_configured
   */
  async execute(since?: Date): Promise<ReconcileReport> {
    if (!this.isPossible)
      throw new BillingError('payment_provider_not_configured', { STRIPE_SECRET_KEY: ['value_is_mandatory'] });
    const from = since ?? new Date(this.clock.now().epochMilliseconds - 2 * dayMs);
    const report = { eventsSeen: 0, eventsMissed: [] as string[], differences: [] as Drift[], left: [] as Drift[] };
    for (const provider of this.providers) {
      if (!provider.sweep) continue;
      for await (const body of provider.sweep.events(from)) {
        const envelope = provider.envelope(body);
        report.eventsSeen++;
        const isNew = await insertDeliveries(this.dataSource, [{ id: newId(), provider: provider.name, envelope, body }]);
        if (isNew.size > 0) report.eventsMissed.push(envelope.eventId);
      }
      await this.processInbox.execute();
      for await (const drift of provider.sweep.drifted()) {
        report.differences.push(drift);
        await this.refresh(provider, drift);
      }
      await this.processInbox.execute();
      if (report.differences.length > 0) for await (const drift of provider.sweep.drifted()) report.left.push(drift);
    }
    log.info('reconciled with the payment provider', {
      events_seen: report.eventsSeen,
      events_missed: report.eventsMissed.length,
      differences: report.differences.length,
      left: report.left.length,
    });
    return report;
  }

  /** An event of our own that asks for the object. */
  private async refresh(provider: InboundProvider, { objectType, objectId, customerId }: Drift): Promise<void> {
    const id = newId();
    const occurredAt = new Date(this.clock.now().epochMilliseconds);
    const body = Buffer.from(
      JSON.stringify({ id, object: 'event', type: 'florin.refresh', data: { object: { id: objectId, object: objectType } } }),
    );
    const envelope = {
      account: '',
      livemode: false,
      eventId: id,
      type: 'florin.refresh',
      apiVersion: null,
      occurredAt,
      objectType,
      objectId,
      lane: customerId ?? objectId,
      fingerprint: createHash('sha256').update(body).digest(),
    };
    await insertDeliveries(this.dataSource, [{ id, provider: provider.name, envelope, body }]);
  }
}
