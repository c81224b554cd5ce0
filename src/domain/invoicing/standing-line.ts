import { Temporal } from 'temporal-polyfill';
import { Exact } from '../money/exact.ts';
import type { ChargePricing } from '../pricing/charge-model.ts';
import { pricingOf } from '../pricing/read-charge-model.ts';
import type { FeeDerivation } from './derivation.ts';
import type { FeeType, TaxRate } from './items.ts';
import type { Line } from './lines.ts';

/** A fee that was made before. */
export interface StandingFee {
  readonly type: FeeType;
  readonly subscriptionId: string | null;
  readonly itemId: string | null;
  readonly name: string;
  readonly derivation: FeeDerivation;
}

/** The fee as a line of its invoice, at its rounded amount: for the sums in which it stands as it is. */
export function standingLine({ derivation, ...fee }: StandingFee, taxes: readonly TaxRate[]): Line {
  const { billed, proration, true_up: trueUp, events_count: events } = derivation;
  return {
    ...fee,
    taxes,
    billed: { start: Temporal.Instant.from(billed.start), end: Temporal.Instant.from(billed.end) },
    units: derivation.units,
    unitAmount: derivation.unit_amount,
    eventsCount: BigInt(events ?? '0'),
    precise: Exact.parse(derivation.amount_cents),
    proration: proration && { billableDays: proration.billable_days, periodDays: proration.period_days },
    ...(trueUp && {
      trueUp: { minimumCents: BigInt(trueUp.minimum_cents), chargedCents: BigInt(trueUp.charged_cents) },
    }),
  };
}

/** Whether usage moves a fee: what was counted, and what fills up a minimum. */
export const followsUsage = (type: FeeType, fillsUp: boolean): boolean => type === 'charge' || fillsUp;

/** The price that a fee of usage was made by. @throws RangeError when the derivation cannot be read. */
export function standingPricing({ pricing, unit_amount: amount, grouped_by: groups = {} }: FeeDerivation): ChargePricing {
  if (pricing) return pricingOf(pricing.charge_model, pricing.properties);
  const keys = Object.keys(groups);
  return pricingOf('standard', { amount, ...(keys.length > 0 && { pricing_group_keys: keys }) });
}
