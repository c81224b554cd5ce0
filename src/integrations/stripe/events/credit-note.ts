import { findPaidInvoice } from '../../../modules/payments/index.ts';
import { changed, type Handler } from '../event-context.ts';
import { currencyOf, refOf, textOf } from '../payload.ts';
import { amountIn } from '../stripe-amounts.ts';

/** Money given back on paper; what goes back in money comes as a refund of its own. */
export const creditNoteNoted: Handler = {
  types: ['credit_note.created', 'credit_note.updated', 'credit_note.voided'],
  async apply({ tx, event, object, verbs }) {
    const invoiceId = refOf(object['invoice']);
    const found = await findPaidInvoice(tx, { invoiceId, paymentIntentId: null, chargeId: null });
    if (!found) return { deferred: `invoice not found: ${invoiceId ?? ''}` };
    const currency = currencyOf(object);
    await verbs.noteOnInvoice.execute(tx, found.invoice, {
      type: `provider_${event.type}`,
      once: event.type.endsWith('updated') ? event.eventId : `${textOf(object['id']) ?? ''} ${textOf(object['status']) ?? ''}`,
      details: {
        credit_note_id: textOf(object['id']),
        number: textOf(object['number']),
        status: textOf(object['status']),
        total_cents: amountIn(currency, object['total']),
        pre_payment_cents: amountIn(currency, object['pre_payment_amount']),
        post_payment_cents: amountIn(currency, object['post_payment_amount']),
      },
    });
    return changed('noted', found.invoice.organizationId);
  },
};
