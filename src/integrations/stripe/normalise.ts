import type { ObservedCharge, ObservedCheckout, ObservedPayment, ObservedSubscription } from '../../modules/payments/index.ts';
import { at, currencyOf, type Fields, fieldsOf, instantOf, itemsOf, refOf, textOf } from './payload.ts';
import { amountIn } from './stripe-amounts.ts';

/** Stripe's objects in the words of the payments room; current paths first, then older ones (stripe.md 1.6). */
export function normaliseSubscription(subscription: Fields): ObservedSubscription {
  // Items may renew on different days: access lasts as long as all of them are paid for.
  const items = itemsOf(subscription['items'])
    .map((item) => ({ start: instantOf(item['current_period_start']), end: instantOf(item['current_period_end']) }))
    .filter(({ end }) => end !== null)
    .toSorted((a, b) => ((a.end ?? '') < (b.end ?? '') ? -1 : 1));
  return {
    id: textOf(subscription['id']) ?? '',
    status: textOf(subscription['status']) ?? 'unknown',
    customerId: refOf(subscription['customer']),
    claimedSubscriptionId: textOf(at(subscription, 'metadata.subscription_id')),
    cancelAtPeriodEnd: subscription['cancel_at_period_end'] === true,
    cancelAt: instantOf(subscription['cancel_at']),
    canceledAt: instantOf(subscription['canceled_at']),
    endedAt: instantOf(subscription['ended_at']),
    trialEnd: instantOf(subscription['trial_end']),
    periodStart: items[0]?.start ?? instantOf(subscription['current_period_start']),
    periodEnd: items[0]?.end ?? instantOf(subscription['current_period_end']),
    collectionIsPaused: fieldsOf(subscription['pause_collection']) !== undefined,
  };
}

/** `incomplete` comes before all others, what has ended after them; between those a subscription goes back and forth. */
export const subscriptionRank = ({ status }: ObservedSubscription): bigint =>
  status === 'canceled' || status === 'incomplete_expired' ? 2n : status === 'incomplete' ? 0n : 1n;

export const normaliseCheckout = (session: Fields): ObservedCheckout => ({
  id: textOf(session['id']) ?? '',
  customerId: refOf(session['customer']),
  subscriptionId: refOf(session['subscription']),
  claimedSubscriptionId: textOf(at(session, 'metadata.subscription_id')),
  isPaid: session['payment_status'] === 'paid' || session['payment_status'] === 'no_payment_required',
  createdAt: instantOf(session['created']),
});

/** A session that only keeps a card, or takes one payment. Older payloads say no mode. */
export const sellsNoSubscription = (session: Fields): boolean => session['mode'] === 'setup' || session['mode'] === 'payment';

const paymentWords = { open: 'open', paid: 'paid', canceled: 'canceled' } as const;

/** Undefined for one that names no invoice. */
export function normaliseInvoicePayment(payment: Fields): ObservedPayment | undefined {
  const invoiceId = refOf(payment['invoice']);
  const id = textOf(payment['id']);
  const status = textOf(payment['status']) ?? 'open';
  if (invoiceId === null || id === null) return undefined;
  return {
    id,
    invoiceId,
    status: status in paymentWords ? paymentWords[status as keyof typeof paymentWords] : 'open',
    amount: amountIn(currencyOf(payment), at(payment, 'amount_paid', 'amount_requested')).toString(),
    currency: currencyOf(payment),
    paymentIntentId: refOf(at(payment, 'payment.payment_intent')),
    chargeId: refOf(at(payment, 'payment.charge')),
    paidAt: instantOf(at(payment, 'status_transitions.paid_at')),
  };
}

export const normaliseCharge = (charge: Fields): ObservedCharge => ({
  id: textOf(charge['id']) ?? '',
  customerId: refOf(charge['customer']),
  paymentIntentId: refOf(charge['payment_intent']),
  invoiceId: refOf(charge['invoice']),
  refunded: amountIn(currencyOf(charge), charge['amount_refunded']).toString(),
  currency: currencyOf(charge),
});
