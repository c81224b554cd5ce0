import { type DocumentStatus, mayBecome } from '../../../domain/lifecycles/invoice.ts';
import type { CapturedSums } from '../../../domain/invoicing/captured-lines.ts';
import { newId } from '../../../platform/database/ids.ts';
import type { Tx } from '../../../platform/database/unit-of-work.ts';
import { log } from '../../../platform/logging/log.ts';
import { tell } from '../../../platform/outbox/outbox.ts';
import { outline } from '../draft-invoices.ts';
import { InvoiceRow } from '../invoice.entity.ts';
import { moveInvoice } from '../move-invoice.ts';
import {
  bookedRefunds,
  deleteLines,
  findCapturedInvoice,
  insertCapturedLines,
  isNumberTaken,
  type LineToCapture,
} from './captured-invoice.store.ts';

/** An invoice as the provider has it now, in our terms. Instants are the provider's. */
export interface InvoiceToCapture {
  readonly organizationId: string;
  readonly billingEntityId: string;
  readonly customerId: string;
  readonly subscriptionId: string | null;
  readonly providerInvoiceId: string;
  readonly status: DocumentStatus;
  /** Null while the provider has not numbered it. */
  readonly number: string | null;
  readonly currency: string;
  readonly sums: CapturedSums;
  readonly lines: readonly LineToCapture[];
  /** All that came, what went back included. */
  readonly paidCents: bigint;
  /** What still has to come. */
  readonly remainingCents: bigint;
  /** What came beyond that. */
  readonly overpaidCents: bigint;
  readonly periodStart: Date | null;
  readonly periodEnd: Date | null;
  readonly timezone: string;
  readonly issuingDate: string;
  readonly paymentDueDate: string;
  readonly netPaymentTerm: number;
  readonly invoicePdf: string | null;
  readonly hostedInvoiceUrl: string | null;
  readonly finalizedAt: Date | null;
  readonly paidAt: Date | null;
  readonly voidedAt: Date | null;
}

/** What stands in for the number until the provider gives one; replaced once. */
export const placeholderNumber = (providerInvoiceId: string): string => `STRIPE-${providerInvoiceId.slice(-8)}`;
const isPlaceholder = (number: string | null): boolean => number?.startsWith('STRIPE-') ?? false;

/** The steps to a state; a captured invoice takes them all, so that the guards of every other invoice hold for it too. */
const steps: Readonly<Record<DocumentStatus, readonly Exclude<DocumentStatus, 'DRAFT'>[]>> = {
  DRAFT: [],
  OPEN: ['OPEN'],
  UNCOLLECTIBLE: ['OPEN', 'UNCOLLECTIBLE'],
  PAID: ['OPEN', 'PAID'],
  VOID: ['OPEN', 'VOID'],
};
const stepsTo = ({ status, finalizedAt }: InvoiceToCapture) =>
  // Only a draft that was deleted is void and never was open.
  status === 'VOID' && finalizedAt === null ? (['VOID'] as const) : steps[status];

export interface Capture {
  readonly row: InvoiceRow;
  readonly isNew: boolean;
  /** It became paid just now. */
  readonly becamePaid: boolean;
}

/** Brings our copy to the provider's state: any number of times, with one effect. */
export async function captureInvoice(tx: Tx, seen: InvoiceToCapture, at: Date): Promise<Capture> {
  const known = await findCapturedInvoice(tx, seen.organizationId, seen.providerInvoiceId);
  let row = known ? await updateCopy(tx, known, seen, at) : await insertCopy(tx, seen, at);
  const before = known?.status ?? 'DRAFT';
  const refundedCents = known ? -(await bookedRefunds(tx, known)) : 0n;
  for (const to of stepsTo(seen))
    if (row.status !== to && mayBecome(row.status, to))
      row = await moveInvoice(tx, row, { to, at, happenedAt: momentOf(seen, to) ?? at, ...paymentOf(seen, to, refundedCents) });
  row = await noteSettled(tx, row, seen, refundedCents);
  return { row, isNew: known === undefined, becamePaid: row.status === 'PAID' && before !== 'PAID' };
}

const momentOf = (seen: InvoiceToCapture, to: DocumentStatus): Date | null =>
  to === 'PAID' ? seen.paidAt : to === 'VOID' ? seen.voidedAt : seen.finalizedAt;

const paymentOf = (seen: InvoiceToCapture, to: DocumentStatus, refundedCents: bigint) =>
  to === 'PAID'
    ? { paymentMethod: 'stripe', paymentReference: seen.providerInvoiceId, paidCents: keptOf(seen, refundedCents) }
    : {};

/** What came and did not go back. */
const keptOf = ({ paidCents }: InvoiceToCapture, refundedCents: bigint): bigint =>
  paidCents > refundedCents ? paidCents - refundedCents : 0n;

