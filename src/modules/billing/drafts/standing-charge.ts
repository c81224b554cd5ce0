import type { FeeDerivation } from '../../../domain/invoicing/derivation.ts';
import { standingPricing } from '../../../domain/invoicing/standing-line.ts';
import type { UsageChargeFacts } from '../price-facts.store.ts';

type Filter = UsageChargeFacts['filters'][number];

/** A charge with the price, filters, rounding and minimum by which these fees of one invoice were made, whatever it says by now. */
export function standingCharge(charge: UsageChargeFacts, derivations: readonly FeeDerivation[]): UsageChargeFacts {
  const counted = derivations.filter((derivation) => !derivation.true_up);
  const own = counted.find((derivation) => derivation.filter_id === undefined);
  const evidence = counted.find((derivation) => derivation.evidence)?.evidence;
  const trueUp = derivations.find((derivation) => derivation.true_up)?.true_up;
  const { rounding } = evidence ?? {};
  return {
    ...charge,
    ...(own && { pricing: standingPricing(own) }),
    ...(trueUp && { minimumCents: BigInt(trueUp.minimum_cents) }),
    filters: filtersOf(charge, counted),
    metric: {
      ...charge.metric,
      ...(evidence && { rounding_function: rounding?.function ?? null, rounding_precision: rounding?.precision ?? null }),
    },
  };
}

/** In arrears every filter has a fee. What is paid in advance renews only what is there: a filter without a fee is as it is now. */
function filtersOf(charge: UsageChargeFacts, counted: readonly FeeDerivation[]): Filter[] {
  const known = new Map(charge.filters.map((filter) => [filter.id, filter]));
  const standing = new Map(charge.payInAdvance ? known : []);
  for (const derivation of counted) {
    const { filter_id: id, filter_values: values = {} } = derivation;
    if (id === undefined) continue;
    const { invoice_display_name: name = null, properties = null } = known.get(id) ?? {};
    standing.set(id, { id, invoice_display_name: name, properties, filter_values: values, pricing: standingPricing(derivation) });
  }
  return [...standing.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1));
}
