import type { TaxRate } from '../../domain/invoicing/items.ts';
import { Exact } from '../../domain/money/exact.ts';
import { groupRows } from '../../platform/database/group-rows.ts';
import type { Query } from '../../platform/database/sql.ts';
import type { DueSubscription } from './subscription-to-price.ts';

interface TaxRecord extends TaxRate {
  readonly owner: 'organization' | 'billing_entity' | 'customer' | 'plan' | 'charge' | 'commitment';
  readonly owner_id: string | null;
}

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
    union all select 'commitment', l.minimum_commitment_id, t.id, t.code, t.name, t.rate from minimum_commitment_taxes l
      join minimum_commitments k on k.organization_id = l.organization_id and k.id = l.minimum_commitment_id
      join taxes t on t.organization_id = l.organization_id and t.id = l.tax_id where l.organization_id = $1 and k.plan_id = any($4::uuid[])
    order by code`,
};

/** The taxes that are assigned to whatever the subscriptions pay and whoever bills them, by owner: `<kind> <id>`. */
export async function assignedTaxes(
  query: Query,
  organizationId: string,
  subscriptions: readonly DueSubscription[],
): Promise<ReadonlyMap<string, readonly TaxRate[]>> {
  const unique = (idOf: (row: DueSubscription) => string): string[] => [...new Set(subscriptions.map(idOf))];
  const rows = await query<TaxRecord>(selectTaxes, [
    organizationId,
    unique((row) => row.entity_id),
    unique((row) => row.customer_id),
    unique((row) => row.plan_id),
  ]);
  return groupRows(rows.map(plainRate), (tax) => `${tax.owner} ${tax.owner_id ?? ''}`);
}

/** numeric(30, 15) prints all its places. */
const plainRate = (tax: TaxRecord): TaxRecord => ({ ...tax, rate: Exact.parse(tax.rate).toDecimal() });
