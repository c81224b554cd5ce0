import { changed, type Handler, unchanged } from '../event-context.ts';
import { normaliseCheckout, sellsNoSubscription } from '../normalise.ts';

/** Bought. With a delayed method the session completes unpaid and says later whether the money came (B1–B4). */
export const checkoutCompleted: Handler = {
  types: ['checkout.session.completed', 'checkout.session.async_payment_succeeded'],
  async apply({ tx, object, verbs }) {
    const seen = normaliseCheckout(object);
    const subscription = await verbs.completeCheckout.execute(tx, seen);
    if (!subscription && sellsNoSubscription(object)) return unchanged('sells no subscription');
    if (!subscription) return { deferred: `subscription not found: ${seen.id}` };
    return seen.isPaid
      ? changed('completed', subscription.organizationId)
      : unchanged('not paid yet', subscription.organizationId);
  },
};
