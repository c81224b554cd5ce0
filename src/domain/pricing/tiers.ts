import { Exact } from '../money/exact.ts';
import type { Tier } from './charge-model.ts';
import type { PropertyReader } from './property-reader.ts';

/** How a model calls the price per unit in its tiers; `per` divides it (100 for a percentage). */
export interface TierWords {
  readonly list: string;
  readonly price: 'per_unit_amount' | 'rate';
  readonly per: bigint;
}

/**
 * Tiers without gap or overlap, from 0 to an open end. Each starts at the end of the one before, or one unit above it: both mean
 * "above the end of the one before", so 5.5 units in 0–5, 6–∞ are 5 and 0.5 (Lago).
 */
export function readTiers(reader: PropertyReader, words: TierWords): readonly Tier[] {
  const rows = reader.list(words.list).map((row) => ({ row, tier: readTier(row, words) }));
  // A tier that cannot be read is not judged by its neighbours, nor they by it.
  if (rows.every(({ row }) => Object.keys(row.refused).length === 0))
    rows.forEach(({ row, tier }, position) => checkNeighbours(row, tier, rows[position - 1]?.tier, position === rows.length - 1));
  for (const { row } of rows) Object.assign(reader.refused, row.refused);
  reader.wire[words.list] = rows.map(({ row }) => row.wire as Record<string, string | null>);
  return rows.map(({ tier }) => tier);
}

function readTier(row: PropertyReader, words: TierWords): Tier {
  const upTo = row.optionalDecimal('to_value', { absent: null });
  if (upTo === null) row.wire.to_value = null;
  const tier = {
    from: row.decimal('from_value'),
    upTo,
    perUnit: row.decimal(words.price).dividedBy(Exact.fromInteger(words.per)),
    flat: row.decimal('flat_amount', { absent: '0' }),
  };
  row.finish();
  return tier;
}

function checkNeighbours(row: PropertyReader, tier: Tier, before: Tier | undefined, last: boolean): void {
  if (last && tier.upTo !== null) row.refuse('to_value', 'last_tier_must_be_open');
  if (!last && tier.upTo === null) row.refuse('to_value', 'only_last_tier_may_be_open');
  if (tier.upTo !== null && tier.upTo.compare(tier.from) < 0) row.refuse('to_value', 'value_is_out_of_range');
  if (!before) {
    if (!tier.from.isZero()) row.refuse('from_value', 'first_tier_must_start_at_zero');
    return;
  }
  if (before.upTo === null) return;
  if (tier.from.compare(before.upTo) < 0) row.refuse('from_value', 'tiers_overlap');
  else if (tier.from.compare(before.upTo) > 0 && tier.from.compare(before.upTo.plus(Exact.one)) !== 0)
    row.refuse('from_value', 'tiers_leave_a_gap');
}

/** Where a tier begins: the end of the one before it. */
export const floorOf = (tiers: readonly Tier[], position: number): Exact => tiers[position - 1]?.upTo ?? Exact.zero;

/** The part of `units` that falls into the tier at this position. */
export function unitsWithin(tiers: readonly Tier[], position: number, units: Exact): Exact {
  const top = tiers[position]?.upTo ?? null;
  const reached = top === null ? units : units.atMost(top);
  return reached.minus(floorOf(tiers, position)).atLeast(Exact.zero);
}

/** Position of the tier that the last of these units falls into; the first for none. The last tier is open, so there is one. */
export const tierReached = (tiers: readonly Tier[], units: Exact): number =>
  tiers.findIndex((tier) => tier.upTo === null || units.compare(tier.upTo) <= 0);
