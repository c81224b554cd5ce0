import type { Stripe } from 'stripe';
import { idOf } from '../world/fields.ts';
import type { Store } from '../world/store.ts';

type Json = Record<string, unknown>;

/** The payment by which an invoice is, or is to be, paid. */
const paymentOf = (invoice: string, store: Store): Stripe.PaymentIntent | undefined => {
  const payments = store.invoicePayments.oldest((row) => idOf(row.invoice) === invoice);
  const chosen = payments.find(({ status }) => status === 'paid') ?? payments.find(({ is_default }) => is_default);
  return store.paymentIntents.find(idOf(chosen?.payment.payment_intent));
};

const invoiceOf = (paymentIntent: string | null, store: Store): string | null =>
  idOf(store.invoicePayments.first(({ payment }) => idOf(payment.payment_intent) === paymentIntent)?.invoice);

const legacyTaxes = (taxes: readonly Stripe.InvoiceLineItem.Tax[]): Json[] =>
  taxes.map((tax) => ({
    amount: tax.amount,
    inclusive: tax.tax_behavior === 'inclusive',
    tax_rate: tax.tax_rate_details?.tax_rate ?? null,
    taxability_reason: tax.taxability_reason,
    taxable_amount: tax.taxable_amount,
  }));

export function legacyInvoice(object: Json, store: Store): Json {
  const { parent, payments: _payments, total_taxes, confirmation_secret: _secret, amount_overpaid: _overpaid, ...rest } = object;
  const details = (parent as Stripe.Invoice.Parent | null)?.subscription_details ?? null;
  const intent = paymentOf(String(object['id']), store);
  const taxes = (total_taxes ?? []) as Stripe.InvoiceLineItem.Tax[];
  return {
    ...rest,
    charge: idOf(intent?.latest_charge),
    discount: null,
    paid: object['status'] === 'paid',
    paid_out_of_band: object['status'] === 'paid' && !intent && Number(object['amount_due']) > 0,
    payment_intent: intent?.id ?? null,
    subscription: details ? idOf(details.subscription) : null,
    subscription_details: { metadata: details?.metadata ?? null },
    tax: taxes.length > 0 ? taxes.reduce((sum, { amount }) => sum + amount, 0) : null,
    total_tax_amounts: legacyTaxes(taxes),
  };
}

export function legacyLine(object: Json, store: Store): Json {
  const { parent, pricing, taxes, quantity_decimal: _quantity, subtotal: _subtotal, ...rest } = object;
  const from = parent as Stripe.InvoiceLineItem.Parent | null;
  const details = from?.subscription_item_details ?? from?.invoice_item_details;
  const price = store.prices.find(idOf((pricing as Stripe.InvoiceLineItem.Pricing | null)?.price_details?.price));
  const legacy = legacyTaxes((taxes ?? []) as Stripe.InvoiceLineItem.Tax[]);
  return {
    ...rest,
    amount_excluding_tax: object['amount'],
    price: price ?? null,
    proration: details?.proration ?? false,
    subscription_item: from?.subscription_item_details?.subscription_item ?? null,
    tax_amounts: legacy,
    tax_rates: legacy.flatMap(({ tax_rate }) => store.taxRates.find(String(tax_rate)) ?? []),
    type: from?.subscription_item_details ? 'subscription' : 'invoiceitem',
    ...(details?.invoice_item && { invoice_item: details.invoice_item }),
  };
}

export function legacySubscription(object: Json): Json {
  const { billing_mode: _mode, ...rest } = object;
  const items = object['items'] as Stripe.ApiList<Stripe.SubscriptionItem>;
  const [first] = items.data;
  return {
    ...rest,
    current_period_start: first?.current_period_start ?? null,
    current_period_end: first?.current_period_end ?? null,
    discount: null,
    items: { ...items, data: items.data.map(({ current_period_start: _start, current_period_end: _end, ...item }) => item) },
  };
}

export const legacyCharge = (object: Json, store: Store): Json => ({
  ...object,
  invoice: invoiceOf(idOf(object['payment_intent'] as string | null), store),
});

export const legacyPaymentIntent = (object: Json, store: Store): Json => ({
  ...object,
  invoice: invoiceOf(String(object['id']), store),
});
