import type { ErrorDetails } from '../../../domain/errors/error-codes.ts';
import type { AggregationType, BillableMetricRow } from '../../billable-metrics/index.ts';
import type { ChargeRow } from './charge.entity.ts';

const notInAdvance: readonly AggregationType[] = ['MAX', 'LATEST', 'WEIGHTED_SUM'];

/** What Lago's rules refuse in the settings of a charge (its documentation of charges). */
export function wrongSettings(row: ChargeRow, metric: BillableMetricRow): ErrorDetails {
  const wrong: Record<string, string[]> = {};
  if (row.payInAdvance && row.chargeModel === 'volume') wrong['pay_in_advance'] = ['invalid_charge_model'];
  if (row.payInAdvance && notInAdvance.includes(metric.aggregationType)) wrong['pay_in_advance'] = ['invalid_aggregation_type'];
  if (!row.payInAdvance && !row.invoiceable) wrong['invoiceable'] = ['not_compatible_with_pay_in_arrears'];
  if (row.payInAdvance && row.minAmountCents > 0n) wrong['min_amount_cents'] = ['not_compatible_with_pay_in_advance'];
  if (row.chargeModel === 'dynamic' && metric.aggregationType !== 'SUM') wrong['charge_model'] = ['invalid_aggregation_type'];
  if (row.prorated && !isProratable(row, metric)) wrong['prorated'] = ['invalid_billable_metric_or_charge_model'];
  return wrong;
}

function isProratable(row: ChargeRow, metric: BillableMetricRow): boolean {
  const models = row.payInAdvance ? ['standard'] : ['standard', 'volume', 'graduated'];
  return metric.recurring && ['SUM', 'UNIQUE_COUNT'].includes(metric.aggregationType) && models.includes(row.chargeModel);
}

/** What stands while somebody is billed by the plan: how and when usage becomes money. Its amounts may change. */
export function changedRhythm(current: ChargeRow, row: ChargeRow): ErrorDetails {
  const locked = {
    charge_model: row.chargeModel !== current.chargeModel,
    pay_in_advance: row.payInAdvance !== current.payInAdvance,
    invoiceable: row.invoiceable !== current.invoiceable,
    prorated: row.prorated !== current.prorated,
  };
  const changed = Object.entries(locked).filter(([, differs]) => differs);
  return Object.fromEntries(changed.map(([field]) => [field, ['plan_in_use']]));
}