const contentOf = (seen: InvoiceToCapture) => ({
  customerId: seen.customerId,
  subscriptionId: seen.subscriptionId,
  currency: seen.currency,
  feesAmountCents: seen.sums.feesAmountCents,
  discountAmountCents: seen.sums.discountAmountCents,
  taxesAmountCents: seen.sums.taxesAmountCents,
  totalCents: seen.sums.totalCents,
  periodStart: seen.periodStart,
  periodEnd: seen.periodEnd,
  issuingDate: seen.issuingDate,
  paymentDueDate: seen.paymentDueDate,
  netPaymentTerm: seen.netPaymentTerm,
});

async function insertCopy(tx: Tx, seen: InvoiceToCapture, at: Date): Promise<InvoiceRow> {
  const draft: InvoiceRow = {
    organizationId: seen.organizationId,
    id: newId(),
    source: 'STRIPE',
    invoiceType: seen.subscriptionId === null ? 'one_off' : 'subscription',
    status: 'DRAFT',
    billingEntityId: seen.billingEntityId,
    billingRunId: null,
    invoicingReason: null,
    invoiceNumber: placeholderNumber(seen.providerInvoiceId),
    // The provider counts its own: each of its invoices is a series of one and leaves our counters alone.
    series: `stripe:${seen.providerInvoiceId}`,
    sequentialId: 1n,
    ...contentOf(seen),
    creditNotesAmountCents: 0n,
    offsetAmountCents: 0n,
    totalPaidCents: 0n,
    providerBalanceCents: 0n,
    overpaidCents: 0n,
    timezone: seen.timezone,
    scheduledFinalizeAt: null,
    finalizedAt: null,
    paidAt: null,
    voidedAt: null,
    paymentMethod: null,
    paymentReference: null,
    seller: null,
    providerInvoiceId: seen.providerInvoiceId,
    invoicePdf: seen.invoicePdf,
    hostedInvoiceUrl: seen.hostedInvoiceUrl,
    metadata: {},
    createdAt: at,
    updatedAt: at,
  };
  const row = { ...draft, invoiceNumber: await numberFor(tx, draft, seen.number) };
  await tx.insert(InvoiceRow, row as object);
  await insertCapturedLines(tx, row, seen.lines, at);
  await tell(tx, row.organizationId, at, [
    { objectType: 'invoice', objectId: row.id, type: 'invoice.created', payload: outline(row) },
  ]);
  return row;
}

/** A draft follows the provider in everything; an issued one only in its links and its first real number. */
async function updateCopy(tx: Tx, known: InvoiceRow, seen: InvoiceToCapture, at: Date): Promise<InvoiceRow> {
  const isDraft = known.status === 'DRAFT';
  const links = {
    invoicePdf: seen.invoicePdf ?? known.invoicePdf,
    hostedInvoiceUrl: seen.hostedInvoiceUrl ?? known.hostedInvoiceUrl,
    invoiceNumber: await numberFor(tx, known, seen.number),
  };
  const content = isDraft ? contentOf(seen) : {};
  const isSame = !isDraft && Object.entries(links).every(([key, value]) => known[key as keyof InvoiceRow] === value);
  if (isSame) return known;
  // The old lines go first: header and new lines are compared as soon as these are written.
  if (isDraft) await deleteLines(tx, known);
  const row = { ...known, ...content, ...links, updatedAt: at };
  await tx.update(InvoiceRow, { organizationId: row.organizationId, id: row.id }, {
    ...content,
    ...links,
    updatedAt: at,
  } as object);
  if (isDraft) await insertCapturedLines(tx, row, seen.lines, at);
  return row;
}

/** The provider's number instead of the placeholder, once; a number that another invoice of the seller has is not taken. */
async function numberFor(tx: Tx, row: InvoiceRow, number: string | null): Promise<string | null> {
  if (number === null || !isPlaceholder(row.invoiceNumber) || number === row.invoiceNumber) return row.invoiceNumber;
  if (!(await isNumberTaken(tx, row, number))) return number;
  log.warn('a captured invoice keeps its placeholder: its number is taken', { number, invoice: row.providerInvoiceId });
  return row.invoiceNumber;
}

/** What is due is what the provider says remains: what neither came in money nor remains, it settled by its own balance and credit notes. */
async function noteSettled(tx: Tx, row: InvoiceRow, seen: InvoiceToCapture, refundedCents: bigint): Promise<InvoiceRow> {
  // Paid here by hand, or voided: what the provider still waits for says nothing of it.
  if (row.status !== seen.status) return row;
  const changes = {
    totalPaidCents: keptOf(seen, refundedCents),
    providerBalanceCents: seen.sums.totalCents - seen.paidCents - seen.remainingCents,
    overpaidCents: seen.overpaidCents,
  };
  const isSame = Object.entries(changes).every(([key, value]) => row[key as keyof InvoiceRow] === value);
  if (isSame) return row;
  await tx.update(InvoiceRow, { organizationId: row.organizationId, id: row.id }, changes as object);
  return { ...row, ...changes };
}
