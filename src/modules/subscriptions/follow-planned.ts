import type { Decided } from './decided.ts';
import type { SubscriptionRow } from './subscription.entity.ts';

const carried = ['billingEntityId', 'name', 'endingAt'] as const;

/**
 * What changes of a subscription changes of the plan that is planned for it: it was ordered with what the subscription had then. What the
 * planned one has otherwise was set apart, and stays.
 */
export function followPlanned(planned: SubscriptionRow | null, before: SubscriptionRow, after: SubscriptionRow): Decided[] {
  if (!planned) return [];
  const changed = carried.filter((key) => !isSame(before[key], after[key]) && isSame(planned[key], before[key]));
  if (changed.length === 0) return [];
  const row = { ...planned, ...Object.fromEntries(changed.map((key) => [key, after[key]])), updatedAt: after.updatedAt };
  return [{ row, write: 'update', told: ['updated'] }];
}

const isSame = (a: Date | string | null, b: Date | string | null): boolean => a?.valueOf() === b?.valueOf();
