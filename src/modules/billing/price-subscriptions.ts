import type { BillingAnchor } from '../../domain/calendar/billing-period.ts';
import {
  type FixedChargePrice,
  type PricedInvoice,
  pricePeriod,
  type UsageChargePrice,
} from '../../domain/invoicing/price-period.ts';
import { anchorOf } from '../../domain/lifecycles/begin-subscription.ts';
import { instantOf } from '../../platform/clock/clock.ts';
import type { Query } from '../../platform/database/sql.ts';
import { type EffectiveEntity, effectiveEntity } from '../billing-entities/index.ts';
import { periodAround } from './billing-calendar.ts';
import type { DueSubscription } from './due-subscriptions.store.ts';
import { type ChargeRecord, loadPriceFacts, type PriceFacts } from './price-facts.store.ts';

/** A subscription's current period with what it costs. */
export interface PricedSubscription {
  readonly subscription: DueSubscription;
  readonly anchor: BillingAnchor;
  readonly entity: EffectiveEntity;
  readonly priced: PricedInvoice;
}

/**
 * The first two beats for any number of subscriptions: three reads, then pure pricing. Invoice, preview and current usage all
 * come through here, so they cannot disagree.
 */
export async function priceSubscriptions(
  query: Query,
  organizationId: string,
  subscriptions: readonly DueSubscription[],
): Promise<PricedSubscription[]> {
  if (subscriptions.length === 0) return [];
  const facts = await loadPriceFacts(query, organizationId, subscriptions);
  return subscriptions.map((subscription) => price(subscription, facts));
}

/** Taxes are those of the charge, else of the plan, the customer, the effective entity, the organization: the nearest that has any. */
function price(subscription: DueSubscription, facts: PriceFacts): PricedSubscription {
  const entity = effectiveEntity(subscription);
  const fallback = [
    `plan ${subscription.plan_id}`,
    `customer ${subscription.customer_id}`,
    `billing_entity ${entity.id}`,
    'organization ',
  ];
  const taxes = facts.nearestTaxes(...fallback);
  const charges = facts.chargesOf(subscription.plan_id);
  const anchor = anchorOf({
    interval: subscription.interval,
    billingTime: subscription.billing_time,
    timezone: subscription.billing_timezone,
    subscriptionAt: instantOf(subscription.subscription_at),
  });
  const start = instantOf(subscription.current_period_start);
  const toFixedCharge = (charge: ChargeRecord): FixedChargePrice => ({
    id: charge.id,
    name: charge.name,
    units: charge.units ?? '0',
    unitAmount: charge.unit_amount,
    prorated: charge.prorated,
    taxes,
  });
  const toUsageCharge = (charge: ChargeRecord): UsageChargePrice => ({
    id: charge.id,
    name: charge.name,
    unitAmount: charge.unit_amount,
    usage: facts.usageOf(subscription.id, charge.id),
    taxes: facts.nearestTaxes(`charge ${charge.id}`, ...fallback),
  });
  const priced = pricePeriod({
    currency: subscription.amount_currency,
    timezone: subscription.billing_timezone,
    period: periodAround(anchor, start),
    billed: { start, end: instantOf(subscription.current_period_end) },
    plan: { id: subscription.plan_id, name: subscription.plan_name, amountCents: BigInt(subscription.amount_cents), taxes },
    fixedCharges: charges.filter((charge) => charge.kind === 'fixed_charge').map(toFixedCharge),
    usageCharges: charges.filter((charge) => charge.kind === 'charge').map(toUsageCharge),
  });
  return { subscription, anchor, entity, priced };
}
