import { changed, type Handler } from '../event-context.ts';
import { captureSaid } from '../see-invoice.ts';

/** B19. The reason of the decline comes with payment_intent.payment_failed. */
export const invoicePaymentFailed: Handler = {
  types: ['invoice.payment_failed'],
  async apply(context) {
    const { applied, seen, said } = await captureSaid(context);
    if (!('outcome' in applied)) return applied;
    const { tx, event, verbs } = context;
    const failed = await verbs.failPayment.execute(tx, seen, { ...said, failedAt: event.occurredAt });
    return failed
      ? changed('payment failed', failed.organizationId)
      : { deferred: `subscription not found: ${seen.subscriptionId ?? seen.id}` };
  },
};
