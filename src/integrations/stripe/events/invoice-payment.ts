import { changed, type Handler, unchanged } from '../event-context.ts';
import { normaliseInvoicePayment } from '../normalise.ts';

/** Which payment paid which invoice. */
export const invoicePaymentChanged: Handler = {
  types: ['invoice_payment.paid', 'invoice_payment.detached'],
  async apply({ tx, event, object, verbs }) {
    const seen = normaliseInvoicePayment(object);
    if (!seen) return unchanged('no invoice');
    const status = event.type === 'invoice_payment.detached' ? 'canceled' : seen.status;
    const invoice = await verbs.linkPayment.execute(tx, { ...seen, status });
    return invoice ? changed('linked', invoice.organizationId) : { deferred: `invoice not found: ${seen.invoiceId}` };
  },
};
