import { localDateOf } from '../../domain/calendar/local-day.ts';
import type { TaxRate } from '../../domain/invoicing/items.ts';
import type { TaxRates } from '../../domain/taxation/tax-rates.ts';
import { instantOf } from '../../platform/clock/clock.ts';
import type { EffectiveEntity } from '../billing-entities/index.ts';
import { type DecidedTaxes, taxesByAddress } from '../taxes/index.ts';
import type { DueSubscription } from './subscription-to-price.ts';
import type { PriceFacts } from './price-facts.store.ts';

/** The taxes of something a subscription pays for; owners nearer than its plan are `<kind> <id>`. */
export type TaxesOf = (...nearer: string[]) => readonly TaxRate[];

/** Those of the charge or commitment, else of the plan, the customer, the effective entity, the organization, the nearest that has any; else what the addresses decide. */
export const taxesOf =
  (facts: PriceFacts, subscription: DueSubscription, byAddress: DecidedTaxes): TaxesOf =>
  (...nearer) => {
    const assigned = facts.nearestTaxes(
      ...nearer,
      `plan ${subscription.plan_id}`,
      `customer ${subscription.customer_id}`,
      `billing_entity ${subscription.entity_id}`,
      'organization ',
    );
    return assigned.length > 0 ? assigned : byAddress();
  };

/** By the rates of the day on which it is billed, whenever it is computed: a preview and a late run find what the invoice finds. */
export const taxesOnDayOf = (rates: TaxRates, entity: EffectiveEntity, billedAt: Date): Promise<DecidedTaxes> =>
  taxesByAddress(rates, entity.taxAddresses, localDateOf(instantOf(billedAt), entity.timezone).toString());
