import { Injectable } from '@nestjs/common';
import { Counter } from 'prom-client';
import { Metrics } from '../../platform/health/metrics.ts';

/** Counts of the inbox for Prometheus. */
@Injectable()
export class InboxMetrics {
  private readonly receivedEvents: Counter<'as'>;
  private readonly workedEvents: Counter<'to'>;

  constructor(metrics: Metrics) {
    const registers = [metrics.registry];
    this.receivedEvents = new Counter({
      name: 'florin_inbound_events_received_total',
      help: 'Inbound events by how they came: new, repeated, conflicting (same id, other content), refused (signature).',
      labelNames: ['as'] as const,
      registers,
    });
    this.workedEvents = new Counter({
      name: 'florin_inbound_events_worked_total',
      help: 'Tries to process an inbound event by what they led to.',
      labelNames: ['to'] as const,
      registers,
    });
  }

  received(as: 'new' | 'repeated' | 'conflicting' | 'refused'): void {
    this.receivedEvents.inc({ as });
  }

  worked(to: 'PROCESSED' | 'DEFERRED' | 'FAILED' | 'DEAD' | 'IGNORED'): void {
    this.workedEvents.inc({ to });
  }
}
