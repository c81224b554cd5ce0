import type { Stripe } from 'stripe';
import { Refusal, wrongState } from '../http/errors.ts';
import { type Confirmation, confirm } from '../payments/confirm.ts';
import { idOf } from '../world/fields.ts';
import type { World } from '../world/world.ts';
import { finalize, requirePayable, settle, subscriptionOf } from './invoice-life.ts';

const day = 86_400;
/** Pauses between the automatic attempts at an invoice, in seconds; after the last the subscription is canceled. */
export const dunningPauses: readonly number[] = [3 * day, 5 * day, 7 * day];

/** Invoice's own, else the subscription's, else the customer's default. */
function methodFor(world: World, invoice: Stripe.Invoice): string | null {
  const subscription = world.store.subscriptions.find(subscriptionOf(invoice));
  const customer = world.store.customers.find(idOf(invoice.customer));
  return (
    idOf(invoice.default_payment_method) ??
    idOf(subscription?.default_payment_method) ??
    idOf(customer?.invoice_settings.default_payment_method)
  );
}

export const intentOf = (world: World, invoice: Stripe.Invoice): Stripe.PaymentIntent | undefined => {
  const payment = world.store.invoicePayments.first((row) => row.invoice === invoice.id && row.is_default);
  return world.store.paymentIntents.find(idOf(payment?.payment.payment_intent));
};

/** One attempt to collect an open invoice. A decline is returned: it has happened. A card that asks for 3-D Secure waits for it. */
export function pay(world: World, invoice: Stripe.Invoice, confirmation: Omit<Confirmation, 'offSession'>): Refusal | undefined {
  requirePayable(invoice);
  if (invoice.status === 'draft') finalize(world, invoice);
  const intent = intentOf(world, invoice);
  if (!intent || intent.status === 'succeeded' || intent.status === 'processing') return undefined;
  const method = confirmation.method ?? methodFor(world, invoice);
  if (!method)
    throw wrongState(
      'missing',
      'This customer has no attached payment source or default payment method. Please consider adding a default payment method.',
    );
  invoice.attempted = true;
  invoice.attempt_count += 1;
  intent.amount = invoice.amount_remaining;
  return confirm(world, intent, { ...confirmation, method });
}

/** An attempt nobody waits for: on finalizing, on renewal, on a retry. */
export function collect(world: World, invoice: Stripe.Invoice): void {
  if (invoice.status !== 'open' || invoice.collection_method !== 'charge_automatically') return;
  if (methodFor(world, invoice)) {
    pay(world, invoice, {});
    return;
  }
  invoice.attempted = true;
  failed(world, invoice);
}

/** An invoice whose attempt failed is tried again later, if it is collected automatically. */
function failed(world: World, invoice: Stripe.Invoice): void {
  const subscription = world.store.subscriptions.find(subscriptionOf(invoice));
  const pause = dunningPauses[invoice.attempt_count - 1];
  const again = invoice.auto_advance && subscription && subscription.status !== 'incomplete' ? pause : undefined;
  const clock = world.time.clockOf(idOf(invoice.customer));
  invoice.next_payment_attempt = again === undefined ? null : world.time.now(clock) + again;
  world.agenda.set('invoice.retry', invoice.id, invoice.next_payment_attempt, clock);
  world.emit('invoice.payment_failed', invoice);
}

/** Finalizes a draft when its hour has come, and collects it. */
export function finalizeAndCollect(world: World, invoice: Stripe.Invoice): void {
  finalize(world, invoice);
  if (invoice.collection_method === 'send_invoice') {
    if (invoice.status === 'open') world.emit('invoice.sent', invoice);
  } else collect(world, invoice);
}

/** What stands in the way was told as an event; nobody waits for an answer. */
function finalizeByItself(world: World, invoice: Stripe.Invoice): void {
  try {
    finalizeAndCollect(world, invoice);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
  }
}

/** Drafts that advance by themselves do so an hour after they were made. */
export function scheduleFinalizing(world: World, invoice: Stripe.Invoice): void {
  const at = invoice.auto_advance ? (invoice.automatically_finalizes_at ?? invoice.created + 3600) : null;
  world.agenda.set('invoice.finalize', invoice.id, at, world.time.clockOf(idOf(invoice.customer)));
}

const invoicePaymentOf = (world: World, event: Stripe.Event): Stripe.InvoicePayment | undefined => {
  const { id } = event.data.object as Stripe.PaymentIntent;
  return world.store.invoicePayments.first(({ payment, status }) => payment.payment_intent === id && status === 'open');
};

/** Invoices hear what became of their payments. */
export function collectInvoices(world: World): void {
  const { invoices, paymentIntents } = world.store;
  world.agenda.duty('invoice.finalize', (id) => {
    const invoice = invoices.find(id);
    if (invoice?.status === 'draft') finalizeByItself(world, invoice);
  });
  for (const reminder of ['invoice.will_be_due', 'invoice.overdue'] as const)
    world.agenda.duty(reminder, (id) => {
      const invoice = invoices.get(id);
      if (invoice.status === 'open') world.emit(reminder, invoice);
    });
  world.agenda.duty('invoice.retry', (id) => collect(world, invoices.get(id)));
  world.on('payment_intent.succeeded', (event) => {
    const payment = invoicePaymentOf(world, event);
    if (!payment) return;
    const invoice = invoices.get(idOf(payment.invoice) ?? '');
    const intent = paymentIntents.get((event.data.object as Stripe.PaymentIntent).id);
    payment.status = 'paid';
    payment.amount_paid = Math.min(intent.amount_received, invoice.amount_remaining);
    payment.status_transitions.paid_at = world.now(idOf(invoice.customer));
    invoice.amount_paid += payment.amount_paid;
    invoice.amount_remaining -= payment.amount_paid;
    invoice.amount_overpaid += intent.amount_received - payment.amount_paid;
    world.emit('invoice_payment.paid', payment);
    if (invoice.amount_remaining === 0) settle(world, invoice);
    if (invoice.amount_overpaid > 0) world.emit('invoice.overpaid', invoice);
  });
  world.on('payment_intent.payment_failed', (event) => {
    const payment = invoicePaymentOf(world, event);
    if (payment) failed(world, invoices.get(idOf(payment.invoice) ?? ''));
  });
  world.on('payment_intent.requires_action', (event) => {
    const payment = invoicePaymentOf(world, event);
    if (!payment) return;
    const invoice = invoices.get(idOf(payment.invoice) ?? '');
    world.emit('invoice.payment_action_required', invoice);
    failed(world, invoice);
  });
}
