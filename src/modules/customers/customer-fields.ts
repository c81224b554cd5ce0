import { keptFields } from '../../platform/database/kept-fields.ts';
import { newId } from '../../platform/database/ids.ts';
import { isoOf } from '../../platform/clock/clock.ts';
import { providerNameOf } from '../billing-entities/index.ts';
import type { CustomerBillingConfigurationInput, CustomerMetadataInput, UpdateCustomerInput } from './customer.dto.ts';
import type { CustomerMetadata, CustomerRow } from './customer.entity.ts';

export const keptNames = [
  'logo_url',
  'external_salesforce_id',
  'customer_type',
  'shipping_address',
  'integration_customers',
  'skip_invoice_custom_sections',
  'invoice_custom_section_codes',
] as const;
export const keptConfigurationNames = [
  'payment_provider_code',
  'provider_customer_id',
  'sync',
  'sync_with_provider',
  'provider_payment_methods',
] as const;

/** The columns a request may set. */
export type CustomerFields = Omit<
  CustomerRow,
  'organizationId' | 'id' | 'externalId' | 'sequentialId' | 'billingEntityId' | 'createdAt' | 'updatedAt'
>;

/** Absent fields stay as they are (or empty, for a new customer), null clears. */
export function customerFieldsOf(input: UpdateCustomerInput, current: CustomerRow | undefined, at: Date): CustomerFields {
  const kept = <T>(value: T | null | undefined, present: T | null | undefined): T | null =>
    value === undefined ? (present ?? null) : value;
  return {
    name: kept(input.name, current?.name),
    firstname: kept(input.firstname, current?.firstname),
    lastname: kept(input.lastname, current?.lastname),
    email: kept(input.email, current?.email),
    phone: kept(input.phone, current?.phone),
    url: kept(input.url, current?.url),
    legalName: kept(input.legal_name, current?.legalName),
    legalNumber: kept(input.legal_number, current?.legalNumber),
    taxIdentificationNumber: kept(input.tax_identification_number, current?.taxIdentificationNumber),
    addressLine1: kept(input.address_line1, current?.addressLine1),
    addressLine2: kept(input.address_line2, current?.addressLine2),
    city: kept(input.city, current?.city),
    state: kept(input.state, current?.state),
    zipcode: kept(input.zipcode, current?.zipcode),
    country: kept(input.country, current?.country),
    currency: kept(input.currency, current?.currency),
    timezone: kept(input.timezone, current?.timezone),
    netPaymentTerm: kept(input.net_payment_term, current?.netPaymentTerm),
    documentLocale:
      input.billing_configuration === null ? null : kept(input.billing_configuration?.document_locale, current?.documentLocale),
    invoiceGracePeriod:
      input.billing_configuration === null
        ? null
        : kept(input.billing_configuration?.invoice_grace_period, current?.invoiceGracePeriod),
    finalizeZeroAmountInvoice:
      input.finalize_zero_amount_invoice === undefined
        ? (current?.finalizeZeroAmountInvoice ?? 'inherit')
        : (input.finalize_zero_amount_invoice ?? 'inherit'),
    paymentProvider: providerOf(input.billing_configuration, current),
    consolidateInvoices: input.consolidate_invoices ?? current?.consolidateInvoices ?? false,
    keptFields: {
      ...keptFields(keptNames, input, current?.keptFields),
      ...(input.billing_configuration === null
        ? {}
        : keptFields(keptConfigurationNames, input.billing_configuration ?? {}, current?.keptFields)),
    },
    metadata: metadataOf(input.metadata, current?.metadata ?? [], at),
  };
}

function providerOf(
  configuration: CustomerBillingConfigurationInput | null | undefined,
  current: CustomerRow | undefined,
): CustomerRow['paymentProvider'] {
  if (configuration === null || configuration?.payment_provider === null) return null;
  const word = configuration?.payment_provider;
  return word ? providerNameOf(word) : (current?.paymentProvider ?? null);
}

/** An entry keeps its id and age as long as its id or its key is listed. */
function metadataOf(
  input: readonly CustomerMetadataInput[] | null | undefined,
  current: readonly CustomerMetadata[],
  at: Date,
): readonly CustomerMetadata[] {
  if (input === undefined) return current;
  return (input ?? []).map((item) => {
    const known = current.find(({ id }) => id === item.id) ?? current.find(({ key }) => key === item.key);
    return {
      id: known?.id ?? newId(),
      key: item.key,
      value: item.value,
      display_in_invoice: item.display_in_invoice ?? known?.display_in_invoice ?? false,
      created_at: known?.created_at ?? isoOf(at),
    };
  });
}
