import { Injectable } from '@nestjs/common';
import { BillingError, invalid } from '../../domain/errors/billing-error.ts';
import { Clock } from '../../platform/clock/clock.ts';
import { OrganizationClock } from '../organizations/index.ts';
import { type FieldErrors, type IncomingEvent, readEvent } from './event-input.ts';
import { EventQueue, ReusedTransactionIds } from './event-queue.ts';
import { isoText } from './event-time.ts';
import { type Metered, meterEvent } from './meter-event.ts';
import { type Metric, MetricDirectory } from './metric-directory.ts';
import { propertiesJson } from './properties-json.ts';
import { StreamDirectory } from './usage-streams.ts';
import type { EventToKeep, KeptEvent } from './usage-events.store.ts';

/** How a request names a field of the event at a position. */
type NameOf = (position: number, field: string) => string;

interface Admitted {
  readonly event: IncomingEvent;
  readonly metric: Metric;
  readonly metered: Metered;
}

/** Takes usage in: every event is checked before anything is stored, and counts once however often it is sent. */
@Injectable()
export class IngestEvents {
  constructor(
    private readonly metrics: MetricDirectory,
    private readonly streams: StreamDirectory,
    private readonly organizationClock: OrganizationClock,
    private readonly clock: Clock,
    private readonly queue: EventQueue,
  ) {}

  /** All or nothing, answered in order. @throws BillingError validation_errors, each bad event named as `events.3.timestamp`; transaction_id_reused */
  async batch(organizationId: string, items: readonly unknown[]): Promise<KeptEvent[]> {
    const nameOf: NameOf = (position, field) => `events.${position}${field && '.'}${field}`;
    return this.keep(await this.admit(organizationId, items, nameOf), nameOf);
  }

  /** One event; written together with others that arrive at the same time. @throws BillingError validation_errors, transaction_id_reused */
  async one(organizationId: string, item: unknown): Promise<KeptEvent> {
    const nameOf: NameOf = (_, field) => field || 'event';
    const [kept] = await this.keep(await this.admit(organizationId, [item], nameOf), nameOf);
    return kept!;
  }

  private async keep(events: readonly EventToKeep[], nameOf: NameOf): Promise<KeptEvent[]> {
    try {
      return await this.queue.keep(events);
    } catch (error) {
      if (!(error instanceof ReusedTransactionIds)) throw error;
      const named = error.positions.map((position) => [nameOf(position, 'transaction_id'), ['transaction_id_reused']]);
      throw new BillingError('transaction_id_reused', Object.fromEntries(named));
    }
  }

  private async admit(organizationId: string, items: readonly unknown[], nameOf: NameOf): Promise<EventToKeep[]> {
    const read = items.map(readEvent);
    const codes = new Set<string>();
    for (const event of read) if (!('errors' in event)) codes.add(event.code);
    const metrics = await this.metrics.find(organizationId, codes);

    const isUndated = read.some((event) => !('errors' in event) && event.atMs === undefined);
    const nowMs = isUndated ? (await this.organizationClock.now(organizationId)).getTime() : 0;
    const errors: FieldErrors = {};
    const admitted: Admitted[] = [];
    read.forEach((event, position) => {
      const verdict = judge(event, metrics, nowMs);
      if ('errors' in verdict)
        for (const [field, fieldCodes] of Object.entries(verdict.errors)) errors[nameOf(position, field)] = fieldCodes;
      else admitted.push(verdict);
    });
    if (Object.keys(errors).length > 0) throw invalid(errors);

    const streams = await this.streams.findOrMake(
      organizationId,
      admitted.map(({ event }) => event.externalSubscriptionId),
    );
    const receivedAt = isoText(this.clock.now().epochMilliseconds);
    return admitted.map(({ event, metric, metered }, position) => ({
      streamId: streams[position]!,
      externalSubscriptionId: event.externalSubscriptionId,
      metricKey: metric.usageKey,
      isUndated: event.atMs === undefined,
      chargedAtOnce: metric.chargedAtOnce,
      code: event.code,
      transactionId: event.transactionId,
      occurredAt: isoText(event.atMs ?? nowMs),
      properties: propertiesJson(event.properties),
      preciseTotalAmountCents: event.preciseTotalAmountCents,
      value: metered.value,
      uniqueValue: metered.uniqueValue,
      receivedAt,
    }));
  }
}

/** The event with what it adds to its metric, or what is wrong with it. */
function judge(
  event: ReturnType<typeof readEvent>,
  metrics: ReadonlyMap<string, Metric>,
  nowMs: number,
): Admitted | { readonly errors: FieldErrors } {
  if ('errors' in event) return event;
  const metric = metrics.get(event.code);
  if (!metric) return { errors: { code: ['billable_metric_not_found'] } };
  const metered = meterEvent(metric, event, event.atMs ?? nowMs);
  if ('refused' in metered) return { errors: { [`properties.${metric.fieldName}`]: [metered.refused] } };
  return { event, metric, metered };
}
