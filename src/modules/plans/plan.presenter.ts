import type { WireProperties } from '../../domain/pricing/charge-model.ts';
import { Exact } from '../../domain/money/exact.ts';
import { isoOf } from '../../platform/clock/clock.ts';
import { jsonNumber } from '../../platform/http/strict-json.ts';
import type { AddOnRow } from '../add-ons/index.ts';
import type { BillableMetricRow } from '../billable-metrics/index.ts';
import type { ChargeFilterRow } from './charges/charge-filter.entity.ts';
import type { ChargeRow } from './charges/charge.entity.ts';
import type { FixedChargeRow } from './fixed-charges/fixed-charge.entity.ts';
import type { MinimumCommitmentRow } from './minimum-commitment.entity.ts';
import type { PlanRow } from './plan.entity.ts';

/** Counts leave as JSON numbers, as Lago's client types them; amounts and rates stay decimal text. */
const counts = ['from_value', 'to_value', 'package_size', 'free_units', 'free_units_per_events'];

function presentProperties(properties: WireProperties): Record<string, unknown> {
  const present = (key: string, value: unknown): unknown => {
    if (counts.includes(key) && typeof value === 'string') return jsonNumber(value);
    if (!Array.isArray(value)) return value;
    return value.map((item: unknown) =>
      typeof item === 'object' && item !== null ? presentProperties(item as WireProperties) : item,
    );
  };
  return Object.fromEntries(Object.entries(properties).map(([key, value]) => [key, present(key, value)]));
}

/** Without the zeros that the column pads with. */
const plain = (decimal: string): string => Exact.parse(decimal).toDecimal();

export const presentChargeFilter = (row: ChargeFilterRow) => ({
  id: row.id,
  lago_id: row.id,
  invoice_display_name: row.invoiceDisplayName,
  properties: presentProperties(row.properties),
  values: row.filterValues,
});
export type PresentedChargeFilter = ReturnType<typeof presentChargeFilter>;

/** What hangs on a charge. */
export interface ChargeDetails {
  readonly metric: BillableMetricRow;
  readonly filters: readonly PresentedChargeFilter[];
  readonly taxes: readonly object[];
}

export const presentCharge = (row: ChargeRow, { metric, filters, taxes }: ChargeDetails) => ({
  id: row.id,
  lago_id: row.id,
  code: row.code,
  lago_billable_metric_id: metric.id,
  billable_metric_code: metric.code,
  invoice_display_name: row.invoiceDisplayName,
  charge_model: row.chargeModel,
  properties: presentProperties(row.properties),
  status: row.status.toLowerCase(),
  pay_in_advance: row.payInAdvance,
  invoiceable: row.invoiceable,
  regroup_paid_fees: null,
  prorated: row.prorated,
  min_amount_cents: row.minAmountCents,
  filters,
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
  charge_model: row.chargeModel,
  units: jsonNumber(plain(row.units)),
  properties: presentProperties(row.properties),
  prorated: row.prorated,
  status: row.status.toLowerCase(),
  pay_in_advance: row.payInAdvance,
  taxes: [],
  created_at: isoOf(row.createdAt),
  updated_at: isoOf(row.updatedAt),
});
export type PresentedFixedCharge = ReturnType<typeof presentFixedCharge>;

export const presentCommitment = (row: MinimumCommitmentRow, plan: PlanRow, taxes: readonly object[]) => ({
  id: row.id,
  lago_id: row.id,
  plan_code: plan.code,
  amount_cents: row.amountCents,
  invoice_display_name: row.invoiceDisplayName,
  interval: plan.interval,
  taxes,
  created_at: isoOf(row.createdAt),
  updated_at: isoOf(row.updatedAt),
});
export type PresentedCommitment = ReturnType<typeof presentCommitment>;

/** What hangs on a plan, already in its wire form. */
export interface PlanDetails {
  readonly charges: readonly PresentedCharge[];
  readonly fixedCharges: readonly PresentedFixedCharge[];
  readonly commitment: PresentedCommitment | null;
  readonly taxes: readonly object[];
}

export const presentPlan = (row: PlanRow, { charges, fixedCharges, commitment, taxes }: PlanDetails) => ({
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
  pay_in_advance: row.payInAdvance,
  bill_charges_monthly: row.billChargesMonthly,
  bill_fixed_charges_monthly: row.billFixedChargesMonthly,
  charges,
  fixed_charges: fixedCharges,
  minimum_commitment: commitment,
  usage_thresholds: [],
  taxes,
  created_at: isoOf(row.createdAt),
  updated_at: isoOf(row.updatedAt),
});
