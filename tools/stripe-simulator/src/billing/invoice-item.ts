import type { Stripe } from 'stripe';
import { invalid, parameterMissing } from '../http/errors.ts';
import { newPrice } from '../objects/prices.ts';
import { decimal } from './decimal.ts';
import { newDiscount } from '../objects/discounts.ts';
import { mergeMetadata } from '../world/fields.ts';
import { newId } from '../world/ids.ts';
import type { World } from '../world/world.ts';
import { timesUnit } from './exact.ts';
import { pricingOf } from './line.ts';
import { priceAmount } from './price-amount.ts';

/** What an invoice item is made of; Stripe's own parameters fit. */
export type ItemGiven = Omit<Stripe.InvoiceItemCreateParams, 'price_data'> & {
  price_data?: object;
  proration?: boolean;
  subscription_item?: string;
};

function priceOf(world: World, given: ItemGiven): Stripe.Price | undefined {
  const id = given.pricing?.price;
  if (id) return world.store.prices.get(id, 'pricing[price]');
  return given.price_data ? newPrice(world, given.price_data as Stripe.PriceCreateParams) : undefined;
}

function amountOf(world: World, given: ItemGiven, price: Stripe.Price | undefined, quantity: number): number {
  if (given.amount !== undefined) return given.amount;
  if (price) return priceAmount(world, price, quantity);
  if (given.unit_amount_decimal === undefined) throw parameterMissing('amount');
  return timesUnit(quantity, String(given.unit_amount_decimal));
}

/** Something to be billed with the next invoice, or with the draft it names. */
export function newInvoiceItem(world: World, given: ItemGiven): Stripe.InvoiceItem {
  if (!given.customer) throw parameterMissing('customer');
  const customer = world.store.customers.get(given.customer, 'customer');
  const price = priceOf(world, given);
  const currency = price?.currency ?? given.currency?.toLowerCase() ?? customer.currency ?? undefined;
  if (!currency) throw parameterMissing('currency');
  const quantity = given.quantity ?? 1;
  const now = world.now(customer.id);
  if (given.invoice && world.store.invoices.get(given.invoice, 'invoice').status !== 'draft')
    throw invalid('The invoice is not a draft: items can no longer be added.', {
      code: 'invoice_not_editable',
      param: 'invoice',
    });
  const item: Stripe.InvoiceItem = {
    id: newId('ii'),
    object: 'invoiceitem',
    amount: amountOf(world, given, price, quantity),
    currency,
    customer: customer.id,
    customer_account: null,
    date: now,
    description: given.description ?? null,
    discountable: given.discountable ?? true,
    discounts: (given.discounts || []).map((one) => newDiscount(world, one, { customer: customer.id }).id),
    invoice: given.invoice ?? null,
    livemode: false,
    metadata: mergeMetadata(null, given.metadata),
    parent: given.subscription
      ? {
          type: 'subscription_details',
          subscription_details: {
            subscription: given.subscription,
            ...(given.subscription_item && { subscription_item: given.subscription_item }),
          },
        }
      : null,
    period: given.period ?? { start: now, end: now },
    pricing: price
      ? pricingOf(price)
      : { type: 'price_details', unit_amount_decimal: decimal(String(given.unit_amount_decimal ?? given.amount ?? 0)) },
    proration: given.proration ?? false,
    quantity,
    quantity_decimal: decimal(String(quantity)),
    tax_rates: (given.tax_rates ?? []).map((rate) => structuredClone(world.store.taxRates.get(rate, 'tax_rates'))),
    test_clock: customer.test_clock ?? null,
  };
  world.store.invoiceItems.add(item);
  world.emit('invoiceitem.created', item);
  return item;
}

/** What a new subscription charges once, besides its items. */
export function chargeExtras(
  world: World,
  subscription: Stripe.Subscription,
  extras: readonly Stripe.SubscriptionCreateParams.AddInvoiceItem[],
): void {
  for (const extra of extras)
    newInvoiceItem(world, {
      customer: String(subscription.customer),
      subscription: subscription.id,
      ...(extra.price && { pricing: { price: extra.price } }),
      ...(extra.price_data && { price_data: extra.price_data }),
      ...(extra.quantity !== undefined && { quantity: extra.quantity }),
      ...(extra.tax_rates && { tax_rates: extra.tax_rates }),
    });
}
