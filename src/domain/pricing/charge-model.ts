import type { Exact } from '../money/exact.ts';

/** Lago's words for how units become an amount. */
export const chargeModels = [
  'standard',
  'graduated',
  'graduated_percentage',
  'package',
  'percentage',
  'volume',
  'dynamic',
] as const;
export type ChargeModelName = (typeof chargeModels)[number];

/** `(above, upTo]` of the units. `upTo` null is the open end. Amounts are major units. */
export interface Tier {
  /** As the plan's author wrote it: 0, 101, … or exactly the end of the tier before. */
  readonly from: Exact;
  readonly upTo: Exact | null;
  readonly perUnit: Exact;
  /** Charged once when the tier is entered. */
  readonly flat: Exact;
}

export interface Standard {
  readonly name: 'standard';
  readonly amount: Exact;
}

export interface Tiered {
  /** Graduated: each tier's units at its price. Volume: all units at the price of the tier reached. Percentage tiers hold rate ÷ 100 per unit. */
  readonly name: 'graduated' | 'graduated_percentage' | 'volume';
  readonly tiers: readonly Tier[];
}

export interface Package {
  readonly name: 'package';
  readonly amount: Exact;
  readonly size: Exact;
  readonly freeUnits: Exact;
}

export interface Percentage {
  readonly name: 'percentage';
  /** 1.3 means 1.3 %. */
  readonly rate: Exact;
  /** For each event that is not free. */
  readonly fixedAmount: Exact;
  /** The first events are free … */
  readonly freeEvents: bigint | null;
  /** … or the first amount, whichever ends first. */
  readonly freeAmount: Exact | null;
  readonly minimumPerTransaction: Exact | null;
  readonly maximumPerTransaction: Exact | null;
}

/** Every event says what it costs. */
export interface Dynamic {
  readonly name: 'dynamic';
}

export type ChargeModel = Standard | Tiered | Package | Percentage | Dynamic;

/** A property as JSON keeps it: decimals are text. */
export type WireValue = string | null | readonly string[] | readonly Readonly<Record<string, string | null>>[];
export type WireProperties = Readonly<Record<string, WireValue>>;

/** A charge's price, read once and used for every period. */
export interface ChargePricing {
  readonly model: ChargeModel;
  /** The properties as they were read, in plain decimals: what a derivation keeps and `readChargeModel` reads again. */
  readonly properties: WireProperties;
  /** Event properties whose values make fees of their own (Lago's `pricing_group_keys`). */
  readonly groupKeys: readonly string[];
}
