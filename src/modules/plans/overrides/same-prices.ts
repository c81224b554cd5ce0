import type { EntityManager } from 'typeorm';
import { presentPlans } from '../plans.queries.ts';
import type { PlanRow } from '../plan.entity.ts';

const ofOneCopy = new Set(['id', 'lago_id', 'created_at', 'updated_at']);

/** Whether two plans say the same to whoever pays: everything in them but what tells one copy from another. */
export async function samePrices(manager: EntityManager, one: PlanRow, other: PlanRow): Promise<boolean> {
  const [first, second] = (await presentPlans(manager, [one, other])).map((plan) => JSON.stringify(bare(plan)));
  return first === second;
}

function bare(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (Array.isArray(value)) return value.map((item) => JSON.stringify(bare(item))).toSorted();
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([key]) => !ofOneCopy.has(key));
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, inner]) => [key, bare(inner)]));
}
