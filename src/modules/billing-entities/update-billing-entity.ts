import { Injectable } from '@nestjs/common';
import { Clock, dateOf } from '../../platform/clock/clock.ts';
import { UnitOfWork } from '../../platform/database/unit-of-work.ts';
import { findTaxes, replaceTaxes } from '../taxes/index.ts';
import { findBillingEntity } from './billing-entities.queries.ts';
import type { UpdateBillingEntityInput } from './billing-entity.dto.ts';
import { BillingEntityRow } from './billing-entity.entity.ts';

/** Absent fields stay, null clears; numbers already given do not change with the prefix. */
@Injectable()
export class UpdateBillingEntity {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  async execute(organizationId: string, code: string, input: UpdateBillingEntityInput): Promise<BillingEntityRow> {
    return this.unitOfWork.run(async (tx) => {
      const row = await findBillingEntity(tx, organizationId, code, { forUpdate: true });
      const taxes = input.tax_codes && (await findTaxes(tx, organizationId, input.tax_codes));
      const kept = <T>(value: T | undefined, current: T): T => (value === undefined ? current : value);
      const changes = {
        name: kept(input.name, row.name),
        legalName: kept(input.legal_name, row.legalName),
        legalNumber: kept(input.legal_number, row.legalNumber),
        taxIdentificationNumber: kept(input.tax_identification_number, row.taxIdentificationNumber),
        email: kept(input.email, row.email),
        addressLine1: kept(input.address_line1, row.addressLine1),
        addressLine2: kept(input.address_line2, row.addressLine2),
        city: kept(input.city, row.city),
        state: kept(input.state, row.state),
        zipcode: kept(input.zipcode, row.zipcode),
        country: kept(input.country, row.country),
        defaultCurrency: kept(input.default_currency, row.defaultCurrency),
        timezone: kept(input.timezone, row.timezone),
        documentNumberPrefix: kept(input.document_number_prefix, row.documentNumberPrefix),
        documentNumberTemplate: kept(input.document_number_template, row.documentNumberTemplate),
        netPaymentTerm: kept(input.net_payment_term, row.netPaymentTerm),
        invoiceGracePeriod: kept(input.billing_configuration?.invoice_grace_period, row.invoiceGracePeriod),
        invoiceFooter: kept(input.billing_configuration?.invoice_footer, row.invoiceFooter),
        updatedAt: dateOf(this.clock.now()),
      };
      await tx.update(BillingEntityRow, { organizationId, id: row.id }, changes);
      if (taxes) await replaceTaxes(tx, organizationId, 'billing_entity', row.id, taxes);
      return { ...row, ...changes };
    });
  }
}
