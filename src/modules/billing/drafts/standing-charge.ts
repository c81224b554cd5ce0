import type { FeeDerivation } from '../../../domain/invoicing/derivation.ts';
import { standingPricing } from '../../../domain/invoicing/standing-line.ts';
import type { UsageChargeFacts } from '../price-facts.store.ts';

type Filter = UsageChargeFacts['filters'][number];

/**
 * A charge with the price, filters, rounding and minimum by which these fees were made, whatever it says by now: of equal ones the first
 * fee's. What has the id `madeBefore`, or a later one, came after them.
 */
export function standingCharge(
  charge: UsageChargeFacts,
  derivations: readonly FeeDerivation[],
  madeBefore: string,
): UsageChargeFacts {
  const counted = derivations.filter((derivation) => !derivation.true_up);
  const own = counted.find((derivation) => derivation.filter_id === undefined);
  const evidence = counted.find((derivation) => derivation.evidence)?.evidence;
  const trueUp = derivations.find((derivation) => derivation.true_up)?.true_up;
  const { rounding } = evidence ?? {};
  return {
    ...charge,
    ...(own && { pricing: standingPricing(own) }),
    ...(trueUp && { minimumCents: BigInt(trueUp.minimum_cents) }),
    filters: filtersOf(charge, counted, madeBefore),
    metric: {
      ...charge.metric,
      ...(evidence && { rounding_function: rounding?.function ?? null, rounding_precision: rounding?.precision ?? null }),
    },
  };
}

/** In arrears every filter has a fee. What is paid in advance has fees of what was used: a filter without one is as it is now. */
function filtersOf(charge: UsageChargeFacts, counted: readonly FeeDerivation[], madeBefore: string): Filter[] {
  const known = new Map(charge.filters.map((filter) => [filter.id, filter]));
  const standing = new Map<string, Filter>();
  for (const derivation of counted) {
    const { filter_id: id, filter_values: values = {} } = derivation;
    if (id === undefined || standing.has(id)) continue;
    const { invoice_display_name: name = null, properties = null } = known.get(id) ?? {};
    standing.set(id, { id, invoice_display_name: name, properties, filter_values: values, pricing: standingPricing(derivation) });
  }
  if (charge.payInAdvance) for (const [id, filter] of known) if (id < madeBefore && !standing.has(id)) standing.set(id, filter);
  return [...standing.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1));
}
