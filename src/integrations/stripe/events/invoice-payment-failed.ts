import { changed, type Handler } from '../event-context.ts';
import { captureSeen, seeInvoice } from '../see-invoice.ts';

/** B19. The reason of the decline comes with payment_intent.payment_failed. */
export const invoicePaymentFailed: Handler = {
  types: ['invoice.payment_failed'],
  async apply(context) {
    const applied = await captureSeen(context, { create: false });
    if ('deferred' in applied) return applied;
    const seen = await seeInvoice(context);
    const failed = await context.verbs.failPayment.execute(context.tx, seen);
    return failed
      ? changed('payment failed', failed.organizationId)
      : { deferred: `subscription not found: ${seen.subscriptionId ?? seen.id}` };
  },
};
