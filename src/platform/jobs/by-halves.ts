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

export interface Parting<Member, Result> extends Halving<Member, Result> {
  /** The same on one member as if it stood alone; leaves nothing behind. */
  readonly rehearse: (member: Member) => Promise<unknown>;
}

/**
 * Goes on after `error` kept members that belong together from being worked on: those that fail alone as well are given up, and the
 * others are worked on together without them. @throws what is nobody's fault: an outage of the database
 */
export async function withoutCulprits<Member, Result>(
  members: readonly Member[],
  error: unknown,
  { work, giveUp, rehearse }: Parting<Member, Result>,
): Promise<Result[]> {
  const faults = new Map<Member, unknown>();
  if (members.length > 1)
    for (const member of members)
      await rehearse(member).catch((own: unknown) => {
        if (isOutage(own)) throw own;
        faults.set(member, own);
      });
  const others = members.filter((member) => !faults.has(member));
  const results: Result[] = [];
  for (const [member, own] of faults) results.push(await giveUp(member, own));
  if (others.length === 0) return results;
  try {
    if (faults.size === 0) throw error;
    return [...results, await work(others)];
  } catch (together) {
    if (isOutage(together)) throw together;
    for (const member of others) results.push(await giveUp(member, together));
    return results;
  }
}
