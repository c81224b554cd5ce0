import { changed, type EventContext, type Handler, type Kind, sight, unchanged } from '../event-context.ts';
import { findProviderCustomer } from '../../../modules/payments/index.ts';
import { at, type Fields, refOf, textOf } from '../payload.ts';
import { isDetached } from './payment-method.ts';

interface ObservedCustomer {
  readonly id: string;
  /** Our customer's id, as its metadata claims. */
  readonly claimedCustomerId: string | null;
  readonly defaultPaymentMethodId: string | null;
}

const kind: Kind<ObservedCustomer> = {
  objectType: 'customer',
  question: (id) => `customer:${id}`,
  normalise: (object: Fields) => ({
    id: textOf(object['id']) ?? '',
    claimedCustomerId: textOf(at(object, 'metadata.customer_id')),
    defaultPaymentMethodId: refOf(at(object, 'invoice_settings.default_payment_method')),
  }),
  rank: () => 0n,
  learnedOnce: ['claimedCustomerId'],
};

/** A customer of Stripe is linked to ours by the id in its metadata; its default card is ours to know. */
export const customerChanged: Handler = {
  types: ['customer.created', 'customer.updated'],
  async apply(context) {
    const { tx, object, verbs } = context;
    const { state: seen, isLate } = await sight(context, kind);
    const organizationId = textOf(at(object, 'metadata.organization_id'));
    if (seen.claimedCustomerId !== null)
      await verbs.notePaymentMethods.claim(tx, seen.id, { customerId: seen.claimedCustomerId, organizationId });
    const said = seen.defaultPaymentMethodId;
    const method = said !== null && (await isDetached(tx, said)) ? null : said;
    const noted = await verbs.notePaymentMethods.execute(tx, seen.id, {
      ...(method === null ? {} : { hasPaymentMethod: true }),
      ...(isLate ? {} : await newsOfDefault(context, method)),
    });
    if (noted) return changed('synced', noted.organizationId);
    return method === null ? unchanged('unknown customer') : { deferred: `customer not found: ${seen.id}` };
  },
};

/** None by default takes away only what was the default before: a card kept by a setup intent is known to us alone. */
async function newsOfDefault({ tx, event, object, previous }: EventContext, method: string | null) {
  const news = { defaultPaymentMethodId: method, defaultSaidAt: event.occurredAt };
  if (method !== null) return news;
  const before = refOf(at(previous, 'invoice_settings.default_payment_method'));
  const known = before === null ? undefined : await findProviderCustomer(tx, textOf(object['id']) ?? '');
  return known?.defaultPaymentMethodId === before ? news : {};
}

/** Gone at Stripe, with its cards; its subscriptions tell of their end themselves. */
export const customerDeleted: Handler = {
  types: ['customer.deleted'],
  async apply({ tx, event, object, verbs }) {
    const noted = await verbs.notePaymentMethods.execute(tx, textOf(object['id']) ?? '', {
      hasPaymentMethod: false,
      defaultPaymentMethodId: null,
      deletedAt: event.occurredAt,
      note: { type: 'provider_customer.deleted', once: textOf(object['id']) ?? '', details: {} },
    });
    return noted ? changed('deleted', noted.organizationId) : { deferred: `customer not found: ${textOf(object['id']) ?? ''}` };
  },
};
