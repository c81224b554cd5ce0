import { Inject, Injectable } from '@nestjs/common';
import { invalid } from '../../../domain/errors/billing-error.ts';
import { issueDates } from '../../../domain/invoicing/document-dates.ts';
import { priceInvoice } from '../../../domain/invoicing/price-items.ts';
import type { TaxRates } from '../../../domain/taxation/tax-rates.ts';
import { instantOf } from '../../../platform/clock/clock.ts';
import { queryIn } from '../../../platform/database/sql.ts';
import { UnitOfWork } from '../../../platform/database/unit-of-work.ts';
import { billingEntityChoice, chosenBillingEntity, effectiveEntityOfDocument } from '../../billing-entities/index.ts';
import { CustomerRow, findCustomer } from '../../customers/index.ts';
import { OrganizationClock } from '../../organizations/index.ts';
import { TAX_RATES, taxesByAddress } from '../../taxes/index.ts';
import { draftInvoices } from '../draft-invoices.ts';
import type { InvoiceRow } from '../invoice.entity.ts';
import { moveInvoice } from '../move-invoice.ts';
import type { CreateOneOffInvoiceInput } from './one-off-invoice.dto.ts';
import { linesOfFees, linesOfItems } from './one-off-lines.ts';

/** An invoice that somebody writes by hand: from add-ons as Lago's, or from lines in free words (H7). Issued at once. */
@Injectable()
export class CreateOneOffInvoice {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly organizationClock: OrganizationClock,
    @Inject(TAX_RATES) private readonly taxRates: TaxRates,
  ) {}

  /**
   * Due on `due_date`, else after the customer's or the seller's payment term.
   * @throws BillingError customer_not_found, billing_entity_not_found, add_on_not_found, validation_errors, amount_out_of_range
   */
  async execute(organizationId: string, input: CreateOneOffInvoiceInput): Promise<InvoiceRow> {
    if (input.fees && input.line_items) throw invalid({ line_items: ['value_is_invalid'] });
    if (input.external_customer_id !== undefined && input.customer_id !== undefined)
      throw invalid({ customer_id: ['value_is_invalid'] });
    return this.unitOfWork.run(async (tx) => {
      const name = input.external_customer_id ?? input.customer_id ?? '';
      const customer = await findCustomer(tx, organizationId, name, { forUpdate: true });
      const chosen = await chosenBillingEntity(tx, organizationId, billingEntityChoice(input));
      const entity = await effectiveEntityOfDocument(queryIn(tx), organizationId, customer.id, chosen?.id ?? null);
      const at = await this.organizationClock.now(organizationId, tx);
      const currency = input.currency ?? customer.currency ?? entity.defaultCurrency;
      const { issuingDate } = issueDates(entity, instantOf(at));
      const decided = await taxesByAddress(this.taxRates, entity.taxAddresses, issuingDate.toString());
      const ground = { organizationId, customer, sellerId: entity.id, taxesByAddress: decided, currency, at };
      const items = input.fees
        ? await linesOfFees(tx, ground, input.fees)
        : await linesOfItems(tx, ground, input.line_items ?? []);

      if (customer.currency !== null && customer.currency !== currency)
        throw invalid({ currency: ['currencies_does_not_match'] });
      if (input.due_date != null && input.due_date < issuingDate.toString())
        throw invalid({ due_date: ['value_is_out_of_range'] });
      const priced = priceInvoice({ currency, timezone: entity.timezone, items });

      if (customer.currency === null)
        await tx.update(CustomerRow, { organizationId, id: customer.id }, { currency, updatedAt: at });
      const [draft] = await draftInvoices(
        tx,
        organizationId,
        [
          {
            entity,
            customerId: customer.id,
            customerNumber: customer.sequentialId,
            subscriptionId: null,
            billingRunId: null,
            invoicingReason: null,
            spans: [],
            periodStart: null,
            periodEnd: null,
            ...(input.due_date == null ? {} : { dueDate: input.due_date }),
            priced,
          },
        ],
        at,
        { source: 'MANUAL', invoiceType: 'one_off' },
      );
      if (!draft) throw new Error('a one-off invoice was not written');
      return moveInvoice(tx, draft, { to: 'OPEN', at });
    });
  }
}
