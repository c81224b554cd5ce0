import type { ErrorDetails } from '../errors/error-codes.ts';
import type { Aggregation } from '../metering/metric.ts';
import type { ChargeModelName } from './charge-model.ts';

export interface ChargeTerms {
  readonly model: ChargeModelName;
  readonly payInAdvance: boolean;
  readonly invoiceable: boolean;
  readonly prorated: boolean;
  readonly minAmountCents: bigint;
}

export interface MetricTerms {
  readonly aggregation: Aggregation;
  readonly recurring: boolean;
}

/** Models that price the units of a fixed charge. */
export const fixedChargeModels: readonly ChargeModelName[] = ['standard', 'graduated', 'volume'];

const neverInAdvance: readonly Aggregation[] = ['max_agg', 'latest_agg', 'weighted_sum_agg'];
const neverRecurring: readonly Aggregation[] = ['count_agg', 'max_agg', 'latest_agg'];

/** Count, max and latest begin anew every period; the other aggregations may carry their value over (Lago). */
export const mayRecur = (aggregation: Aggregation): boolean => !neverRecurring.includes(aggregation);

/** What a charge may not combine (Lago's rules and codes), each under its field; null when all is well. */
export function chargeMistakes(charge: ChargeTerms, metric: MetricTerms): ErrorDetails | null {
  const mistakes: [boolean, string, string][] = [
    [charge.model === 'dynamic' && metric.aggregation !== 'sum_agg', 'charge_model', 'invalid_aggregation_type_or_charge_model'],
    [
      charge.payInAdvance && (charge.model === 'volume' || neverInAdvance.includes(metric.aggregation)),
      'pay_in_advance',
      'invalid_aggregation_type_or_charge_model',
    ],
    [!charge.invoiceable && !charge.payInAdvance, 'invoiceable', 'must_be_pay_in_advance'],
    [charge.minAmountCents > 0n && charge.payInAdvance, 'min_amount_cents', 'not_compatible_with_pay_in_advance'],
    [charge.prorated && !mayProrate(charge, metric), 'prorated', 'invalid_billable_metric_or_charge_model'],
  ];
  const found = mistakes.filter(([wrong]) => wrong).map(([, field, code]) => [field, [code]] as const);
  return found.length > 0 ? Object.fromEntries(found) : null;
}

function mayProrate({ model, payInAdvance }: ChargeTerms, { aggregation, recurring }: MetricTerms): boolean {
  if (!recurring || aggregation === 'weighted_sum_agg') return false;
  return model === 'standard' || (!payInAdvance && (model === 'volume' || model === 'graduated'));
}
