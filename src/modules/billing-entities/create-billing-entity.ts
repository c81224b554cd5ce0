import { newId } from '../../platform/database/ids.ts';
import type { Tx } from '../../platform/database/unit-of-work.ts';
import { invalid } from '../../domain/errors/billing-error.ts';
import { localDateOf } from '../../domain/calendar/local-day.ts';
import { instantOf } from '../../platform/clock/clock.ts';
import { findTaxes, replaceTaxes, type TaxRow } from '../taxes/index.ts';
import type { CreateBillingEntityInput } from './billing-entity.dto.ts';
import { BillingEntityRow, mailedDocuments } from './billing-entity.entity.ts';
import { chooseNumbering, firstNumbering, usualNumbering } from './choose-numbering.ts';
import { providerNameOf } from './choose-payment-provider.ts';
import { continueSeries } from './number-series.store.ts';

/** What the database refuses of an entity, for the caller of either verb. */
export const refusals = {
  uq_billing_entities_code: () => invalid({ code: ['value_already_exist'] }),
  ck_billing_entities_tax_by_address: () => invalid({ country: ['value_is_mandatory'] }),
  uq_billing_entities_prefix: () => invalid({ document_number_prefix: ['value_already_exist'] }),
};

export async function createBillingEntity(
  tx: Tx,
  organizationId: string,
  input: CreateBillingEntityInput,
  { isDefault, at }: { isDefault: boolean; at: Date },
): Promise<{ row: BillingEntityRow; taxes: TaxRow[] }> {
  const taxes = await findTaxes(tx, organizationId, input.tax_codes ?? []);
  const id = newId();
  const numbering = chooseNumbering(input, isDefault ? firstNumbering : usualNumbering(input.name, id));
  const row: BillingEntityRow = {
    organizationId,
    id,
    code: input.code,
    name: input.name,
    legalName: input.legal_name ?? null,
    legalNumber: input.legal_number ?? null,
    taxIdentificationNumber: input.tax_identification_number ?? null,
    email: input.email ?? null,
    phone: input.phone ?? null,
    addressLine1: input.address_line1 ?? null,
    addressLine2: input.address_line2 ?? null,
    city: input.city ?? null,
    state: input.state ?? null,
    zipcode: input.zipcode ?? null,
    country: input.country ?? null,
    defaultCurrency: input.default_currency ?? 'USD',
    timezone: input.timezone ?? 'UTC',
    documentNumberPrefix: numbering.prefix,
    documentNumberTemplate: numbering.template,
    documentNumberRestart: numbering.restart,
    netPaymentTerm: input.net_payment_term ?? 0,
    finalizeZeroAmountInvoice: input.finalize_zero_amount_invoice ?? true,
    dayCount: input.day_count ?? 'actual',
    emailSettings: input.email_settings ?? [...mailedDocuments],
    invoiceGracePeriod: input.billing_configuration?.invoice_grace_period ?? 0,
    invoiceFooter: input.billing_configuration?.invoice_footer ?? null,
    documentLocale: input.billing_configuration?.document_locale ?? 'en',
    taxByAddress: input.tax_by_address ?? false,
    paymentProvider: providerNameOf(input.billing_configuration?.payment_provider ?? 'stripe'),
    isDefault,
    archivedAt: null,
    createdAt: at,
    updatedAt: at,
  };
  await tx.insert(BillingEntityRow, row);
  if (!isDefault) await continueSeries(tx, organizationId, id, numbering, localDateOf(instantOf(at), row.timezone));
  await replaceTaxes(tx, organizationId, 'billing_entity', row.id, taxes);
  return { row, taxes };
}
