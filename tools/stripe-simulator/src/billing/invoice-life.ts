import type { Stripe } from 'stripe';
import { invalid, wrongState } from '../http/errors.ts';
import { newPaymentIntent } from '../payments/new-payment-intent.ts';
import { idOf } from '../world/fields.ts';
import { letters, newId } from '../world/ids.ts';
import type { World } from '../world/world.ts';
import { customerBalance } from './customer-balance.ts';
import { due } from './totals.ts';

export const subscriptionOf = (invoice: Stripe.Invoice): string | null =>
  idOf(invoice.parent?.subscription_details?.subscription);

/** draft → open, and at once paid when nothing is due. From here on money does not change. */
export function finalize(world: World, invoice: Stripe.Invoice): void {
  if (invoice.status !== 'draft')
    throw wrongState('invoice_not_editable', "This invoice is already finalized, you can't re-finalize a non-draft invoice.");
  const customer = world.store.customers.get(idOf(invoice.customer) ?? '', 'customer');
  placeForTax(world, invoice, customer);
  const now = world.now(customer.id);
  takeBalance(world, invoice, customer);
  const sequence = customer.next_invoice_sequence ?? 1;
  customer.next_invoice_sequence = sequence + 1;
  const link = `${world.url}/i/${letters(24)}/${invoice.id}`;
  Object.assign(invoice, {
    status: 'open',
    number: invoice.number ?? `${customer.invoice_prefix}-${String(sequence).padStart(4, '0')}`,
    hosted_invoice_url: link,
    invoice_pdf: `${link}/pdf`,
    effective_at: invoice.effective_at ?? now,
    automatically_finalizes_at: null,
  });
  invoice.status_transitions.finalized_at = now;
  world.agenda.set('invoice.finalize', invoice.id, null, null);
  world.emit('invoice.finalized', invoice);
  if (invoice.amount_due === 0) settle(world, invoice);
  else {
    expectPayment(world, invoice);
    remindOfDueDay(world, invoice);
  }
}

/** Stripe computes no tax for a customer who lives nowhere: the invoice stays a draft. Without registrations, as here, it comes to none. */
function placeForTax(world: World, invoice: Stripe.Invoice, customer: Stripe.Customer): void {
  if (!invoice.automatic_tax.enabled) return;
  const isPlaced = (customer.address?.country ?? null) !== null;
  invoice.automatic_tax.status = isPlaced ? 'complete' : 'requires_location_inputs';
  if (isPlaced) return;
  const refusal = invalid(
    "The customer's location isn't recognized. Set a valid customer address in order to automatically calculate tax.",
    {
      code: 'customer_tax_location_invalid',
    },
  );
  invoice.last_finalization_error = {
    type: 'invalid_request_error',
    code: 'customer_tax_location_invalid',
    message: refusal.message,
  };
  world.emit('invoice.finalization_failed', invoice);
  throw refusal;
}

const weekBefore = 7 * 86_400;

/** The account tells of invoices that will be due in a week, and that are overdue, as one of Stripe does that was set up to. */
function remindOfDueDay(world: World, invoice: Stripe.Invoice): void {
  if (invoice.due_date === null) return;
  const clock = world.time.clockOf(idOf(invoice.customer));
  if (invoice.due_date - weekBefore > world.time.now(clock))
    world.agenda.set('invoice.will_be_due', invoice.id, invoice.due_date - weekBefore, clock);
  world.agenda.set('invoice.overdue', invoice.id, invoice.due_date, clock);
}

function takeBalance(world: World, invoice: Stripe.Invoice, customer: Stripe.Customer): void {
  invoice.starting_balance = customer.balance;
  const whole = invoice.total + customer.balance;
  invoice.ending_balance = Math.min(0, whole);
  due(invoice);
  if (invoice.ending_balance === customer.balance) return;
  world.change('customer.updated', customer, () => {
    customerBalance.adjust(
      world,
      customer,
      (invoice.ending_balance ?? 0) - customer.balance,
      'applied_to_invoice',
      invoice.currency,
      {
        invoice: invoice.id,
      },
    );
  });
}

/** The intent by which an open invoice is to be paid. */
function expectPayment(world: World, invoice: Stripe.Invoice): void {
  const intent = newPaymentIntent(world, {
    amount: invoice.amount_remaining,
    currency: invoice.currency,
    customer: idOf(invoice.customer),
    description: subscriptionOf(invoice) ? 'Subscription creation' : `Payment for Invoice ${invoice.number}`,
    payment_details: { customer_reference: null, order_reference: invoice.id },
    setup_future_usage: subscriptionOf(invoice) ? 'off_session' : null,
  });
  addInvoicePayment(world, invoice, intent.id, invoice.amount_remaining, true);
}

