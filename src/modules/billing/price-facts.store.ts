import { Temporal } from 'temporal-polyfill';
import type { TaxRate } from '../../domain/invoicing/items.ts';
import type { UnitsHistory } from '../../domain/lifecycles/quantity.ts';
import { Exact } from '../../domain/money/exact.ts';
import type { ChargePricing } from '../../domain/pricing/charge-model.ts';
import { pricingOf } from '../../domain/pricing/read-charge-model.ts';
import { groupRows } from '../../platform/database/group-rows.ts';
import type { Query } from '../../platform/database/sql.ts';
import type { AggregationType, MetricFilter } from '../billable-metrics/index.ts';
import { assignedTaxes } from './assigned-taxes.store.ts';
import type { DueSubscription } from './subscription-to-price.ts';

/** What a usage charge counts, and how. */
export interface MetricFacts {
  readonly usage_key: number;
  readonly code: string;
  readonly aggregation_type: AggregationType;
  readonly field_name: string | null;
  readonly recurring: boolean;
  readonly rounding_function: 'round' | 'ceil' | 'floor' | null;
  readonly rounding_precision: number | null;
  readonly filters: readonly MetricFilter[];
}

export interface FilterFacts {
  readonly id: string;
  readonly invoice_display_name: string | null;
  readonly filter_values: Readonly<Record<string, readonly string[]>>;
  readonly properties: unknown;
}

interface PriceRecord {
  readonly kind: 'charge' | 'fixed_charge' | 'commitment';
  readonly id: string;
  readonly plan_id: string;
  readonly parent_id: string | null;
  readonly code: string;
  readonly name: string;
  readonly charge_model: string | null;
  readonly properties: unknown;
  readonly units: string | null;
  readonly prorated: boolean;
  readonly pay_in_advance: boolean;
  readonly invoiceable: boolean;
  /** Of a commitment, the commitment. */
  readonly min_amount_cents: string;
  readonly metric: MetricFacts | null;
  readonly filters: readonly FilterFacts[] | null;
  readonly changes: readonly UnitsChangeRecord[] | null;
}

/** As JSON has it. */
interface UnitsChangeRecord {
  readonly id: string;
  readonly units_before: string;
  readonly units: string;
  readonly changed_at: string;
  readonly immediately: boolean;
}

export interface FixedChargeFacts {
  readonly id: string;
  readonly name: string;
  readonly history: UnitsHistory;
  readonly prorated: boolean;
  readonly payInAdvance: boolean;
  readonly pricing: ChargePricing;
}

export interface UsageChargeFacts {
  readonly id: string;
  readonly code: string;
  /** Of a subscription's own plan: the charge that it is a copy of. */
  readonly parentId: string | null;
  readonly name: string;
  readonly prorated: boolean;
  readonly payInAdvance: boolean;
  readonly invoiceable: boolean;
  readonly minimumCents: bigint;
  readonly pricing: ChargePricing;
  readonly metric: MetricFacts;
  readonly filters: readonly (FilterFacts & { readonly pricing: ChargePricing })[];
}

export interface CommitmentFacts {
  readonly id: string;
  readonly name: string;
  readonly amountCents: bigint;
}

/** What one plan sells besides itself. */
export interface PlanPrices {
  readonly fixedCharges: readonly FixedChargeFacts[];
  readonly charges: readonly UsageChargeFacts[];
  readonly commitment: CommitmentFacts | null;
}

const selectCharges = `select 'charge' as kind, c.id, c.plan_id, c.parent_id, coalesce(c.invoice_display_name, m.name) as name, c.charge_model, c.properties,
      null::numeric as units, c.prorated, c.pay_in_advance, c.invoiceable, c.min_amount_cents, to_jsonb(m) as metric, (
        select jsonb_agg(to_jsonb(l) order by l.created_at, l.id) from charge_filters l
        where l.organization_id = c.organization_id and l.charge_id = c.id) as filters, null::jsonb as changes, c.code
    from charges c join billable_metrics m on m.organization_id = c.organization_id and m.id = c.billable_metric_id
    where c.organization_id = $1`;

