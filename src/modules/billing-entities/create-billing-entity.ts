import { newId } from '../../platform/database/ids.ts';
import type { Tx } from '../../platform/database/unit-of-work.ts';
import { defaultNumberTemplate } from '../../domain/invoicing/document-number.ts';
import { findTaxes, replaceTaxes, type TaxRow } from '../taxes/index.ts';
import type { CreateBillingEntityInput } from './billing-entity.dto.ts';
import { BillingEntityRow } from './billing-entity.entity.ts';

/** The first one of an organization numbers its invoices `INV-…`; others take their code unless a prefix is given. */
const defaultPrefix = (code: string, isDefault: boolean): string =>
  isDefault
    ? 'INV'
    : code
        .toUpperCase()
        .replace(/[^A-Z0-9]/g, '')
        .slice(0, 10) || 'INV';

export async function createBillingEntity(
  tx: Tx,
  organizationId: string,
  input: CreateBillingEntityInput,
  { isDefault, at }: { isDefault: boolean; at: Date },
): Promise<{ row: BillingEntityRow; taxes: TaxRow[] }> {
  const taxes = await findTaxes(tx, organizationId, input.tax_codes ?? []);
  const row: BillingEntityRow = {
    organizationId,
    id: newId(),
    code: input.code,
    name: input.name,
    legalName: input.legal_name ?? null,
    legalNumber: input.legal_number ?? null,
    taxIdentificationNumber: input.tax_identification_number ?? null,
    email: input.email ?? null,
    addressLine1: input.address_line1 ?? null,
    addressLine2: input.address_line2 ?? null,
    city: input.city ?? null,
    state: input.state ?? null,
    zipcode: input.zipcode ?? null,
    country: input.country ?? null,
    defaultCurrency: input.default_currency ?? 'USD',
    timezone: input.timezone ?? 'UTC',
    documentNumberPrefix: input.document_number_prefix ?? defaultPrefix(input.code, isDefault),
    documentNumberTemplate: input.document_number_template ?? defaultNumberTemplate,
    netPaymentTerm: input.net_payment_term ?? 0,
    invoiceGracePeriod: input.billing_configuration?.invoice_grace_period ?? 0,
    invoiceFooter: input.billing_configuration?.invoice_footer ?? null,
    isDefault,
    createdAt: at,
    updatedAt: at,
  };
  await tx.insert(BillingEntityRow, row);
  await replaceTaxes(tx, organizationId, 'billing_entity', row.id, taxes);
  return { row, taxes };
}
