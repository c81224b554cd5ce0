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
  const { tx, object, verbs } = context;
  const seen = await seeInvoice(context);
  const capture = await verbs.captureInvoice.execute(tx, seen, options);
  if (!capture.found) {
    if (capture.reason === 'subscription not found')
      return { deferred: `${capture.reason}: ${seen.subscriptionId ?? seen.customerId ?? seen.id}` };
    log.info('an event of an invoice that is not captured', { invoice: seen.id });
    return unchanged(capture.reason);
  }
  if (!capture.isNew) log.info('invoice already synced', { invoice: seen.id });
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
  return changed(capture.becamePaid ? 'paid' : capture.isNew ? 'captured' : 'synced', capture.row.organizationId);
}

/** The same, and a word about it to the outbox, once under its name. */
export async function captureAndNote(context: EventContext, type: string, once: string, details: object): Promise<Applied> {
  const applied = await captureSeen(context, { create: false });
  if ('deferred' in applied) return applied;
  await noteOnCaptured(context, type, once, details);
  return applied;
}

async function noteOnCaptured(context: EventContext, type: string, once: string, details: object): Promise<void> {
  const { tx, verbs, object } = context;
  const found = await findPaidInvoice(tx, { invoiceId: normaliseInvoice(object).id, paymentIntentId: null, chargeId: null });
  if (found) await verbs.noteOnInvoice.execute(tx, found.invoice, { type, once, details });
}
