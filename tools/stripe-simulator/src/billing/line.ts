import type { Stripe } from 'stripe';
import { decimal } from './decimal.ts';
import { newId } from '../world/ids.ts';

export interface LineGiven {
  readonly amount: number;
  readonly currency: string;
  readonly description: string | null;
  readonly period: { readonly start: number; readonly end: number };
  readonly pricing: Stripe.InvoiceLineItem.Pricing | null;
  readonly quantity: number;
  readonly discountable: boolean;
  readonly metadata?: Stripe.Metadata | null;
  readonly subscription?: string | null;
  readonly subscriptionItem?: string;
  readonly invoiceItem?: string;
  readonly proration?: boolean;
  /** Rates of the line itself; without them the invoice's apply. */
  readonly taxRates?: readonly Stripe.TaxRate[] | null;
  readonly discounts?: readonly string[];
}

/** A line and what totals need beside it. */
export interface Line {
  readonly row: Stripe.InvoiceLineItem;
  readonly taxRates: readonly Stripe.TaxRate[] | null;
}

function parentOf(given: LineGiven): Stripe.InvoiceLineItem.Parent {
  const proration = given.proration ?? false;
  if (given.subscriptionItem)
    return {
      type: 'subscription_item_details',
      invoice_item_details: null,
      subscription_item_details: {
        invoice_item: given.invoiceItem ?? null,
        proration,
        proration_details: { credited_items: null },
        subscription: given.subscription ?? null,
        subscription_item: given.subscriptionItem,
      },
    };
  return {
    type: 'invoice_item_details',
    invoice_item_details: {
      invoice_item: given.invoiceItem ?? '',
      proration,
      proration_details: { credited_items: null },
      subscription: given.subscription ?? null,
    },
    subscription_item_details: null,
  };
}

/** How a line says which price it comes from. */
export const pricingOf = (price: Stripe.Price): Stripe.InvoiceLineItem.Pricing => ({
  type: 'price_details',
  price_details: { price: price.id, product: String(price.product) },
  unit_amount_decimal: price.unit_amount_decimal,
});

export function newLine(given: LineGiven): Line {
  const row: Stripe.InvoiceLineItem = {
    id: newId('il'),
    object: 'line_item',
    amount: given.amount,
    currency: given.currency,
    description: given.description,
    discount_amounts: [],
    discountable: given.discountable,
    discounts: [...(given.discounts ?? [])],
    invoice: null,
    livemode: false,
    metadata: { ...given.metadata },
    parent: parentOf(given),
    period: { ...given.period },
    pretax_credit_amounts: [],
    pricing: given.pricing,
    quantity: given.quantity,
    quantity_decimal: decimal(String(given.quantity)),
    subscription: given.subscription ?? null,
    subtotal: given.amount,
    taxes: [],
  };
  return { row, taxRates: given.taxRates ?? null };
}
