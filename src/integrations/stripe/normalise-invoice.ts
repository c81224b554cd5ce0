import {
  type ObservedInvoice,
  type ObservedInvoiceStatus,
  observedInvoiceStatuses,
  type ObservedLine,
} from '../../modules/payments/index.ts';
import {
  at,
  currencyOf,
  decimalOf,
  type Fields,
  fieldsOf,
  instantOf,
  itemsOf,
  refOf,
  sumOf,
  textOf,
  wholeOf,
} from './payload.ts';
import { amountIn, inOurs, unitAmountIn } from './stripe-amounts.ts';

/** Of each fact the current version's path first, then where older versions have it (stripe.md 1.2, 1.6); never by `api_version`. */
export function normaliseInvoice(invoice: Fields): ObservedInvoice {
  const currency = currencyOf(invoice);
  const lines = itemsOf(invoice['lines']).map((line) => lineOf(line, currency));
  const taxes = itemsOf(at(invoice, 'total_taxes', 'total_tax_amounts'));
  const amount = (value: unknown): string => amountIn(currency, value).toString();
  const sum = (items: readonly Fields[]): string => inOurs(sumOf(items, 'amount'), currency).toString();
  return {
    id: textOf(invoice['id']) ?? '',
    status: statusOf(invoice),
    customerId: refOf(invoice['customer']),
    subscriptionId:
      refOf(at(invoice, 'parent.subscription_details.subscription', 'subscription')) ??
      lines.find((line) => line.subscriptionId !== null)?.subscriptionId ??
      null,
    claimedSubscriptionId: textOf(
      at(
        invoice,
        'parent.subscription_details.metadata.subscription_id',
        'subscription_details.metadata.subscription_id',
        'metadata.subscription_id',
      ),
    ),
    number: textOf(invoice['number']),
    currency,
    discount: sum(itemsOf(invoice['total_discount_amounts'])),
    tax: taxes.length > 0 ? sum(taxes) : amount(invoice['tax']),
    inclusiveTax: sum(taxes.filter(isInclusive)),
    total: amount(invoice['total']),
    amountPaid: amount(invoice['amount_paid']),
    amountDue: amount(at(invoice, 'amount_due', 'total')),
    amountRemaining: amount(at(invoice, 'amount_remaining', 'amount_due', 'total')),
    amountOverpaid: amount(invoice['amount_overpaid']),
    periodStart: instantOf(invoice['period_start']),
    periodEnd: instantOf(invoice['period_end']),
    createdAt: instantOf(invoice['created']),
    dueAt: instantOf(invoice['due_date']),
    finalizedAt: instantOf(at(invoice, 'status_transitions.finalized_at')),
    paidAt: instantOf(at(invoice, 'status_transitions.paid_at')),
    voidedAt: instantOf(at(invoice, 'status_transitions.voided_at')),
    uncollectibleAt: instantOf(at(invoice, 'status_transitions.marked_uncollectible_at')),
    invoicePdf: textOf(invoice['invoice_pdf']),
    hostedInvoiceUrl: textOf(invoice['hosted_invoice_url']),
    attemptCount: Number(wholeOf(invoice['attempt_count'])),
    lines,
  };
}

/** Older events of a paid invoice say `paid` beside a status that may lag. A status of the future leaves it where it surely is. */
function statusOf(invoice: Fields): ObservedInvoiceStatus {
  const word = textOf(invoice['status']);
  const known = observedInvoiceStatuses.find((status) => status === word);
  return known ?? (invoice['paid'] === true ? 'paid' : 'draft');
}

const isInclusive = (tax: Fields): boolean => tax['tax_behavior'] === 'inclusive' || tax['inclusive'] === true;

function lineOf(line: Fields, currency: string): ObservedLine {
  const taxes = itemsOf(at(line, 'taxes', 'tax_amounts'));
  const details = fieldsOf(at(line, 'parent.subscription_item_details', 'parent.invoice_item_details'));
  return {
    id: textOf(line['id']) ?? '',
    description: textOf(line['description']),
    quantity: decimalOf(at(line, 'quantity_decimal', 'quantity')),
    unitAmount: unitAmountIn(
      currency,
      at(line, 'pricing.unit_amount_decimal', 'unit_amount_excluding_tax', 'price.unit_amount_decimal', 'plan.amount_decimal'),
    ),
    amount: amountIn(currency, line['amount']).toString(),
    tax: inOurs(sumOf(taxes, 'amount'), currency).toString(),
    inclusiveTax: inOurs(sumOf(taxes.filter(isInclusive), 'amount'), currency).toString(),
    periodStart: instantOf(at(line, 'period.start')),
    periodEnd: instantOf(at(line, 'period.end')),
    subscriptionId: refOf(at(details, 'subscription') ?? line['subscription']),
  };
}

const ranks: Readonly<Record<ObservedInvoiceStatus, bigint>> = { draft: 0n, open: 1n, uncollectible: 2n, paid: 3n, void: 3n };
export const invoiceRank = (invoice: ObservedInvoice): bigint => ranks[invoice.status];

/** The payment intent that older versions name on the invoice itself. */
export const paymentIntentOf = (invoice: Fields): string | null =>
  refOf(invoice['payment_intent']) ?? refOf(at(itemsOf(invoice['payments'])[0], 'payment.payment_intent'));

/** Webhooks carry the first ten lines only. */
export const hasMoreLines = (invoice: Fields): boolean => at(invoice, 'lines.has_more') === true;
