import { changed, type Handler, unchanged } from '../event-context.ts';
import { normaliseCheckout } from '../normalise.ts';

/** Came to nothing. */
export const checkoutEnded: Handler = {
  types: ['checkout.session.async_payment_failed', 'checkout.session.expired'],
  async apply({ tx, event, object, verbs }) {
    const how = event.type.endsWith('expired') ? 'expired' : 'payment failed';
    const subscription = await verbs.endCheckout.execute(tx, normaliseCheckout(object), how);
    return subscription ? changed(how, subscription.organizationId) : unchanged('unknown session');
  },
};
