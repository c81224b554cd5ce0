import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import { localDateOf } from '../../domain/calendar/local-day.ts';
import { instantOf } from '../../platform/clock/clock.ts';
import { UnitOfWork } from '../../platform/database/unit-of-work.ts';
import { OrganizationClock } from '../organizations/index.ts';
import { findTaxes, replaceTaxes } from '../taxes/index.ts';
import { findBillingEntity } from './billing-entities.queries.ts';
import type { UpdateBillingEntityInput } from './billing-entity.dto.ts';
import { BillingEntityRow } from './billing-entity.entity.ts';
import { chooseNumbering } from './choose-numbering.ts';
import { providerNameOf } from './choose-payment-provider.ts';
import { refusals } from './create-billing-entity.ts';
import { continueSeries } from './number-series.store.ts';

/** Absent fields stay, null clears; numbers already given do not change with the prefix. */
@Injectable()
export class UpdateBillingEntity {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly organizationClock: OrganizationClock,
  ) {}

  async execute(organizationId: string, code: string, input: UpdateBillingEntityInput): Promise<BillingEntityRow> {
    return this.unitOfWork.run(async (tx) => {
      const row = await findBillingEntity(tx, organizationId, code, { forUpdate: true });
      const taxes = input.tax_codes && (await findTaxes(tx, organizationId, input.tax_codes));
      const kept = <T>(value: T | undefined, current: T): T => (value === undefined ? current : value);
      const current = {
        prefix: row.documentNumberPrefix,
        template: row.documentNumberTemplate,
        restart: row.documentNumberRestart,
      };
      const numbering = chooseNumbering(input, current);
      const at = await this.organizationClock.now(organizationId, tx);
      const changes = {
        name: kept(input.name, row.name),
        legalName: kept(input.legal_name, row.legalName),
        legalNumber: kept(input.legal_number, row.legalNumber),
        taxIdentificationNumber: kept(input.tax_identification_number, row.taxIdentificationNumber),
        email: kept(input.email, row.email),
        phone: kept(input.phone, row.phone),
        addressLine1: kept(input.address_line1, row.addressLine1),
        addressLine2: kept(input.address_line2, row.addressLine2),
        city: kept(input.city, row.city),
        state: kept(input.state, row.state),
        zipcode: kept(input.zipcode, row.zipcode),
        country: kept(input.country, row.country),
        defaultCurrency: kept(input.default_currency, row.defaultCurrency),
        timezone: kept(input.timezone, row.timezone),
        documentNumberPrefix: numbering.prefix,
        documentNumberTemplate: numbering.template,
        documentNumberRestart: numbering.restart,
        netPaymentTerm: kept(input.net_payment_term, row.netPaymentTerm),
        finalizeZeroAmountInvoice: input.finalize_zero_amount_invoice ?? row.finalizeZeroAmountInvoice,
        dayCount: input.day_count ?? row.dayCount,
        emailSettings: input.email_settings ?? row.emailSettings,
        invoiceGracePeriod: kept(input.billing_configuration?.invoice_grace_period, row.invoiceGracePeriod),
        invoiceFooter: kept(input.billing_configuration?.invoice_footer, row.invoiceFooter),
        documentLocale: kept(input.billing_configuration?.document_locale, row.documentLocale),
        taxByAddress: kept(input.tax_by_address, row.taxByAddress),
        paymentProvider: input.billing_configuration?.payment_provider
          ? providerNameOf(input.billing_configuration.payment_provider)
          : row.paymentProvider,
        updatedAt: at,
      };
      if (!isDeepStrictEqual(numbering, current))
        await continueSeries(tx, organizationId, row.id, numbering, localDateOf(instantOf(at), changes.timezone));
      await tx.update(BillingEntityRow, { organizationId, id: row.id }, changes);
      if (taxes) await replaceTaxes(tx, organizationId, 'billing_entity', row.id, taxes);
      return { ...row, ...changes };
    }, refusals);
  }
}
