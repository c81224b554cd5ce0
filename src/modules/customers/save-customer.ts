import { Injectable } from '@nestjs/common';
import { invalid } from '../../domain/errors/billing-error.ts';
import { isId, newId } from '../../platform/database/ids.ts';
import { type Tx, UnitOfWork } from '../../platform/database/unit-of-work.ts';
import { tell } from '../../platform/outbox/outbox.ts';
import {
  billingEntityChoice,
  type BillingEntityRow,
  chosenBillingEntity,
  defaultBillingEntity,
  findBillingEntity,
  homeEntityId,
  idOfHomeEntity,
} from '../billing-entities/index.ts';
import { OrganizationClock } from '../organizations/index.ts';
import { findTaxes, presentTax, replaceTaxes, taxesOf, type TaxRow } from '../taxes/index.ts';
import { customerFieldsOf } from './customer-fields.ts';
import type { CreateCustomerInput, UpdateCustomerInput } from './customer.dto.ts';
import { CustomerRow } from './customer.entity.ts';
import { presentCustomer } from './customer.presenter.ts';
import { findCustomer } from './customers.queries.ts';
import { drawCustomerNumber, hasSubscriptionOrInvoice, lockCustomerNumbering } from './customers.store.ts';

export type PresentedCustomer = ReturnType<typeof presentCustomer>;

const refusals = { uq_customers_external_id: () => invalid({ external_id: ['value_already_exist'] }) };

/** Creates a customer or changes the one that has this external id (as Lago: absent fields stay, null clears). */
@Injectable()
export class SaveCustomer {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly organizationClock: OrganizationClock,
  ) {}

  /** @throws BillingError billing_entity_not_found, validation_errors (tax_codes, currency) */
  async createOrUpdate(organizationId: string, input: CreateCustomerInput): Promise<PresentedCustomer> {
    return this.unitOfWork.run(
      async (tx) => this.save(tx, organizationId, input, await this.lockOrReserve(tx, organizationId, input.external_id)),
      refusals,
    );
  }

  /** The customer of this id or external id, locked; made with nothing but that external id where there is none. */
  async findOrCreate(tx: Tx, organizationId: string, idOrExternalId: string): Promise<CustomerRow> {
    const known = isId(idOrExternalId)
      ? await tx.findOne(CustomerRow, { where: { organizationId, id: idOrExternalId }, lock: { mode: 'pessimistic_write' } })
      : null;
    const current = known ?? (await this.lockOrReserve(tx, organizationId, idOrExternalId));
    if (current) return current;
    const { id } = await this.save(tx, organizationId, { external_id: idOrExternalId }, undefined);
    return tx.findOneByOrFail(CustomerRow, { organizationId, id });
  }

  /** @throws BillingError customer_not_found, billing_entity_not_found, validation_errors (external_id, tax_codes, currency) */
  async update(organizationId: string, idOrExternalId: string, input: UpdateCustomerInput): Promise<PresentedCustomer> {
    return this.unitOfWork.run(async (tx) => {
      const current = await findCustomer(tx, organizationId, idOrExternalId, { forUpdate: true });
      return this.save(tx, organizationId, { ...input, external_id: input.external_id ?? current.externalId }, current);
    }, refusals);
  }

  private async save(
    tx: Tx,
    organizationId: string,
    input: CreateCustomerInput,
    current: CustomerRow | undefined,
  ): Promise<PresentedCustomer> {
    const at = await this.organizationClock.now(organizationId, tx);
    const billingEntity = await billingEntityFor(tx, organizationId, input, current);
    const newTaxes = input.tax_codes === undefined ? undefined : await findTaxes(tx, organizationId, input.tax_codes ?? []);
    const fields = customerFieldsOf(input, current, at);
    const changesCurrency = current !== undefined && fields.currency !== current.currency;
    if (changesCurrency && (await hasSubscriptionOrInvoice(tx, organizationId, current.id)))
      throw invalid({ currency: ['currencies_does_not_match'] });

    const changes = { externalId: input.external_id, billingEntityId: homeEntityId(billingEntity.id), ...fields, updatedAt: at };
    const row: CustomerRow = current
      ? { ...current, ...changes }
      : { organizationId, id: newId(), sequentialId: await drawCustomerNumber(tx, organizationId), ...changes, createdAt: at };
    if (current) await tx.update(CustomerRow, { organizationId, id: row.id }, changes);
    else await tx.insert(CustomerRow, row);
    if (newTaxes) await replaceTaxes(tx, organizationId, 'customer', row.id, newTaxes);

    const taxes = byCode(newTaxes ?? (await taxesOf(tx, organizationId, 'customer', [row.id])).get(row.id) ?? []);
    const customer = presentCustomer(row, { billingEntity, taxes: taxes.map(presentTax) });
    const type = current ? 'customer.updated' : 'customer.created';
    await tell(tx, organizationId, at, [{ objectType: 'customer', objectId: row.id, type, payload: customer }]);
    return customer;
  }

  /** Undefined: nobody has this external id, and nobody else takes it before this transaction ends. */
  private async lockOrReserve(tx: Tx, organizationId: string, externalId: string): Promise<CustomerRow | undefined> {
    const current = await this.lockByExternalId(tx, organizationId, externalId);
    if (current) return current;
    await lockCustomerNumbering(tx, organizationId);
    return this.lockByExternalId(tx, organizationId, externalId);
  }

  private async lockByExternalId(tx: Tx, organizationId: string, externalId: string): Promise<CustomerRow | undefined> {
    const row = await tx.findOne(CustomerRow, { where: { organizationId, externalId }, lock: { mode: 'pessimistic_write' } });
    return row ?? undefined;
  }
}

/** The one the request names, else the one the customer has; null, or nothing for a new customer, is the organization's default. */
async function billingEntityFor(
  tx: Tx,
  organizationId: string,
  input: UpdateCustomerInput,
  current: CustomerRow | undefined,
): Promise<BillingEntityRow> {
  const choice = billingEntityChoice(input);
  const chosen = await chosenBillingEntity(tx, organizationId, choice);
  if (chosen) return chosen;
  return current && choice === 'keep'
    ? findBillingEntity(tx, organizationId, idOfHomeEntity(current.billingEntityId))
    : defaultBillingEntity(tx, organizationId);
}

const byCode = (taxes: readonly TaxRow[]): readonly TaxRow[] => taxes.toSorted((a, b) => (a.code < b.code ? -1 : 1));
