import { isoOf } from '../../platform/clock/clock.ts';
import type { BillingEntityRow } from '../billing-entities/index.ts';
import { keptConfigurationNames, keptNames } from './customer-fields.ts';
import type { CustomerRow } from './customer.entity.ts';

/** What the wire object says that the row does not hold. */
export interface CustomerContext {
  readonly billingEntity: BillingEntityRow;
  readonly taxes: readonly object[];
}

/** Whom to greet: the name, else the person, else the company, else the vendor's own id. */
export const customerDisplayName = (row: CustomerRow): string =>
  row.name ?? ([row.firstname, row.lastname].filter(Boolean).join(' ') || (row.legalName ?? row.externalId));

const kept = ({ keptFields }: CustomerRow, names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, keptFields[name] ?? null]));

export const presentCustomer = (row: CustomerRow, { billingEntity, taxes }: CustomerContext) => ({
  id: row.id,
  lago_id: row.id,
  external_id: row.externalId,
  sequential_id: row.sequentialId,
  slug: `${billingEntity.documentNumberPrefix}-${row.sequentialId.toString().padStart(3, '0')}`,
  billing_entity_id: billingEntity.id,
  billing_entity_code: billingEntity.code,
  account_type: 'customer',
  name: row.name,
  firstname: row.firstname,
  lastname: row.lastname,
  display_name: customerDisplayName(row),
  email: row.email,
  phone: row.phone,
  url: row.url,
  legal_name: row.legalName,
  legal_number: row.legalNumber,
  tax_identification_number: row.taxIdentificationNumber,
  address_line1: row.addressLine1,
  address_line2: row.addressLine2,
  city: row.city,
  state: row.state,
  zipcode: row.zipcode,
  country: row.country,
  currency: row.currency,
  timezone: row.timezone,
  applicable_timezone: row.timezone ?? billingEntity.timezone,
  net_payment_term: row.netPaymentTerm,
  finalize_zero_amount_invoice: row.finalizeZeroAmountInvoice,
  consolidate_invoices: row.consolidateInvoices,
  billing_configuration: {
    invoice_grace_period: row.invoiceGracePeriod,
    document_locale: row.documentLocale,
    payment_provider: row.paymentProvider?.toLowerCase() ?? null,
    subscription_invoice_issuing_date_anchor: 'next_period_start',
    subscription_invoice_issuing_date_adjustment: 'align_with_finalization_date',
    ...kept(row, keptConfigurationNames),
  },
  ...kept(row, keptNames),
  metadata: row.metadata.map((item) => ({ lago_id: item.id, ...item })),
  taxes,
  created_at: isoOf(row.createdAt),
  updated_at: isoOf(row.updatedAt),
});
