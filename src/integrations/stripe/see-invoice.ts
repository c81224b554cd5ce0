import { findPaidInvoice, type ObservedInvoice } from '../../modules/payments/index.ts';
import { type Applied, NeedsFact } from '../../modules/webhooks/index.ts';
import { log } from '../../platform/logging/log.ts';
import { answerTo, changed, type EventContext, type Kind, see, unchanged } from './event-context.ts';
import { hasMoreLines, invoiceRank, normaliseInvoice, paymentIntentOf } from './normalise-invoice.ts';
import type { Question } from './stripe-questions.ts';

const question = (id: string): Question => `invoice:${id}`;

const kind: Kind<ObservedInvoice> = {
  objectType: 'invoice',
  question,
  normalise: normaliseInvoice,
  rank: invoiceRank,
  learnedOnce: [
    'number',
    'finalizedAt',
    'paidAt',
    'voidedAt',
    'uncollectibleAt',
    'invoicePdf',
    'hostedInvoiceUrl',
    'subscriptionId',
  ],
};

/** @throws NeedsFact when the event shows only some of its lines, or its place among others is unclear */
export async function seeInvoice(context: EventContext): Promise<ObservedInvoice> {
  const asked = question(normaliseInvoice(context.object).id);
  if (hasMoreLines(context.object) && answerTo(context, asked) === undefined) throw new NeedsFact(asked);
  return see(context, kind);
}

/** Brings our copy to what is true of the invoice. `create`: whether one that we do not have is made. */
export async function captureSeen(context: EventContext, options: { create: boolean }): Promise<Applied> {
  return capture(context, await seeInvoice(context), options);
}

async function capture(context: EventContext, seen: ObservedInvoice, options: { create: boolean }): Promise<Applied> {
  const { tx, object, verbs } = context;
  const captured = await verbs.captureInvoice.execute(tx, seen, options);
  if (!captured.found) {
    if (captured.reason === 'subscription not found')
      return { deferred: `${captured.reason}: ${seen.subscriptionId ?? seen.customerId ?? seen.id}` };
    log.info('an event of an invoice that is not captured', { invoice: seen.id });
    return unchanged(captured.reason);
  }
  if (!captured.isNew) log.info('invoice already synced', { invoice: seen.id });
  // Older versions name the payment on the invoice; newer ones tell of it by invoice_payment.paid.
  const paymentIntentId = paymentIntentOf(object);
  if (paymentIntentId !== null && seen.status === 'paid')
    await verbs.linkPayment.execute(tx, {
      id: paymentIntentId,
      invoiceId: seen.id,
      status: 'paid',
      amount: seen.amountPaid,
      currency: seen.currency,
      paymentIntentId,
      chargeId: null,
      paidAt: seen.paidAt,
    });
  return changed(captured.becamePaid ? 'paid' : captured.isNew ? 'captured' : 'synced', captured.row.organizationId);
}

/**
 * The same, and a word about it to the outbox, once under its name. Somebody may have to act on it: it waits for an invoice that is not
 * here yet.
 */
export async function captureAndNote(context: EventContext, type: string, once: string, details: object): Promise<Applied> {
  const applied = await captureSeen(context, { create: false });
  if ('deferred' in applied) return applied;
  const { tx, verbs, object } = context;
  const { id } = normaliseInvoice(object);
  const found = await findPaidInvoice(tx, { invoiceId: id, paymentIntentId: null, chargeId: null });
  if (!found) return { deferred: `invoice not found: ${id}` };
  await verbs.noteOnInvoice.execute(tx, found.invoice, { type, once, details });
  return applied;
}

/** What is true of the invoice, our copy brought to it, and what this event alone says of it. */
export async function captureSaid(
  context: EventContext,
): Promise<{ readonly seen: ObservedInvoice; readonly said: ObservedInvoice; readonly applied: Applied }> {
  const seen = await seeInvoice(context);
  return { seen, said: normaliseInvoice(context.object), applied: await capture(context, seen, { create: false }) };
}
