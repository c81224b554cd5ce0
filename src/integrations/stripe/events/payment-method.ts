import { type EventContext, type Handler, changed, type Kind, see, unchanged } from '../event-context.ts';
import { knownState } from '../../../modules/payments/index.ts';
import { NeedsFact } from '../../../modules/webhooks/index.ts';
import type { Tx } from '../../../platform/database/unit-of-work.ts';
import { at, type Fields, itemsOf, refOf, textOf } from '../payload.ts';
import type { Question } from '../stripe-questions.ts';

interface ObservedMethod {
  readonly id: string;
  readonly customerId: string | null;
  readonly type: string | null;
  readonly last4: string | null;
  readonly expires: string | null;
}

const kind: Kind<ObservedMethod> = {
  objectType: 'payment_method',
  normalise: (object: Fields) => {
    const type = textOf(object['type']);
    const details = type === null ? undefined : object[type];
    const [month, year] = [at(details, 'exp_month'), at(details, 'exp_year')];
    return {
      id: textOf(object['id']) ?? '',
      customerId: refOf(object['customer']),
      type,
      last4: textOf(at(details, 'last4')),
      expires: typeof month === 'number' && typeof year === 'number' ? `${year}-${month}` : null,
    };
  },
  // What is detached cannot be attached again.
  rank: ({ customerId }) => (customerId === null ? 1n : 0n),
  learnedOnce: ['type', 'last4', 'expires'],
};

/** Whether this method was taken away from its customer, as far as was heard. */
export async function isDetached(tx: Tx, methodId: string): Promise<boolean> {
  const known = await knownState(tx, kind.objectType, methodId);
  return known !== undefined && at(known, 'customerId') === undefined;
}

const details = ({ id, type, last4, expires }: ObservedMethod) => ({
  payment_method_id: id,
  payment_method_type: type,
  last4,
  expires,
});

/** A customer can pay with it from now on. */
export const paymentMethodAttached: Handler = {
  types: ['payment_method.attached', 'payment_method.automatically_updated', 'payment_method.updated'],
  async apply(context) {
    const { tx, event, verbs } = context;
    const seen = await see(context, kind);
    if (seen.customerId === null) return unchanged('not attached any more');
    const added = event.type === 'payment_method.attached';
    const noted = await verbs.notePaymentMethods.execute(tx, seen.customerId, {
      hasPaymentMethod: true,
      note: {
        type: added ? 'payment_method.attached' : 'payment_method.updated',
        once: added ? seen.id : event.eventId,
        details: details(seen),
      },
    });
    return noted ? changed('payment method kept', noted.organizationId) : { deferred: `customer not found: ${seen.customerId}` };
  },
};

/** A customer cannot pay with it any more; whether any other is left, Stripe knows. */
export const paymentMethodDetached: Handler = {
  types: ['payment_method.detached'],
  async apply(context) {
    const { tx, event, verbs } = context;
    const seen = await see(context, kind);
    // The object names no customer any more; what it said before does.
    const customer = refOf(at(context.previous, 'customer'));
    if (customer === null) return unchanged('no customer');
    const isKnown = await verbs.notePaymentMethods.execute(tx, customer, {});
    if (!isKnown) return { deferred: `customer not found: ${customer}` };
    const left = methodsLeft(context, customer).filter((id) => id !== seen.id);
    const noted = await verbs.notePaymentMethods.execute(tx, customer, {
      hasPaymentMethod: left.length > 0,
      ...(left.length > 0 ? {} : { methodsGoneAt: event.occurredAt }),
      ...(isKnown.defaultPaymentMethodId === seen.id ? { defaultPaymentMethodId: null } : {}),
      note: { type: 'payment_method.removed', once: seen.id, details: details(seen) },
    });
    return changed('payment method removed', noted?.organizationId);
  },
};

/** @throws NeedsFact */
function methodsLeft({ facts }: EventContext, customer: string): string[] {
  const question: Question = `payment_methods_of:${customer}`;
  const fact = facts.get(question);
  if (!fact) throw new NeedsFact(question);
  return itemsOf(fact.value).flatMap((method) => textOf(method['id']) ?? []);
}
