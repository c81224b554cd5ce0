import { type DocumentDates, draftDates } from '../../domain/invoicing/document-dates.ts';
import type { PricedInvoice } from '../../domain/invoicing/assemble-invoice.ts';
import type { InvoicingReason } from '../../domain/lifecycles/billing-step.ts';
import { dateOf, instantOf } from '../../platform/clock/clock.ts';
import { newId } from '../../platform/database/ids.ts';
import type { Tx } from '../../platform/database/unit-of-work.ts';
import { tell } from '../../platform/outbox/outbox.ts';
import { type DrawnNumber, drawNumbers, type EffectiveEntity } from '../billing-entities/index.ts';
import type { InvoiceRow } from './invoice.entity.ts';
import { type BilledSpan, insertDrafts, insertLines } from './invoices.store.ts';

export interface DraftToWrite {
  readonly entity: EffectiveEntity;
  readonly customerId: string;
  readonly customerNumber: bigint;
  /** Null on a one-off invoice, and on one that bills several. */
  readonly subscriptionId: string | null;
  readonly billingRunId: string | null;
  readonly invoicingReason: InvoicingReason | null;
  readonly periodStart: Date | null;
  readonly periodEnd: Date | null;
  /** Instead of the issuing day plus the payment term. */
  readonly dueDate?: string;
  readonly priced: PricedInvoice;
  /** Of the event that it charges: it is issued at once. */
  readonly eventTransactionId?: string;
  /** Which time of which subscriptions it bills. */
  readonly spans: readonly BilledSpan[];
  /** All of it is a trial's, of plans without usage: what comes to nothing is no invoice, whoever wants one of zero. */
  readonly isOfTrial?: boolean;
}

/** How invoices of one batch come about. */
export type DraftKind = Pick<InvoiceRow, 'source' | 'invoiceType'>;
const notCaptured = {
  providerInvoiceId: null,
  invoicePdf: null,
  hostedInvoiceUrl: null,
  providerBalanceCents: 0n,
  overpaidCents: 0n,
};
const generated: DraftKind = { source: 'GENERATED', invoiceType: 'subscription' };

/** What only happens to an issued invoice. */
const notYet = { finalizedAt: null, paidAt: null, voidedAt: null, paymentMethod: null, paymentReference: null, seller: null };

/**
 * Writes drafts with number, fees, taxes and billed periods, in a handful of statements however many they are, and tells
 * `invoice.created` for each. What comes to nothing in a trial without usage, or where its seller or customer wants no invoice of zero, is written closed, without
 * a number (docs/decisions/0054), and told as `invoice.closed`. The caller's transaction holds the subscriptions' rows.
 */
export async function draftInvoices(
  tx: Tx,
  organizationId: string,
  drafts: readonly DraftToWrite[],
  at: Date,
  kind: DraftKind = generated,
): Promise<InvoiceRow[]> {
  if (drafts.length === 0) return [];
  // What somebody writes by hand is issued at once, whatever grace drafts have.
  const grace = kind === generated ? {} : { gracePeriodDays: 0 };
  const dated = drafts.map((draft) => {
    const terms = draft.eventTransactionId === undefined ? grace : { gracePeriodDays: 0 };
    const isClosed = kind === generated && isWaived(draft);
    return { draft, isClosed, dates: draftDates({ ...draft.entity, ...terms }, instantOf(at)) };
  });
  const documents = dated.filter(({ isClosed }) => !isClosed);
  const numbers = await drawNumbers(
    tx,
    organizationId,
    documents.map(({ draft, dates }) => ({
      billingEntityId: draft.entity.id,
      numbering: draft.entity.numbering,
      date: dates.issuingDate,
      customerNumber: draft.customerNumber,
    })),
  );
  const numberOf = new Map(documents.map(({ draft }, position) => [draft, numbers[position]]));
  const written = dated.map(({ draft, isClosed, dates }) => {
    const number = numberOf.get(draft);
    if (!number && !isClosed) throw new Error('a draft was left without a number');
    const row = rowOf(organizationId, draft, { dates, number, kind, at });
    const { priced, spans, eventTransactionId = null } = draft;
    return { row, priced, spans, eventTransactionId };
  });
  await insertDrafts(tx, organizationId, written, at);
  await tell(
    tx,
    organizationId,
    at,
    written.map(({ row }) => ({
      objectType: 'invoice',
      objectId: row.id,
      type: row.status === 'CLOSED' ? 'invoice.closed' : 'invoice.created',
      payload: outline(row),
    })),
  );
  return written.map(({ row }) => row);
}

