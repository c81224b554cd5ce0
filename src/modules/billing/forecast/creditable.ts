import { dateOf } from '../../../platform/clock/clock.ts';
import type { CreditableInvoice } from '../../credit-notes/index.ts';
import type { PricedSubscription } from '../price-subscriptions.ts';

/** An invoice that would be made, as credit notes read it. */
export function creditableOf({ subscription, entity, parts, priced }: PricedSubscription): CreditableInvoice {
  const id = `${subscription.id} ${subscription.current_period_end.toISOString()}`;
  const prorated = new Set(
    parts.flatMap(({ items }) => items.flatMap((item) => (item.kind === 'fixed_charge' && item.prorated ? [item.id] : []))),
  );
  return {
    id,
    invoice_number: '',
    status: 'DRAFT',
    customer_id: subscription.customer_id,
    billing_entity_id: entity.id,
    currency: priced.currency,
    timezone: entity.timezone,
    fees_amount_cents: priced.feesAmountCents.toString(),
    discount_amount_cents: priced.discountAmountCents.toString(),
    taxes_amount_cents: priced.taxesAmountCents.toString(),
    total_cents: priced.totalCents.toString(),
    total_paid_cents: '0',
    offset_amount_cents: '0',
    provider_balance_cents: '0',
    notes: 0,
    credited_sub_total_cents: '0',
    credited_taxes_cents: '0',
    refunded_cents: '0',
    fees: priced.fees.map((fee, position) => ({
      id: `${id} ${position}`,
      invoice_id: id,
      subscription_id: fee.subscriptionId,
      fee_type: fee.type,
      item_id: fee.itemId,
      amount_cents: fee.amountCents.toString(),
      period_start: dateOf(fee.from),
      period_end: dateOf(fee.to),
      given_back_from: null,
      derivation: fee.derivation,
      is_prorated: fee.type === 'subscription' || (fee.type === 'fixed_charge' && prorated.has(fee.itemId ?? '')),
      credited_cents: '0',
    })),
  };
}
