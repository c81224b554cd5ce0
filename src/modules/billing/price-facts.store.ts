import { Exact } from '../../domain/money/exact.ts';
import type { TaxRate, Usage } from '../../domain/invoicing/price-period.ts';
import type { Query } from '../../platform/database/sql.ts';
import { aggregateUsage, type UsageRequest } from '../usage/index.ts';
import type { DueSubscription } from './due-subscriptions.store.ts';

export interface ChargeRecord {
  readonly kind: 'charge' | 'fixed_charge';
  readonly id: string;
  readonly plan_id: string;
  readonly name: string;
  readonly unit_amount: string;
  readonly units: string | null;
  readonly prorated: boolean;
  readonly usage_key: number | null;
  readonly aggregation_type: UsageRequest['aggregation'] | null;
}

interface TaxRecord extends TaxRate {
  readonly owner: 'organization' | 'billing_entity' | 'customer' | 'plan' | 'charge';
  readonly owner_id: string | null;
}

const selectCharges = {
  name: 'billing.charges',
  text: `select 'fixed_charge' as kind, f.id, f.plan_id, coalesce(f.invoice_display_name, a.invoice_display_name, a.name) as name, f.unit_amount, f.units,
      f.prorated, null::int as usage_key, null as aggregation_type, f.code
    from fixed_charges f join add_ons a on a.organization_id = f.organization_id and a.id = f.add_on_id
    where f.organization_id = $1 and f.plan_id = any($2::uuid[]) and f.status = 'ACTIVE'
    union all
    select 'charge', c.id, c.plan_id, coalesce(c.invoice_display_name, m.name), c.unit_amount, null, false, m.usage_key, m.aggregation_type, c.code
    from charges c join billable_metrics m on m.organization_id = c.organization_id and m.id = c.billable_metric_id
    where c.organization_id = $1 and c.plan_id = any($2::uuid[]) and c.status = 'ACTIVE'
    order by kind desc, code`,
};

const selectTaxes = {
  name: 'billing.taxes',
  text: `select 'organization' as owner, null::uuid as owner_id, t.id, t.code, t.name, t.rate from taxes t
      where t.organization_id = $1 and t.applied_to_organization
    union all select 'billing_entity', l.billing_entity_id, t.id, t.code, t.name, t.rate from billing_entity_taxes l
      join taxes t on t.organization_id = l.organization_id and t.id = l.tax_id where l.organization_id = $1 and l.billing_entity_id = any($2::uuid[])
    union all select 'customer', l.customer_id, t.id, t.code, t.name, t.rate from customer_taxes l
      join taxes t on t.organization_id = l.organization_id and t.id = l.tax_id where l.organization_id = $1 and l.customer_id = any($3::uuid[])
    union all select 'plan', l.plan_id, t.id, t.code, t.name, t.rate from plan_taxes l
      join taxes t on t.organization_id = l.organization_id and t.id = l.tax_id where l.organization_id = $1 and l.plan_id = any($4::uuid[])
    union all select 'charge', l.charge_id, t.id, t.code, t.name, t.rate from charge_taxes l
      join charges c on c.organization_id = l.organization_id and c.id = l.charge_id
      join taxes t on t.organization_id = l.organization_id and t.id = l.tax_id where l.organization_id = $1 and c.plan_id = any($4::uuid[])
    order by code`,
};

/** Everything of plans, taxes and usage that the prices of some subscriptions need. */
export interface PriceFacts {
  chargesOf(planId: string): readonly ChargeRecord[];
  /** The taxes of the first owner that has any; owners are `<kind> <id>`. */
  nearestTaxes(...owners: string[]): readonly TaxRate[];
  usageOf(subscriptionId: string, chargeId: string): Usage;
}

const noUsage: Usage = { units: '0', eventsCount: 0n };

/** Three reads, however many subscriptions there are. */
export async function loadPriceFacts(
  query: Query,
  organizationId: string,
  subscriptions: readonly DueSubscription[],
): Promise<PriceFacts> {
  const unique = (ids: readonly string[]): string[] => [...new Set(ids)];
  const planIds = unique(subscriptions.map((row) => row.plan_id));
  const charges = groupBy(
    (await query<ChargeRecord>(selectCharges, [organizationId, planIds])).map(plainPrice),
    (charge) => charge.plan_id,
  );
  const taxRows = await query<TaxRecord>(selectTaxes, [
    organizationId,
    unique(subscriptions.map((row) => row.entity_id)),
    unique(subscriptions.map((row) => row.customer_id)),
    planIds,
  ]);
  const taxes = groupBy(taxRows.map(plainRate), (tax) => `${tax.owner} ${tax.owner_id ?? ''}`);
  const metered = subscriptions.flatMap((subscription) =>
    (charges.get(subscription.plan_id) ?? []).flatMap((charge) => usageRequestOf(subscription, charge)),
  );
  const counted = await aggregateUsage(
    query,
    metered.map(({ request }) => request),
  );
  const usage = new Map(metered.map(({ key }, position) => [key, counted[position] ?? noUsage]));
  return {
    chargesOf: (planId) => charges.get(planId) ?? [],
    nearestTaxes: (...owners) => owners.map((owner) => taxes.get(owner)).find((found) => found !== undefined) ?? [],
    usageOf: (subscriptionId, chargeId) => usage.get(`${subscriptionId} ${chargeId}`) ?? noUsage,
  };
}

function usageRequestOf(subscription: DueSubscription, charge: ChargeRecord): { key: string; request: UsageRequest }[] {
  if (charge.usage_key === null || charge.aggregation_type === null) return [];
  return [
    {
      key: `${subscription.id} ${charge.id}`,
      request: {
        streamId: subscription.stream_id,
        metricKey: charge.usage_key,
        aggregation: charge.aggregation_type,
        from: subscription.current_period_start,
        to: subscription.current_period_end,
      },
    },
  ];
}

/** numeric(40, 15) prints all its places; people and derivations read `3`, not `3.000000000000000`. */
const plainDecimal = (text: string): string => Exact.parse(text).toDecimal();

const plainPrice = (charge: ChargeRecord): ChargeRecord => ({
  ...charge,
  unit_amount: plainDecimal(charge.unit_amount),
  units: charge.units && plainDecimal(charge.units),
});

const plainRate = (tax: TaxRecord): TaxRecord => ({ ...tax, rate: plainDecimal(tax.rate) });

function groupBy<T>(rows: readonly T[], keyOf: (row: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const row of rows) {
    const group = groups.get(keyOf(row));
    if (group) group.push(row);
    else groups.set(keyOf(row), [row]);
  }
  return groups;
}
