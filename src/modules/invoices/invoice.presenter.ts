import { formatMajor } from '../../domain/money/currency.ts';
import { Exact } from '../../domain/money/exact.ts';
import type { InvoiceStatus } from '../../domain/lifecycles/invoice.ts';
import { isoOf } from '../../platform/clock/clock.ts';
import { partId } from '../../platform/database/ids.ts';
import { jsonNumber } from '../../platform/http/strict-json.ts';
import type { InvoiceTaxRow } from './invoice-tax.entity.ts';
import type { SellerIdentity } from './seller-identity.ts';
import type { InvoiceRow } from './invoice.entity.ts';
import { payableOf } from './payable.ts';

const iso = (date: Date | null): string | null => date && isoOf(date);
const decimal = (text: string): string => Exact.parse(text).toDecimal();

/** Lago knows four states and a payment status; ours stands beside them as `state`. */
const lagoStatus: Readonly<Record<InvoiceStatus, 'draft' | 'finalized' | 'voided' | 'closed'>> = {
  DRAFT: 'draft',
  OPEN: 'finalized',
  PAID: 'finalized',
  UNCOLLECTIBLE: 'finalized',
  VOID: 'voided',
  CLOSED: 'closed',
};

export interface InvoiceContext {
  readonly billingEntityCode: string;
  /** As it was when the invoice was issued; of a draft, as it is now. */
  readonly seller: SellerIdentity;
  readonly customer: object;
  readonly isOverdue: boolean;
}

export const paymentStatusOf = ({ status }: Pick<InvoiceRow, 'status'>): 'succeeded' | 'failed' | 'pending' =>
  status === 'PAID' ? 'succeeded' : status === 'UNCOLLECTIBLE' ? 'failed' : 'pending';

/** An invoice without its lines, as lists show it. */
export const presentInvoice = (row: InvoiceRow, context: InvoiceContext) => ({
  id: row.id,
  lago_id: row.id,
  number: row.invoiceNumber,
  sequential_id: row.source === 'STRIPE' ? null : row.sequentialId,
  source: row.source.toLowerCase(),
  invoice_type: row.invoiceType,
  status: lagoStatus[row.status],
  state: row.status.toLowerCase(),
  payment_status: paymentStatusOf(row),
  payment_overdue: context.isOverdue,
  billing_entity_code: context.billingEntityCode,
  seller: context.seller,
  lago_subscription_id: row.subscriptionId,
  billing_run_id: row.billingRunId,
  issuing_date: row.issuingDate,
  payment_due_date: row.paymentDueDate,
  net_payment_term: row.netPaymentTerm,
  currency: row.currency,
  fees_amount_cents: row.feesAmountCents,
  coupons_amount_cents: row.discountAmountCents,
  credit_notes_amount_cents: row.creditNotesAmountCents,
  prepaid_credit_amount_cents: 0,
  progressive_billing_credit_amount_cents: 0,
  sub_total_excluding_taxes_amount_cents: row.feesAmountCents - row.discountAmountCents,
  taxes_amount_cents: row.taxesAmountCents,
  sub_total_including_taxes_amount_cents: row.totalCents + row.creditNotesAmountCents,
  total_amount_cents: row.totalCents,
  total_offsetted_credit_note_amount_cents: row.offsetAmountCents,
  provider_balance_amount_cents: row.providerBalanceCents,
  total_due_amount_cents: row.status === 'VOID' ? 0n : payableOf(row) - row.totalPaidCents,
  total_paid_amount_cents: row.totalPaidCents,
  overpaid_amount_cents: row.overpaidCents,
  total: formatMajor(row.totalCents, row.currency),
  invoicing_reason: row.invoicingReason && (`subscription_${row.invoicingReason.toLowerCase()}` as const),
  period_start: iso(row.periodStart),
  period_end: iso(row.periodEnd),
  timezone: row.timezone,
  scheduled_finalize_at: iso(row.scheduledFinalizeAt),
  finalized_at: iso(row.finalizedAt),
  paid_at: iso(row.paidAt),
  voided_at: iso(row.voidedAt),
  payment_method: row.paymentMethod,
  payment_reference: row.paymentReference,
  invoice_pdf: row.invoicePdf,
  hosted_invoice_url: row.hostedInvoiceUrl,
  file_url: row.invoicePdf,
  version_number: 4,
  self_billed: false,
  metadata: row.metadata['entries'] ?? [],
  meta_data: Object.fromEntries(Object.entries(row.metadata).filter(([key]) => key !== 'entries')),
  customer: context.customer,
  created_at: isoOf(row.createdAt),
  updated_at: isoOf(row.updatedAt),
});

export const presentInvoiceTax = (tax: InvoiceTaxRow, row: InvoiceRow) => ({
  lago_id: partId(row.id, `tax ${tax.taxCode} ${decimal(tax.taxRate)}`),
  lago_tax_id: tax.taxId,
  lago_invoice_id: row.id,
  tax_code: tax.taxCode,
  tax_name: tax.taxName,
  tax_description: tax.note,
  address_rule: tax.addressRule,
  tax_rate: jsonNumber(decimal(tax.taxRate)),
  amount_cents: tax.amountCents,
  amount_currency: row.currency,
  fees_amount_cents: tax.feesAmountCents,
  created_at: isoOf(row.createdAt),
});
