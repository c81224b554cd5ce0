import type { PricedInvoice } from '../../../domain/invoicing/assemble-invoice.ts';
import type { UsageChargeItem } from '../../../domain/invoicing/items.ts';
import { priceInvoice } from '../../../domain/invoicing/price-items.ts';
import { instantOf } from '../../../platform/clock/clock.ts';
import { type EffectiveEntity, effectiveEntity } from '../../billing-entities/index.ts';
import { bucketOf, type UsageSpan } from '../charge-usage.ts';
import { type DueSubscription, lineSettingsOf } from '../subscription-to-price.ts';
import type { PriceFacts, UsageChargeFacts } from '../price-facts.store.ts';
import type { PricingSources } from '../price-subscriptions.ts';
import { taxesOf, taxesOnDayOf } from '../taxes-of.ts';
import { advanceSpanOf, loadChargeMeters, type LoadedMeters, meterable } from './load-charge-meters.ts';
import type { WaitingEvent } from './instant-charges.store.ts';

/** A subscription whose events are charged one after the other. */
export interface SubscriptionToCharge {
  readonly organizationId: string;
  readonly subscription: DueSubscription;
  readonly facts: PriceFacts;
}

/** What one event costs by one charge. */
export interface InstantFee {
  readonly entity: EffectiveEntity;
  readonly invoiceable: boolean;
  readonly priced: PricedInvoice;
}

/** Prices the events of a subscription in their order: what one costs depends on what those before it were charged. */
export class EventPricer {
  private readonly meters = new Map<string, Promise<LoadedMeters>>();

  constructor(
    private readonly sources: PricingSources,
    private readonly toCharge: SubscriptionToCharge,
  ) {}

  /** The fees of an event, one for each charge of its metric that is paid in advance, in the period that the event falls into. */
  async price(event: WaitingEvent): Promise<InstantFee[]> {
    const { subscription, facts } = this.toCharge;
    const fees: InstantFee[] = [];
    for (const charge of facts.pricesOf(subscription).charges) {
      if (!charge.payInAdvance || charge.metric.usage_key !== event.metric_key) continue;
      fees.push(await this.priceBy(charge, event));
    }
    return fees;
  }

  /** What is due with this event and was not charged before it. */
  private async priceBy(charge: UsageChargeFacts, event: WaitingEvent): Promise<InstantFee> {
    const { subscription, facts } = this.toCharge;
    const span = advanceSpanOf(subscription, instantOf(event.occurred_at));
    const { meters, request } = await this.metersOf(charge, span);
    const { paid, ...measured } = meters.charge(meterable(request, event));
    const entity = effectiveEntity(subscription);
    const taxes = taxesOf(facts, subscription, await taxesOnDayOf(this.sources.taxRates, entity, event.occurred_at));
    const item: UsageChargeItem = {
      kind: 'charge',
      id: charge.id,
      name: charge.name,
      taxes: taxes(`charge ${charge.id}`),
      period: span.period,
      billed: span.billed,
      buckets: [{ ...bucketOf(charge, measured), paid }],
    };
    const { dayCount = subscription.day_count } = request.metering;
    const priced = priceInvoice({ ...lineSettingsOf(subscription), dayCount, items: [item] });
    return { entity, invoiceable: charge.invoiceable, priced };
  }

  private metersOf(charge: UsageChargeFacts, span: UsageSpan): Promise<LoadedMeters> {
    const key = `${charge.id} ${span.billed.start.epochMilliseconds}`;
    const known = this.meters.get(key);
    if (known) return known;
    const { organizationId, subscription } = this.toCharge;
    const loaded = loadChargeMeters(this.sources.query, { organizationId, subscription, charge, span });
    this.meters.set(key, loaded);
    return loaded;
  }
}
