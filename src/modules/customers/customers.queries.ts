import { type EntityManager, In } from 'typeorm';
import { BillingError } from '../../domain/errors/billing-error.ts';
import { containing } from '../../platform/database/sql.ts';
import { type Page, sliceOf } from '../../platform/http/pagination.ts';
import { isId } from '../../platform/database/ids.ts';
import { billingEntityIds, BillingEntityRow, idOfHomeEntity } from '../billing-entities/index.ts';
import { presentTax, taxesOf } from '../taxes/index.ts';
import type { CustomersQuery } from './customer.dto.ts';
import { CustomerRow } from './customer.entity.ts';
import { presentCustomer } from './customer.presenter.ts';

/** By id or external id. @throws BillingError customer_not_found, for another tenant's too */
export async function findCustomer(
  manager: EntityManager,
  organizationId: string,
  idOrExternalId: string,
  { forUpdate = false }: { forUpdate?: boolean } = {},
): Promise<CustomerRow> {
  const row = await manager.findOne(CustomerRow, {
    where: isId(idOrExternalId)
      ? [
          { organizationId, id: idOrExternalId },
          { organizationId, externalId: idOrExternalId },
        ]
      : { organizationId, externalId: idOrExternalId },
    ...(forUpdate ? { lock: { mode: 'pessimistic_write' as const } } : {}),
  });
  if (!row) throw new BillingError('customer_not_found');
  return row;
}

/** Wire parameter → condition; a list holds the ones that are meant. */
const conditions: Readonly<Record<string, string>> = {
  external_id: 'c.externalId = :external_id',
  account_type: `'customer' in (:...account_type)`,
  customer_type: `c.kept_fields->>'customer_type' = :customer_type`,
  has_customer_type: `jsonb_exists(c.kept_fields, 'customer_type') = :has_customer_type`,
  countries: 'c.country in (:...countries)',
  states: 'c.state in (:...states)',
  zipcodes: 'c.zipcode in (:...zipcodes)',
  currencies: 'c.currency in (:...currencies)',
  has_tax_identification_number: '(c.taxIdentificationNumber is not null) = :has_tax_identification_number',
};

const holdsTerm = `(c.name ilike :term or c.externalId ilike :term or c.email ilike :term or c.legalName ilike :term
  or c.firstname ilike :term or c.lastname ilike :term)`;

/** Youngest first. @throws BillingError billing_entity_not_found where the filter names one that is not there */
export async function listCustomers(
  manager: EntityManager,
  organizationId: string,
  filter: CustomersQuery,
  page: Page,
): Promise<[CustomerRow[], number]> {
  const query = manager.createQueryBuilder(CustomerRow, 'c').where('c.organizationId = :organizationId', { organizationId });
  for (const [field, condition] of Object.entries(conditions)) {
    const value = filter[field as keyof CustomersQuery];
    if (value !== undefined) query.andWhere(condition, { [field]: value });
  }
  if (filter.billing_entity_codes)
    query.andWhere('c.billingEntityId in (:...entityIds)', {
      entityIds: await billingEntityIds(manager, organizationId, filter.billing_entity_codes),
    });
  for (const [position, [key, value]] of Object.entries(filter.metadata ?? {}).entries())
    query.andWhere(
      `c.metadata @> jsonb_build_array(jsonb_build_object('key', :key${position}::text, 'value', :value${position}::text))`,
      {
        [`key${position}`]: key,
        [`value${position}`]: value,
      },
    );
  if (filter.search_term !== undefined) query.andWhere(holdsTerm, { term: containing(filter.search_term) });
  const { skip, take } = sliceOf(page);
  return query.orderBy('c.createdAt', 'DESC').addOrderBy('c.id', 'ASC').skip(skip).take(take).getManyAndCount();
}

/** The wire objects of one organization's customers, with their billing entities and taxes. */
export async function presentCustomers(manager: EntityManager, rows: readonly CustomerRow[]) {
  const organizationId = rows[0]?.organizationId;
  if (organizationId === undefined) return [];
  const entities = await manager.findBy(BillingEntityRow, {
    organizationId,
    id: In([...new Set(rows.map((row) => idOfHomeEntity(row.billingEntityId)))]),
  });
  const entityById = new Map(entities.map((entity) => [entity.id, entity]));
  const taxes = await taxesOf(
    manager,
    organizationId,
    'customer',
    rows.map((row) => row.id),
  );
  return rows.map((row) => {
    const billingEntity = entityById.get(idOfHomeEntity(row.billingEntityId));
    if (!billingEntity) throw new Error(`customer ${row.id} lost its billing entity`);
    return presentCustomer(row, { billingEntity, taxes: (taxes.get(row.id) ?? []).map(presentTax) });
  });
}