/** Comes to nothing, where no invoice of zero is wanted. */
const isWaived = ({ entity, priced, isOfTrial = false }: DraftToWrite): boolean =>
  (isOfTrial || !entity.invoicesZero) && priced.feesAmountCents === 0n;

/** The row of a draft that is not written: without a number. */
export function unnumberedDraft(organizationId: string, draft: DraftToWrite, at: Date): InvoiceRow {
  const number = isWaived(draft) ? undefined : { number: '', series: '', sequentialId: 0n };
  return rowOf(organizationId, draft, { dates: draftDates(draft.entity, instantOf(at)), number, kind: generated, at });
}

interface Issue {
  readonly dates: DocumentDates;
  /** None: it is closed. */
  readonly number: DrawnNumber | undefined;
  readonly kind: DraftKind;
  readonly at: Date;
}

function rowOf(organizationId: string, draft: DraftToWrite, { dates, number, kind, at }: Issue): InvoiceRow {
  const { priced } = draft;
  return {
    organizationId,
    id: newId(),
    ...kind,
    status: number ? 'DRAFT' : 'CLOSED',
    billingEntityId: draft.entity.id,
    customerId: draft.customerId,
    subscriptionId: draft.subscriptionId,
    billingRunId: draft.billingRunId,
    invoiceNumber: number?.number ?? null,
    series: number?.series ?? null,
    sequentialId: number?.sequentialId ?? null,
    currency: priced.currency,
    feesAmountCents: priced.feesAmountCents,
    discountAmountCents: 0n,
    taxesAmountCents: priced.taxesAmountCents,
    creditNotesAmountCents: 0n,
    offsetAmountCents: 0n,
    totalCents: priced.totalCents,
    totalPaidCents: 0n,
    invoicingReason: draft.invoicingReason,
    periodStart: draft.periodStart,
    periodEnd: draft.periodEnd,
    timezone: draft.entity.timezone,
    issuingDate: dates.issuingDate.toString(),
    paymentDueDate: draft.dueDate ?? dates.paymentDueDate.toString(),
    netPaymentTerm: draft.entity.netPaymentTerm,
    scheduledFinalizeAt: !number ? null : draft.eventTransactionId === undefined ? dateOf(dates.scheduledFinalizeAt) : at,
    ...notYet,
    ...notCaptured,
    metadata: {},
    createdAt: at,
    updatedAt: at,
  };
}

/** What an event says of an invoice; readers that want all of it read the invoice. */
export const outline = (row: InvoiceRow) => ({
  lago_id: row.id,
  number: row.invoiceNumber,
  invoice_type: row.invoiceType,
  lago_customer_id: row.customerId,
  status: row.status,
  currency: row.currency,
  total_amount_cents: row.totalCents,
});

export interface FeesWithoutInvoice {
  readonly billingEntityId: string;
  readonly subscriptionId: string;
  readonly eventTransactionId: string;
  readonly priced: PricedInvoice;
}

/** Keeps fees that are paid in advance and never invoiced. */
export async function keepFees(tx: Tx, organizationId: string, fees: FeesWithoutInvoice, at: Date): Promise<void> {
  const { billingEntityId, subscriptionId, eventTransactionId, priced } = fees;
  const row = { id: null, billingEntityId, subscriptionId, currency: priced.currency };
  await insertLines(tx, organizationId, [{ row, priced, eventTransactionId }], at);
}
