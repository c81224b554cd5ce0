import { type EntityManager, In } from 'typeorm';
import { invalid } from '../../domain/errors/billing-error.ts';
import type { Tx } from '../../platform/database/unit-of-work.ts';
import { TaxRow } from './tax.entity.ts';

/** The things taxes can be attached to; each has its own table, so that foreign keys hold. */
const ownerTables = {
  billing_entity: 'billing_entity_taxes',
  customer: 'customer_taxes',
  plan: 'plan_taxes',
  charge: 'charge_taxes',
  minimum_commitment: 'minimum_commitment_taxes',
} as const;
export type TaxOwner = keyof typeof ownerTables;

/** @throws BillingError validation_errors `tax_codes: tax_not_found` when a code is unknown to the organization */
export async function findTaxes(manager: EntityManager, organizationId: string, codes: readonly string[]): Promise<TaxRow[]> {
  const wanted = [...new Set(codes)];
  if (wanted.length === 0) return [];
  const rows = await manager.findBy(TaxRow, { organizationId, code: In(wanted) });
  if (rows.length !== wanted.length) throw invalid({ tax_codes: ['tax_not_found'] });
  return rows;
}

/** Makes `taxes` the owner's taxes, instead of what it had. */
export async function replaceTaxes(
  tx: Tx,
  organizationId: string,
  owner: TaxOwner,
  ownerId: string,
  taxes: readonly TaxRow[],
): Promise<void> {
  const table = ownerTables[owner];
  await tx.query(`delete from ${table} where organization_id = $1 and ${owner}_id = $2`, [organizationId, ownerId]);
  if (taxes.length > 0)
    await tx.query(`insert into ${table} (organization_id, ${owner}_id, tax_id) select $1, $2, unnest($3::uuid[])`, [
      organizationId,
      ownerId,
      taxes.map((tax) => tax.id),
    ]);
}

/** Taxes by owner id, each list in order of code. */
export async function taxesOf(
  manager: EntityManager,
  organizationId: string,
  owner: TaxOwner,
  ownerIds: readonly string[],
): Promise<Map<string, TaxRow[]>> {
  const links: { owner_id: string; tax_id: string }[] = await manager.query(
    `select ${owner}_id as owner_id, tax_id from ${ownerTables[owner]} where organization_id = $1 and ${owner}_id = any($2::uuid[])`,
    [organizationId, ownerIds],
  );
  const rows =
    links.length === 0
      ? []
      : await manager.findBy(TaxRow, { organizationId, id: In([...new Set(links.map((link) => link.tax_id))]) });
  const byId = new Map(rows.map((row) => [row.id, row]));
  const result = new Map<string, TaxRow[]>();
  for (const { owner_id, tax_id } of links) {
    const tax = byId.get(tax_id);
    if (tax)
      result.set(
        owner_id,
        [...(result.get(owner_id) ?? []), tax].toSorted((a, b) => (a.code < b.code ? -1 : 1)),
      );
  }
  return result;
}