const selectPrices = {
  name: 'billing.prices',
  text: `${selectCharges} and c.plan_id = any($2::uuid[]) and c.status = 'ACTIVE'
    union all
    select 'fixed_charge', f.id, f.plan_id, f.parent_id, coalesce(f.invoice_display_name, a.invoice_display_name, a.name), f.charge_model,
      f.properties, f.units, f.prorated, f.pay_in_advance, true, 0::bigint, null, null, (
        select jsonb_agg(jsonb_build_object('id', u.id, 'units_before', u.units_before::text, 'units', u.units::text, 'changed_at', u.changed_at,
          'immediately', u.immediately) order by u.changed_at, u.id) from fixed_charge_units u
        where u.organization_id = f.organization_id and u.fixed_charge_id = f.id), f.code
    from fixed_charges f join add_ons a on a.organization_id = f.organization_id and a.id = f.add_on_id
    where f.organization_id = $1 and f.plan_id = any($2::uuid[]) and f.status = 'ACTIVE'
    union all
    select 'commitment', k.id, k.plan_id, null, coalesce(k.invoice_display_name, 'Minimum commitment'), null, null, null, true, false, true, k.amount_cents, null, null, null, ''
    from minimum_commitments k where k.organization_id = $1 and k.plan_id = any($2::uuid[])
    order by kind desc, code`,
};

/** Those that a plan has no more among them. */
const selectNamedCharges = { name: 'billing.named_charges', text: `${selectCharges} and c.id = any($2::uuid[]) order by c.code` };

/** Everything of plans and taxes that the prices of some subscriptions need. */
export interface PriceFacts {
  pricesOf(subscription: Pick<DueSubscription, 'id' | 'plan_id'>): PlanPrices;
  /** The taxes of the first owner that has any; owners are `<kind> <id>`. */
  nearestTaxes(...owners: string[]): readonly TaxRate[];
}

const nothing: PlanPrices = { fixedCharges: [], charges: [], commitment: null };

/** Two reads, however many subscriptions there are; every price is read once, however many pay it. */
export async function loadPriceFacts(
  query: Query,
  organizationId: string,
  subscriptions: readonly DueSubscription[],
): Promise<PriceFacts> {
  const planIds = [...new Set(subscriptions.map((row) => row.plan_id))];
  const records = groupRows(await query<PriceRecord>(selectPrices, [organizationId, planIds]), (record) => record.plan_id);
  const taxes = await assignedTaxes(query, organizationId, subscriptions);
  const prices = new Map([...records].map(([planId, group]) => [planId, pricesOf(group)]));
  return {
    pricesOf: (subscription) => prices.get(subscription.plan_id) ?? nothing,
    nearestTaxes: (...owners) => owners.map((owner) => taxes.get(owner)).find((found) => found !== undefined) ?? [],
  };
}

/** Charges by id, also those that are billed no more. */
export const readCharges = async (query: Query, organizationId: string, ids: readonly string[]): Promise<UsageChargeFacts[]> =>
  chargesIn(await query<PriceRecord>(selectNamedCharges, [organizationId, ids]));

const chargesIn = (records: readonly PriceRecord[]): UsageChargeFacts[] =>
  records.flatMap((record) => (record.metric ? [usageChargeOf(record, record.metric)] : []));

function pricesOf(records: readonly PriceRecord[]): PlanPrices {
  const [commitment] = records.filter((record) => record.kind === 'commitment');
  return {
    fixedCharges: records.filter((record) => record.kind === 'fixed_charge').map(fixedChargeOf),
    charges: chargesIn(records),
    commitment: commitment
      ? { id: commitment.id, name: commitment.name, amountCents: BigInt(commitment.min_amount_cents) }
      : null,
  };
}

const fixedChargeOf = (record: PriceRecord): FixedChargeFacts => ({
  id: record.id,
  name: record.name,
  history: {
    units: plainDecimal(record.units ?? '0'),
    changes: (record.changes ?? []).map((change) => ({
      id: change.id,
      unitsBefore: plainDecimal(change.units_before),
      units: plainDecimal(change.units),
      at: Temporal.Instant.from(change.changed_at),
      immediately: change.immediately,
    })),
  },
  prorated: record.prorated,
  payInAdvance: record.pay_in_advance,
  pricing: pricingOf(record.charge_model ?? '', record.properties),
});

const usageChargeOf = (record: PriceRecord, metric: MetricFacts): UsageChargeFacts => ({
  id: record.id,
  code: record.code,
  parentId: record.parent_id,
  name: record.name,
  prorated: record.prorated,
  payInAdvance: record.pay_in_advance,
  invoiceable: record.invoiceable,
  minimumCents: BigInt(record.min_amount_cents),
  metric,
  pricing: pricingOf(record.charge_model ?? '', record.properties),
  filters: (record.filters ?? []).map((filter) => ({
    ...filter,
    pricing: pricingOf(record.charge_model ?? '', filter.properties),
  })),
});

/** numeric(40, 15) prints all its places; people and derivations read `3`, not `3.000000000000000`. */
const plainDecimal = (text: string): string => Exact.parse(text).toDecimal();
