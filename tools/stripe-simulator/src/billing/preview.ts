import type { Stripe } from 'stripe';
import { invalid, parameterMissing, wrongState } from '../http/errors.ts';
import { idOf } from '../world/fields.ts';
import { newId } from '../world/ids.ts';
import type { World } from '../world/world.ts';
import { compose } from './compose.ts';
import { timesUnit } from './exact.ts';
import { type Line, newLine, pricingOf } from './line.ts';
import { priceAmount } from './price-amount.ts';
import { type Changed, prorationsOf } from './proration.ts';
import { changedItems } from './subscription-change.ts';
import { newItem, periodLine, periodOf } from './subscription-items.ts';
import { composeForSubscription } from './subscription-invoice.ts';
import { renewal } from './subscription-life.ts';
import { nextPeriodEnd } from './subscription-schedule.ts';

type Preview = Stripe.InvoiceCreatePreviewParams;

/** The invoice as it would be; nothing is stored and nothing is told. Its id begins with `upcoming_`. */
export function preview(world: World, params: Preview): Stripe.Invoice {
  const subscription = params.subscription ? world.store.subscriptions.get(params.subscription, 'subscription') : undefined;
  const customerId = params.customer ?? idOf(subscription?.customer);
  if (!customerId) throw parameterMissing('customer');
  const customer = world.store.customers.get(customerId, 'customer');
  const extras = (params.invoice_items ?? []).map((item) => extraLine(world, customer, item));
  const composed = subscription
    ? ofSubscription(world, subscription, params, extras)
    : params.subscription_details?.items
      ? ofNewSubscription(world, customer, params, extras)
      : ofPendingItems(world, customer, extras);
  const { invoice, lines } = composed;
  invoice.id = `upcoming_${newId('in')}`;
  for (const { row } of lines) row.invoice = invoice.id;
  invoice.lines.url = `/v1/invoices/upcoming/lines`;
  return invoice;
}

function ofSubscription(world: World, subscription: Stripe.Subscription, params: Preview, extras: readonly Line[]) {
  if (subscription.ended_at !== null)
    throw wrongState('invoice_upcoming_none', 'No upcoming invoices for customer: the subscription is canceled.');
  const details = params.subscription_details ?? {};
  const changed: Changed = changedItems(world, subscription, (details.items ?? []) as never);
  const at = details.proration_date ?? world.now(idOf(subscription.customer));
  const prorated =
    details.proration_behavior === 'none' || subscription.status === 'trialing'
      ? []
      : prorationsOf(world, subscription, changed, { at, anew: false }).map(({ taxRates, item, price, ...proration }) =>
          newLine({
            ...proration,
            discountable: false,
            metadata: {},
            pricing: pricingOf(world.store.prices.get(price)),
            proration: true,
            subscription: subscription.id,
            subscriptionItem: item,
            taxRates,
          }),
        );
  const end = nextPeriodEnd(world, subscription);
  const next = details.cancel_now || subscription.cancel_at_period_end ? [] : nextLines(world, subscription, changed, end);
  const onlyNow = details.proration_behavior === 'always_invoice' && prorated.length > 0;
  if (!onlyNow && next.length === 0 && prorated.length === 0)
    throw wrongState('invoice_upcoming_none', 'No upcoming invoices for customer.');
  return composeForSubscription(world, subscription, {
    reason: 'upcoming',
    lines: [...prorated, ...(onlyNow ? [] : next), ...extras],
    period: renewal(world, subscription, end).period,
    autoAdvance: true,
  });
}

/** The next period with the items as they would then be. */
function nextLines(world: World, subscription: Stripe.Subscription, { after }: Changed, end: number): Line[] {
  return after
    .filter(({ current_period_end }) => current_period_end <= end)
    .map((item) => periodLine(world, subscription, item, { period: periodOf(subscription, item, end) }));
}

function ofNewSubscription(world: World, customer: Stripe.Customer, params: Preview, extras: readonly Line[]) {
  const start = params.subscription_details?.start_date ?? world.now(customer.id);
  const shell = {
    id: '',
    customer: customer.id,
    billing_cycle_anchor: start,
    metadata: {},
    discounts: [],
  } as unknown as Stripe.Subscription;
  const items = (params.subscription_details?.items ?? []).map((item, position) =>
    newItem(world, shell, item as never, position),
  );
  const [first] = items;
  if (!first) throw invalid('A preview needs items.', { param: 'subscription_details[items]' });
  return compose(world, {
    customer,
    currency: first.price.currency,
    reason: 'upcoming',
    lines: [...items.map((item) => periodLine(world, shell, item, { period: periodOf(shell, item, start) })), ...extras],
    pendingItems: [],
    collectionMethod: 'charge_automatically',
    autoAdvance: true,
    period: { start, end: start },
  });
}

function ofPendingItems(world: World, customer: Stripe.Customer, extras: readonly Line[]) {
  const pendingItems = world.store.invoiceItems.oldest((item) => item.customer === customer.id && item.invoice === null);
  const currency = pendingItems[0]?.currency ?? extras[0]?.row.currency;
  if (!currency) throw wrongState('invoice_upcoming_none', `No upcoming invoices for customer: ${customer.id}`);
  const now = world.now(customer.id);
  return compose(world, {
    customer,
    currency,
    reason: 'upcoming',
    lines: extras,
    pendingItems,
    collectionMethod: 'charge_automatically',
    autoAdvance: true,
    period: { start: now, end: now },
  });
}

function extraLine(world: World, customer: Stripe.Customer, item: Stripe.InvoiceCreatePreviewParams.InvoiceItem): Line {
  const now = world.now(customer.id);
  const price = item.price ? world.store.prices.get(item.price, 'invoice_items[0][price]') : undefined;
  const unit = item.price_data?.unit_amount_decimal ?? item.price_data?.unit_amount ?? item.unit_amount ?? 0;
  const quantity = item.quantity ?? 1;
  return newLine({
    amount: item.amount ?? (price ? priceAmount(world, price, quantity) : timesUnit(quantity, String(unit))),
    currency: price?.currency ?? item.price_data?.currency ?? item.currency ?? customer.currency ?? 'usd',
    description: item.description ?? null,
    discountable: item.discountable ?? true,
    metadata: {},
    period: item.period ?? { start: now, end: now },
    pricing: price ? pricingOf(price) : null,
    quantity,
  });
}
