import { Exact } from '../money/exact.ts';

/** A tier that sells blocks of units, Kill Bill's words: at most `maxBlocks` of them, each begun block whole. Null: open. */
export interface BlockTier {
  readonly block: Exact;
  readonly maxBlocks: Exact | null;
  /** Major units per block. */
  readonly price: Exact;
}

/** Each tier's blocks at its price, the rest in the tier after it. */
export function priceBlocks(tiers: readonly BlockTier[], units: Exact): readonly Exact[] {
  let left = units.atLeast(Exact.zero);
  return tiers.map(({ block, maxBlocks, price }) => {
    const wanted = left.dividedBy(block).rounded('ceil');
    const blocks = maxBlocks === null ? wanted : wanted.atMost(maxBlocks);
    left = left.minus(blocks.times(block)).atLeast(Exact.zero);
    return blocks.times(price);
  });
}

/** All blocks at the price of the tier that the units reach. */
export function priceBlocksByVolume(tiers: readonly BlockTier[], units: Exact): Exact {
  let top = Exact.zero;
  for (const { block, maxBlocks, price } of tiers) {
    if (maxBlocks !== null) top = top.plus(maxBlocks.times(block));
    if (maxBlocks === null || units.compare(top) <= 0) return units.dividedBy(block).rounded('ceil').times(price);
  }
  const last = tiers.at(-1);
  return last ? units.dividedBy(last.block).rounded('ceil').times(last.price) : Exact.zero;
}

/** A tier with the most that each unit may come to; null: no limit at all. */
export interface CapacityTier {
  readonly price: Exact;
  readonly most: Readonly<Record<string, Exact>> | null;
}

/** Capacity: the first tier that holds the peaks of all units sets the price. */
export function priceCapacity(tiers: readonly CapacityTier[], peaks: Readonly<Record<string, Exact>>): Exact {
  const fits = ({ most }: CapacityTier): boolean =>
    most === null || Object.entries(peaks).every(([unit, peak]) => peak.compare(most[unit] ?? Exact.zero) <= 0);
  return (tiers.find(fits) ?? tiers.at(-1))?.price ?? Exact.zero;
}
