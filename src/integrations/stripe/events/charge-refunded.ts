import type { ObservedCharge } from '../../../modules/payments/index.ts';
import { type Applied, NeedsFact } from '../../../modules/webhooks/index.ts';
import { log } from '../../../platform/logging/log.ts';
import { answerTo, changed, type EventContext, type Handler, type Kind, see, unchanged } from '../event-context.ts';
import { normaliseCharge } from '../normalise.ts';
import { paidInvoiceOf } from '../paid-invoice-of.ts';
import { refOf, textOf } from '../payload.ts';
import type { Question } from '../stripe-questions.ts';

const kind: Kind<ObservedCharge> = {
  objectType: 'charge',
  question: (id) => `charge:${id}`,
  normalise: normaliseCharge,
  // It counts all refunds so far: more is later. What a failed one brings back only Stripe's answer can say.
  rank: ({ refunded }) => BigInt(refunded),
  learnedOnce: ['customerId', 'paymentIntentId', 'invoiceId'],
};

/** Books what is true of the charge's refunds now. */
export async function bookSeen(context: EventContext): Promise<Applied> {
  const seen = await see(context, kind);
  const found = await paidInvoiceOf(context, { ...seen, chargeId: seen.id });
  if (found === 'one-off') {
    log.info('a refund of a payment without invoice', { charge: seen.id });
    return unchanged('no invoice');
  }
  if (found === 'later') return { deferred: `invoice not found: ${seen.id}` };
  const booked = await context.verbs.refundCharge.execute(context.tx, seen);
  if (!booked.found || booked.isDraft) return { deferred: `invoice not issued yet: ${seen.id}` };
  const { organizationId } = booked.invoice;
  return booked.bookedCents === 0n ? unchanged('already booked', organizationId) : changed('refund booked', organizationId);
}

/** B21–B23. */
export const chargeRefunded: Handler = { types: ['charge.refunded'], apply: bookSeen };

/**
 * Its charge tells of a refund too, with the sum. Only that one failed, and money came back, is told by the refund alone: then the
 * charge is asked for.
 */
export const refundChanged: Handler = {
  types: ['refund.created', 'refund.updated', 'refund.failed', 'charge.refund.updated'],
  async apply(context) {
    const charge = refOf(context.object['charge']);
    const isGone = ['failed', 'canceled'].includes(textOf(context.object['status']) ?? '');
    if (charge === null || !isGone) return unchanged('told by its charge');
    const question: Question = `charge:${charge}`;
    const answer = answerTo(context, question);
    if (answer === undefined) throw new NeedsFact(question);
    if (answer === null) return unchanged('unknown charge');
    return bookSeen({ ...context, object: answer, previous: undefined });
  },
};
