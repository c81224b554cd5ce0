import { isOutage } from '../database/outage.ts';

export interface Halving<Item, Result> {
  /** On some of the items, all of them or none. */
  readonly work: (items: readonly Item[]) => Promise<Result>;
  /** On the one at fault. */
  readonly giveUp: (item: Item, error: unknown) => Promise<Result>;
}

/**
 * Goes on after `error` kept a batch from being worked on: by halves, down to the items that are at fault, which are given up; what
 * belongs together is one item. @throws what is nobody's fault: an outage of the database
 */
export async function byHalves<Item, Result>(
  items: readonly Item[],
  error: unknown,
  steps: Halving<Item, Result>,
): Promise<Result[]> {
  const [first, ...others] = items;
  if (first === undefined || isOutage(error)) throw error;
  if (others.length === 0) return [await steps.giveUp(first, error)];
  const middle = Math.ceil(items.length / 2);
  const results: Result[] = [];
  for (const half of [items.slice(0, middle), items.slice(middle)]) {
    try {
      results.push(await steps.work(half));
    } catch (again) {
      results.push(...(await byHalves(half, again, steps)));
    }
  }
  return results;
}
