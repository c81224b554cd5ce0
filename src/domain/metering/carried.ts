import { Exact } from '../money/exact.ts';

/** What a recurring metric takes into its next period: the total, and for a unique count the values that are in use. */
export interface Carried {
  readonly total: Exact;
  readonly values: readonly string[];
}

export const nothingCarried: Carried = { total: Exact.zero, values: [] };
