import { newId } from '../../platform/database/ids.ts';
import { type BillingEntityRow, homeEntityId } from '../billing-entities/index.ts';
import { customerFieldsOf } from './customer-fields.ts';
import type { UpdateCustomerInput } from './customer.dto.ts';
import type { CustomerRow } from './customer.entity.ts';

/** The fields of a customer that may be said to look ahead. */
type Imagination = Omit<UpdateCustomerInput, 'tax_codes'>;

/** A customer with other fields than it has; what is absent stays. Nothing is written. */
export const imagineCustomer = (row: CustomerRow, fields: Imagination, at: Date): CustomerRow => ({
  ...row,
  ...customerFieldsOf(fields, row, at),
});

/** A customer that does not exist. */
export const imagineNewCustomer = (entity: BillingEntityRow, fields: Imagination, at: Date): CustomerRow => {
  const id = newId();
  return {
    organizationId: entity.organizationId,
    id,
    externalId: fields.external_id ?? id,
    sequentialId: 0n,
    billingEntityId: homeEntityId(entity.id),
    ...customerFieldsOf(fields, undefined, at),
    createdAt: at,
    updatedAt: at,
  };
};
