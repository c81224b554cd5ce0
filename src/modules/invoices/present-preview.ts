import type { EntityManager } from 'typeorm';
import { dateOf } from '../../platform/clock/clock.ts';
import type { CustomerRow } from '../customers/index.ts';
import type { SubscriptionRow } from '../subscriptions/index.ts';
import { type DraftToWrite, unnumberedDraft } from './draft-invoices.ts';
import { presentFeesAmong } from './fees/fees.queries.ts';
import { contextsOf } from './invoice-details.ts';
import { presentInvoice, presentInvoiceTax } from './invoice.presenter.ts';

export interface InvoiceToPreview {
  readonly draft: DraftToWrite;
  /** When it would be made. */
  readonly at: Date;
  readonly customer: CustomerRow;
  readonly subscriptions: readonly SubscriptionRow[];
  /** What it would take of credit notes when it is issued. */
  readonly creditCents: bigint;
}

const absent = '';

/** The wire object of an invoice that is not stored: the draft that it would be, without id and number. */
export async function presentPreview(manager: EntityManager, preview: InvoiceToPreview) {
  const { draft, at, customer, subscriptions, creditCents } = preview;
  const { organizationId } = customer;
  const { priced } = draft;
  const unissued = unnumberedDraft(organizationId, draft, at);
  const row = { ...unissued, creditNotesAmountCents: creditCents, totalCents: unissued.totalCents - creditCents };
  const contextOf = await contextsOf(manager, [row], [customer]);
  const fees = priced.fees.map((fee) => ({
    organizationId,
    id: null,
    invoiceId: null,
    billingEntityId: row.billingEntityId,
    currency: row.currency,
    subscriptionId: fee.subscriptionId,
    feeType: fee.type,
    itemId: fee.itemId,
    name: fee.name,
    description: fee.description,
    units: fee.units,
    eventsCount: fee.eventsCount,
    unitAmount: fee.unitAmount,
    amountCents: fee.amountCents,
    taxesRate: fee.taxesRate,
    taxesAmountCents: fee.taxesAmountCents,
    periodStart: dateOf(fee.from),
    periodEnd: dateOf(fee.to),
    payInAdvance: false,
    eventTransactionId: null,
    derivation: fee.derivation,
    createdAt: null,
    recountedAt: null,
  }));
  const taxes = priced.taxes.map((tax) => ({
    organizationId,
    invoiceId: absent,
    taxId: tax.taxId,
    taxCode: tax.code,
    taxName: tax.name,
    taxRate: tax.rate,
    feesAmountCents: tax.baseAmountCents,
    amountCents: tax.amountCents,
    addressRule: tax.addressRule,
    note: tax.note,
  }));
  const neighbours = {
    invoices: new Map([[absent, row]]),
    subscriptions: new Map(subscriptions.map((subscription) => [subscription.id, subscription])),
    customers: new Map([[customer.id, customer]]),
    taxes: new Map([[absent, taxes]]),
  };
  return {
    ...presentInvoice(row, contextOf(row)),
    id: null,
    lago_id: null,
    number: null,
    sequential_id: null,
    created_at: null,
    updated_at: null,
    fees: await presentFeesAmong(manager, fees, neighbours),
    applied_taxes: taxes.map((tax) => ({ ...presentInvoiceTax(tax, row), lago_invoice_id: null })),
    subscriptions: subscriptions.map(({ id, externalId, name }) => ({ lago_id: id, external_id: externalId, name })),
    credits: [],
  };
}
