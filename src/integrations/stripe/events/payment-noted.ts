import { changed, type EventContext, type Handler, unchanged } from '../event-context.ts';
import { paidInvoiceOf } from '../paid-invoice-of.ts';
import { at, currencyOf, type Fields, refOf, textOf } from '../payload.ts';
import { amountIn } from '../stripe-amounts.ts';

/** Stands in the outbox beside the invoice that the payment was for. */
async function note(
  context: EventContext,
  traces: { paymentIntentId: string | null; chargeId: string | null },
  type: string,
  once: string,
  details: object,
) {
  const found = await paidInvoiceOf(context, { ...traces, invoiceId: refOf(context.object['invoice']) });
  if (found === 'one-off') return unchanged('no invoice');
  if (found === 'later') return { deferred: `invoice not found: ${traces.paymentIntentId ?? traces.chargeId ?? ''}` };
  await context.verbs.noteOnInvoice.execute(context.tx, found.invoice, { type, once, details });
  return changed('noted', found.invoice.organizationId);
}

const errorOf = (error: unknown) => ({
  code: textOf(at(error, 'code')),
  decline_code: textOf(at(error, 'decline_code')),
  advice_code: textOf(at(error, 'advice_code')),
  message: textOf(at(error, 'message')),
});

/** Why a payment was declined, or what the customer has to do. */
export const paymentIntentNoted: Handler = {
  types: ['payment_intent.payment_failed', 'payment_intent.requires_action'],
  apply: (context) => {
    const { object, event } = context;
    const failed = event.type.endsWith('failed');
    return note(
      context,
      { paymentIntentId: textOf(object['id']), chargeId: null },
      failed ? 'payment.declined' : 'payment.requires_action',
      event.eventId,
      failed ? { error: errorOf(object['last_payment_error']) } : { next_action: textOf(at(object, 'next_action.type')) },
    );
  },
};

/** Say what invoice.paid and invoice_payment.paid say too. */
export const paymentIntentSucceeded: Handler = {
  types: [
    'payment_intent.succeeded',
    'payment_intent.created',
    'payment_intent.processing',
    'payment_intent.canceled',
    'charge.succeeded',
    'charge.failed',
    'charge.updated',
    'charge.pending',
    'charge.captured',
  ],
  apply: () => Promise.resolve(unchanged('told by its invoice')),
};

const disputeDetails = (dispute: Fields) => ({
  dispute_id: textOf(dispute['id']),
  charge_id: refOf(dispute['charge']),
  amount_cents: amountIn(currencyOf(dispute), dispute['amount']),
  currency: currencyOf(dispute),
  reason: textOf(dispute['reason']),
  status: textOf(dispute['status']),
});

/** A dispute begins and is closed once; in between the same may happen to it again, each time by an event of its own. */
const onceOf = ({ object, event }: EventContext): string =>
  /created|closed/.test(event.type) ? `${textOf(object['id']) ?? ''} ${textOf(object['status']) ?? ''}` : event.eventId;

/** Money claimed back by the bank; amounts of the invoice do not change. */
export const disputeNoted: Handler = {
  types: ['created', 'updated', 'closed', 'funds_withdrawn', 'funds_reinstated'].map((what) => `charge.dispute.${what}`),
  apply: (context) => {
    const { object, event } = context;
    return note(
      context,
      { paymentIntentId: refOf(object['payment_intent']), chargeId: refOf(object['charge']) },
      event.type.replace('charge.dispute.', 'dispute.'),
      onceOf(context),
      disputeDetails(object),
    );
  },
};
