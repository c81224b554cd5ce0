import { filterFor } from '../../../domain/metering/buckets.ts';
import { AdvanceMeter, type AdvanceUsage, type Arrival } from '../../../domain/metering/advance-meter.ts';
import type { MeterEvent } from '../../../domain/metering/meter-event.ts';
import type { Metering } from '../../../domain/metering/meter-usage.ts';
import { dateOf, instantOf } from '../../../platform/clock/clock.ts';
import type { UsageToPrice } from '../../../domain/pricing/usage.ts';
import type { UsageRequest } from '../../usage/index.ts';
import type { ArrivedEvent, Standing } from './arrivals.store.ts';

/** One filter and one combination of the grouping values. */
export interface BucketPlace {
  readonly filterId: string | null;
  readonly groupedBy: Readonly<Record<string, string | null>> | null;
}

/** An event with what sorts it into a bucket, and as it is counted there. */
export interface EventToMeter {
  readonly id: string;
  readonly sent: MeterEvent;
  readonly counted: MeterEvent;
}

export interface PastEvent extends EventToMeter {
  readonly arrived: ArrivedEvent;
}

interface Bucket {
  readonly standing: Arrival[];
  readonly later: PastEvent[];
}

/** The meters of a charge that is paid in advance in one period, one for each filter and group, with what is paid for already. */
export class ChargeMeters {
  private readonly meters = new Map<string, AdvanceMeter>();
  private readonly past = new Map<string, Bucket>();

  /**
   * What is paid for is dealt to today's filters and groups like everything else. `standing` says what of the usage from before the
   * period is paid for; `willRenew`: the period has yet to be renewed, which pays for all of it.
   */
  constructor(
    private readonly request: UsageRequest,
    private readonly currency: string,
    past: readonly PastEvent[],
    private readonly standing: Standing & { readonly willRenew: boolean },
  ) {
    for (const event of past) {
      const { key } = this.placeOf(event.sent);
      const bucket = this.past.get(key) ?? { standing: [], later: [] };
      this.past.set(key, bucket);
      if (this.stood(event.arrived)) bucket.standing.push({ id: event.id, event: event.counted });
      else bucket.later.push(event);
    }
  }

  /** Charges an event: its bucket, the usage with it, and what of that was paid for. */
  charge(event: EventToMeter): BucketPlace & AdvanceUsage {
    const { key, ...place } = this.placeOf(event.sent);
    return { ...place, ...this.meterOf(key, place).charge({ id: event.id, event: event.counted }) };
  }

  /** What a filter and group are charged for, once everything is; null: nothing came. */
  chargedFor(place: BucketPlace): UsageToPrice | null {
    const key = keyOf(place);
    return this.past.has(key) ? this.meterOf(key, place).paidFor() : null;
  }

  private placeOf(event: MeterEvent): BucketPlace & { readonly key: string } {
    const filter = filterFor(this.request.filters, event);
    const { groupKeys } = this.request.filters.find(({ id }) => id === filter?.id) ?? this.request;
    const groupedBy = groupKeys.length === 0 ? null : Object.fromEntries(groupKeys.map((key) => [key, wordOf(event, key)]));
    const place = { filterId: filter?.id ?? null, groupedBy };
    return { ...place, key: keyOf(place) };
  }

  /** What came after the renewal from before the period is not renewed with it: the next event pays for it. */
  private stood({ occurred_at: at, received_at: receivedAt }: ArrivedEvent): boolean {
    const { renewedUntil } = this.standing;
    return at < dateOf(this.request.metering.billed.start) && (renewedUntil === null || receivedAt <= renewedUntil);
  }

  private meterOf(key: string, { filterId }: BucketPlace): AdvanceMeter {
    const known = this.meters.get(key);
    if (known) return known;
    const { model } = this.request.filters.find(({ id }) => id === filterId) ?? this.request.metering;
    const metering: Metering = { ...this.request.metering, model };
    const { standing, later } = this.past.get(key) ?? { standing: [], later: [] };
    const meter = new AdvanceMeter(metering, this.currency, standing);
    const { renewedUntil, isPaidBefore, willRenew } = this.standing;
    if (standing.length > 0 && (renewedUntil !== null || isPaidBefore || willRenew)) meter.settle();
    for (const { id, counted, arrived } of later) {
      if (arrived.fee_id !== null || arrived.is_in_pause || arrived.waits) meter.addSettled({ id, event: counted });
      else meter.add({ id, event: counted });
    }
    this.meters.set(key, meter);
    return meter;
  }
}

const keyOf = ({ filterId, groupedBy }: BucketPlace): string => JSON.stringify([filterId, groupedBy]);

/** As SQL reads a property: text, whatever its type; null where it is absent. */
function wordOf({ properties }: MeterEvent, key: string): string | null {
  const value = Object.hasOwn(properties, key) ? properties[key] : undefined;
  return value === undefined || value === null ? null : `${value as string}`;
}

/** A stored event as the filters see it. */
export const sentEvent = (code: string, occurredAt: Date, properties: Readonly<Record<string, unknown>>): MeterEvent => ({
  timestamp: instantOf(occurredAt),
  code,
  properties,
});
