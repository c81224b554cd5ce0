import type { Stripe } from 'stripe';
import type { World } from '../world/world.ts';
import { timesUnit } from './exact.ts';

/** What a quantity costs at a price, in minor units: per unit, graduated or by volume. */
export function priceAmount(world: World, price: Stripe.Price, quantity: number): number {
  if (price.billing_scheme === 'per_unit') return timesUnit(transformed(price, quantity), String(price.unit_amount_decimal ?? 0));
  const tiers = world.store.tiers.get(price.id) ?? [];
  if (price.tiers_mode === 'volume') {
    const tier = tiers.find(({ up_to }) => up_to === null || quantity <= up_to) ?? tiers.at(-1);
    return tier && quantity > 0 ? tierAmount(tier, quantity) : 0;
  }
  let from = 0;
  let amount = 0;
  for (const tier of tiers) {
    if (quantity <= from) break;
    const within = Math.min(quantity, tier.up_to ?? quantity) - from;
    amount += tierAmount(tier, within);
    from += within;
  }
  return amount;
}

const tierAmount = (tier: Stripe.Price.Tier, quantity: number): number =>
  timesUnit(quantity, String(tier.unit_amount_decimal ?? 0)) + (tier.flat_amount ?? 0);

function transformed({ transform_quantity: transform }: Stripe.Price, quantity: number): number {
  if (!transform) return quantity;
  const groups = quantity / transform.divide_by;
  return transform.round === 'up' ? Math.ceil(groups) : Math.floor(groups);
}
