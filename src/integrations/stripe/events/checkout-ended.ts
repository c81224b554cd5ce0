import { changed, type Handler, unchanged } from '../event-context.ts';
import { normaliseCheckout, sellsNoSubscription } from '../normalise.ts';

/** Came to nothing. */
export const checkoutEnded: Handler = {
  types: ['checkout.session.async_payment_failed', 'checkout.session.expired'],
  async apply({ tx, event, object, verbs }) {
    const how = event.type.endsWith('expired') ? 'expired' : 'payment failed';
    const seen = normaliseCheckout(object);
    const subscription = await verbs.endCheckout.execute(tx, seen, how);
    if (!subscription)
      return sellsNoSubscription(object)
        ? unchanged('sells no subscription')
        : { deferred: `subscription not found: ${seen.id}` };
    return changed(how, subscription.organizationId);
  },
};
