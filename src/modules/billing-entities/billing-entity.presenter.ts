import { documentNumberingOf } from '../../domain/invoicing/document-number.ts';
import { isoOf } from '../../platform/clock/clock.ts';
import type { BillingEntityRow } from './billing-entity.entity.ts';

export const presentBillingEntity = (row: BillingEntityRow, taxes: readonly object[]) => ({
  id: row.id,
  lago_id: row.id,
  code: row.code,
  name: row.name,
  legal_name: row.legalName,
  legal_number: row.legalNumber,
  tax_identification_number: row.taxIdentificationNumber,
  email: row.email,
  address_line1: row.addressLine1,
  address_line2: row.addressLine2,
  city: row.city,
  state: row.state,
  zipcode: row.zipcode,
  country: row.country,
  default_currency: row.defaultCurrency,
  timezone: row.timezone,
  document_numbering: documentNumberingOf(row.documentNumberTemplate),
  document_number_prefix: row.documentNumberPrefix,
  document_number_template: row.documentNumberTemplate,
  document_number_restart: row.documentNumberRestart,
  net_payment_term: row.netPaymentTerm,
  is_default: row.isDefault,
  billing_configuration: { invoice_grace_period: row.invoiceGracePeriod, invoice_footer: row.invoiceFooter },
  taxes,
  created_at: isoOf(row.createdAt),
  updated_at: isoOf(row.updatedAt),
});
