import type { Stripe } from 'stripe';
import { listWithin } from '../http/list.ts';
import { idOf } from '../world/fields.ts';
import { newId } from '../world/ids.ts';
import type { World } from '../world/world.ts';
import { type Line, newLine } from './line.ts';
import { total } from './totals.ts';

export interface InvoiceGiven {
  readonly customer: Stripe.Customer;
  readonly currency: string;
  readonly reason: Stripe.Invoice.BillingReason;
  readonly subscription?: Stripe.Subscription | undefined;
  readonly lines: readonly Line[];
  readonly pendingItems: readonly Stripe.InvoiceItem[];
  readonly collectionMethod: Stripe.Invoice.CollectionMethod;
  readonly daysUntilDue?: number | null;
  readonly autoAdvance: boolean;
  readonly discounts?: readonly string[];
  readonly defaultTaxRates?: readonly Stripe.TaxRate[];
  readonly period: { readonly start: number; readonly end: number };
  readonly metadata?: Stripe.Metadata;
}

export interface Composed {
  readonly invoice: Stripe.Invoice;
  readonly lines: readonly Line[];
  readonly pendingItems: readonly Stripe.InvoiceItem[];
}

/** An invoice with its lines and sums that is not yet the account's: a preview is this, and a real one is this stored. */
export function compose(world: World, given: InvoiceGiven): Composed {
  const lines = [...given.pendingItems.map(lineOfItem), ...given.lines];
  const invoice = emptyInvoice(world, given);
  total(world, invoice, lines);
  show(invoice, lines);
  return { invoice, lines, pendingItems: given.pendingItems };
}

/** The invoice prints its first ten lines. */
function show(invoice: Stripe.Invoice, lines: readonly Line[]): void {
  for (const { row } of lines) row.invoice = invoice.id;
  invoice.lines = listWithin(
    lines.map(({ row }) => row),
    `/v1/invoices/${invoice.id}/lines`,
  );
}

/** Makes a composed invoice the account's; its pending items are taken. */
export function addInvoice(world: World, { invoice, lines, pendingItems }: Composed): Stripe.Invoice {
  for (const item of pendingItems) item.invoice = invoice.id;
  world.store.lines.set(invoice.id, [...lines]);
  world.store.invoices.add(invoice);
  world.emit('invoice.created', invoice);
  return invoice;
}

/** Sums a draft anew after its lines changed. */
export function recompose(world: World, invoice: Stripe.Invoice): void {
  const lines = world.store.lines.get(invoice.id) ?? [];
  total(world, invoice, lines);
  show(invoice, lines);
}

export function lineOfItem(item: Stripe.InvoiceItem): Line {
  const details = item.parent?.subscription_details;
  return newLine({
    amount: item.amount,
    currency: item.currency,
    description: item.description,
    discountable: item.discountable,
    discounts: (item.discounts ?? []).map((one) => idOf(one) ?? ''),
    invoiceItem: item.id,
    metadata: item.metadata,
    period: item.period,
    proration: item.proration,
    quantity: item.quantity,
    subscription: idOf(details?.subscription),
    ...(details?.subscription_item && { subscriptionItem: details.subscription_item }),
    taxRates: item.tax_rates,
    pricing: item.pricing,
  });
}

/** What is the same on every new invoice. */
const untouched = {
  account_country: 'US',
  account_name: 'Simulated account',
  account_tax_ids: null,
  amount_due: 0,
  amount_overpaid: 0,
  amount_paid: 0,
  amount_paid_off_stripe: 0,
  amount_remaining: 0,
  amount_shipping: 0,
  application: null,
  attempt_count: 0,
  attempted: false,
  custom_fields: null,
  customer_account: null,
  customer_shipping: null,
  default_payment_method: null,
  default_source: null,
  description: null,
  effective_at: null,
  ending_balance: null,
  footer: null,
  from_invoice: null,
  hosted_invoice_url: null,
  invoice_pdf: null,
  last_finalization_error: null,
  latest_revision: null,
  livemode: false,
  number: null,
  on_behalf_of: null,
  post_payment_credit_notes_amount: 0,
  pre_payment_credit_notes_amount: 0,
  receipt_number: null,
  rendering: null,
  shipping_cost: null,
  shipping_details: null,
  statement_descriptor: null,
  subtotal: 0,
  subtotal_excluding_tax: 0,
  total: 0,
  total_excluding_tax: 0,
} satisfies Partial<Stripe.Invoice>;

function emptyInvoice(world: World, given: InvoiceGiven): Stripe.Invoice {
  const { customer, subscription } = given;
  const now = world.now(customer.id);
  return {
    id: newId('in'),
    object: 'invoice',
    ...untouched,
    auto_advance: given.autoAdvance,
    automatic_tax: { disabled_reason: null, enabled: false, liability: null, provider: null, status: null },
    automatically_finalizes_at: given.autoAdvance ? now + 3600 : null,
    billing_reason: given.reason,
    collection_method: given.collectionMethod,
    created: now,
    currency: given.currency,
    customer: customer.id,
    customer_address: customer.address ?? null,
    customer_email: customer.email,
    customer_name: customer.name ?? null,
    customer_phone: customer.phone ?? null,
    customer_tax_exempt: customer.tax_exempt ?? 'none',
    customer_tax_ids: [],
    default_tax_rates: [...(given.defaultTaxRates ?? [])],
    discounts: [...(given.discounts ?? [])],
    due_date: given.collectionMethod === 'send_invoice' ? now + (given.daysUntilDue ?? 30) * 86_400 : null,
    issuer: { type: 'self' },
    lines: listWithin<Stripe.InvoiceLineItem>([], ''),
    metadata: { ...given.metadata },
    next_payment_attempt: given.autoAdvance && given.collectionMethod === 'charge_automatically' ? now + 3600 : null,
    parent: subscription
      ? {
          type: 'subscription_details',
          quote_details: null,
          subscription_details: { metadata: { ...subscription.metadata }, subscription: subscription.id },
        }
      : null,
    payment_settings: { default_mandate: null, payment_method_options: null, payment_method_types: null },
    period_end: given.period.end,
    period_start: given.period.start,
    starting_balance: customer.balance,
    status: 'draft',
    status_transitions: { finalized_at: null, marked_uncollectible_at: null, paid_at: null, voided_at: null },
    test_clock: world.time.clockOf(customer.id),
    total_discount_amounts: [],
    total_pretax_credit_amounts: [],
    total_taxes: [],
    webhooks_delivered_at: now,
  };
}
