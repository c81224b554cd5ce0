import type { BillingEntityRow } from '../billing-entities/index.ts';

/** Who sold, as an issued invoice keeps it: the legal identity, the language and the footer of its documents. */
export interface SellerIdentity {
  readonly code: string;
  readonly name: string;
  readonly legal_name: string | null;
  readonly legal_number: string | null;
  readonly tax_identification_number: string | null;
  readonly email: string | null;
  readonly phone: string | null;
  readonly address_line1: string | null;
  readonly address_line2: string | null;
  readonly city: string | null;
  readonly state: string | null;
  readonly zipcode: string | null;
  readonly country: string | null;
  readonly document_locale: string;
  readonly invoice_footer: string | null;
}

/** The same of a draft: what its entity says now. */
export const sellerIdentityOf = (
  entity: BillingEntityRow,
  customer: { readonly documentLocale: string | null },
): SellerIdentity => ({
  code: entity.code,
  name: entity.name,
  legal_name: entity.legalName,
  legal_number: entity.legalNumber,
  tax_identification_number: entity.taxIdentificationNumber,
  email: entity.email,
  phone: entity.phone,
  address_line1: entity.addressLine1,
  address_line2: entity.addressLine2,
  city: entity.city,
  state: entity.state,
  zipcode: entity.zipcode,
  country: entity.country,
  document_locale: customer.documentLocale ?? entity.documentLocale,
  invoice_footer: entity.invoiceFooter,
});

/** As SQL over an invoice `i`: who sells now, frozen when the invoice is issued. */
export const sellerIdentityNow = `(select to_jsonb(x) from (
    select e.code, e.name, e.legal_name, e.legal_number, e.tax_identification_number, e.email, e.phone, e.address_line1, e.address_line2,
      e.city, e.state, e.zipcode, e.country, coalesce(c.document_locale, e.document_locale) as document_locale, e.invoice_footer
    from billing_entities e join customers c on c.organization_id = e.organization_id and c.id = i.customer_id
    where e.organization_id = i.organization_id and e.id = i.billing_entity_id) x)`;