export function addInvoicePayment(
  world: World,
  invoice: Stripe.Invoice,
  intent: string,
  amount: number,
  isDefault: boolean,
): Stripe.InvoicePayment {
  return world.store.invoicePayments.add({
    id: newId('inpay'),
    object: 'invoice_payment',
    amount_paid: null,
    amount_requested: amount,
    created: world.now(idOf(invoice.customer)),
    currency: invoice.currency,
    invoice: invoice.id,
    is_default: isDefault,
    livemode: false,
    payment: { type: 'payment_intent', payment_intent: intent },
    status: 'open',
    status_transitions: { canceled_at: null, paid_at: null },
  });
}

/** Nothing remains to be paid. */
export function settle(world: World, invoice: Stripe.Invoice): void {
  invoice.status = 'paid';
  invoice.attempted = true;
  invoice.next_payment_attempt = null;
  invoice.auto_advance = false;
  invoice.status_transitions.paid_at = world.now(idOf(invoice.customer));
  world.agenda.set('invoice.retry', invoice.id, null, null);
  world.emit('invoice.paid', invoice);
  world.emit('invoice.payment_succeeded', invoice);
}

/** Paid with money Stripe never saw. */
export function payOutOfBand(world: World, invoice: Stripe.Invoice): void {
  requirePayable(invoice);
  cancelExpectedPayments(world, invoice);
  invoice.amount_paid_off_stripe = (invoice.amount_paid_off_stripe ?? 0) + invoice.amount_remaining;
  invoice.amount_paid += invoice.amount_remaining;
  invoice.amount_remaining = 0;
  settle(world, invoice);
}

export function requirePayable(invoice: Stripe.Invoice): void {
  if (invoice.status === 'paid') throw wrongState('invoice_already_paid', 'Invoice is already paid');
  if (invoice.status === 'void') throw invalid('Voided invoices cannot be paid.');
}

export function voidInvoice(world: World, invoice: Stripe.Invoice): void {
  if (invoice.status !== 'open' && invoice.status !== 'uncollectible')
    throw wrongState('invoice_not_editable', 'You can only pass in open or uncollectible invoices. This invoice isn’t.');
  cancelExpectedPayments(world, invoice);
  invoice.status = 'void';
  invoice.auto_advance = false;
  invoice.next_payment_attempt = null;
  invoice.status_transitions.voided_at = world.now(idOf(invoice.customer));
  world.agenda.set('invoice.retry', invoice.id, null, null);
  giveBalanceBack(world, invoice);
  world.emit('invoice.voided', invoice);
}

/** What a voided invoice took from the customer's credit goes back. */
function giveBalanceBack(world: World, invoice: Stripe.Invoice): void {
  const taken = (invoice.ending_balance ?? invoice.starting_balance) - invoice.starting_balance;
  const customer = world.store.customers.find(idOf(invoice.customer));
  if (taken === 0 || !customer) return;
  world.change('customer.updated', customer, () => {
    customerBalance.adjust(world, customer, -taken, 'unapplied_from_invoice', invoice.currency, { invoice: invoice.id });
  });
}

export function markUncollectible(world: World, invoice: Stripe.Invoice): void {
  if (invoice.status !== 'open') throw wrongState('invoice_not_editable', 'You can only mark open invoices uncollectible.');
  invoice.status = 'uncollectible';
  invoice.auto_advance = false;
  invoice.next_payment_attempt = null;
  invoice.status_transitions.marked_uncollectible_at = world.now(idOf(invoice.customer));
  world.agenda.set('invoice.retry', invoice.id, null, null);
  world.emit('invoice.marked_uncollectible', invoice);
}

function cancelExpectedPayments(world: World, invoice: Stripe.Invoice): void {
  const now = world.now(idOf(invoice.customer));
  for (const payment of world.store.invoicePayments.oldest((row) => row.invoice === invoice.id && row.status === 'open')) {
    payment.status = 'canceled';
    payment.status_transitions.canceled_at = now;
    const intent = world.store.paymentIntents.find(idOf(payment.payment.payment_intent));
    if (!intent || intent.status === 'succeeded' || intent.status === 'canceled') continue;
    Object.assign(intent, { status: 'canceled', canceled_at: now, cancellation_reason: 'void_invoice', next_action: null });
    world.emit('payment_intent.canceled', intent);
  }
}
