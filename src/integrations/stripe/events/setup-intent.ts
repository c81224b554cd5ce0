import { changed, type Handler, unchanged } from '../event-context.ts';
import { at, refOf, textOf } from '../payload.ts';
import { isDetached } from './payment-method.ts';

/** A card was kept for later (B5). */
export const setupIntentSucceeded: Handler = {
  types: ['setup_intent.succeeded'],
  async apply({ tx, event, object, verbs }) {
    const customer = refOf(object['customer']);
    if (customer === null) return unchanged('no customer');
    const method = refOf(object['payment_method']);
    if (method !== null && (await isDetached(tx, method))) return unchanged('not attached any more');
    const noted = await verbs.notePaymentMethods.execute(tx, customer, {
      hasPaymentMethod: true,
      ...(method === null ? {} : { defaultPaymentMethodId: method, defaultSaidAt: event.occurredAt }),
      note: { type: 'payment_method.added', once: textOf(object['id']) ?? '', details: { payment_method_id: method } },
    });
    return noted ? changed('payment method added', noted.organizationId) : { deferred: `customer not found: ${customer}` };
  },
};

/** A card could not be kept. */
export const setupIntentFailed: Handler = {
  types: ['setup_intent.setup_failed'],
  async apply({ tx, event, object, verbs }) {
    const customer = refOf(object['customer']);
    if (customer === null) return unchanged('no customer');
    const error = {
      code: textOf(at(object, 'last_setup_error.code')),
      decline_code: textOf(at(object, 'last_setup_error.decline_code')),
      message: textOf(at(object, 'last_setup_error.message')),
    };
    const note = { type: 'payment_method.setup_failed', once: event.eventId, details: { error } };
    const noted = await verbs.notePaymentMethods.execute(tx, customer, { note });
    return noted ? changed('setup failed', noted.organizationId) : { deferred: `customer not found: ${customer}` };
  },
};
