import { Exact } from '../../domain/money/exact.ts';
import { isoOf } from '../../platform/clock/clock.ts';
import { jsonNumber } from '../../platform/http/strict-json.ts';
import type { AddOnRow } from '../add-ons/index.ts';
import type { BillableMetricRow } from '../billable-metrics/index.ts';
import type { ChargeRow } from './charges/charge.entity.ts';
import type { FixedChargeRow } from './fixed-charges/fixed-charge.entity.ts';
import type { PlanRow } from './plan.entity.ts';

/** Without the zeros that the column pads with. */
const plain = (decimal: string): string => Exact.parse(decimal).toDecimal();

export const presentCharge = (row: ChargeRow, metric: BillableMetricRow, taxes: readonly object[]) => ({
  id: row.id,
  lago_id: row.id,
  code: row.code,
  lago_billable_metric_id: metric.id,
  billable_metric_code: metric.code,
  invoice_display_name: row.invoiceDisplayName,
  charge_model: row.chargeModel,
  properties: { amount: plain(row.unitAmount) },
  status: row.status.toLowerCase(),
  pay_in_advance: false,
  invoiceable: true,
  regroup_paid_fees: null,
  prorated: false,
  min_amount_cents: 0,
  filters: [],
  taxes,
  created_at: isoOf(row.createdAt),
  updated_at: isoOf(row.updatedAt),
});
export type PresentedCharge = ReturnType<typeof presentCharge>;

export const presentFixedCharge = (row: FixedChargeRow, addOn: AddOnRow) => ({
  id: row.id,
  lago_id: row.id,
  code: row.code,
  lago_add_on_id: addOn.id,
  add_on_code: addOn.code,
  invoice_display_name: row.invoiceDisplayName,
  charge_model: 'standard',
  units: jsonNumber(plain(row.units)),
  properties: { amount: plain(row.unitAmount) },
  prorated: row.prorated,
  status: row.status.toLowerCase(),
  pay_in_advance: false,
  taxes: [],
  created_at: isoOf(row.createdAt),
  updated_at: isoOf(row.updatedAt),
});
export type PresentedFixedCharge = ReturnType<typeof presentFixedCharge>;

/** What hangs on a plan, already in its wire form. */
export interface PlanDetails {
  readonly charges: readonly PresentedCharge[];
  readonly fixedCharges: readonly PresentedFixedCharge[];
  readonly taxes: readonly object[];
}

export const presentPlan = (row: PlanRow, { charges, fixedCharges, taxes }: PlanDetails) => ({
  id: row.id,
  lago_id: row.id,
  code: row.code,
  name: row.name,
  invoice_display_name: row.invoiceDisplayName,
  description: row.description,
  interval: row.interval,
  amount_cents: row.amountCents,
  amount_currency: row.amountCurrency,
  trial_period: row.trialPeriod,
  pay_in_advance: false,
  bill_charges_monthly: false,
  bill_fixed_charges_monthly: false,
  charges,
  fixed_charges: fixedCharges,
  usage_thresholds: [],
  taxes,
  created_at: isoOf(row.createdAt),
  updated_at: isoOf(row.updatedAt),
});
