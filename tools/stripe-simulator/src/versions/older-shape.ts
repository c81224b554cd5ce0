import type { Store } from '../world/store.ts';
import { legacyCharge, legacyInvoice, legacyLine, legacyPaymentIntent, legacySubscription } from './before-basil.ts';

type Json = Record<string, unknown>;
type Convert = (object: Json, store: Store) => Json;

/** Discounts named their coupon directly until clover. */
const legacyDiscount: Convert = ({ source, ...discount }) => ({
  ...discount,
  coupon: (source as { coupon?: unknown } | null)?.coupon ?? null,
});

/** From which version on the shape is today's, and how to make the former one. The newest change first. */
const changes: readonly { readonly since: string; readonly convert: Record<string, Convert> }[] = [
  { since: '2025-09-30', convert: { discount: legacyDiscount } },
  {
    since: '2025-03-31',
    convert: {
      invoice: legacyInvoice,
      line_item: legacyLine,
      subscription: legacySubscription,
      charge: legacyCharge,
      payment_intent: legacyPaymentIntent,
    },
  },
];

/** Prints an answer or an event's object as an older API version had it. Values do not change, only where they are found. */
export function olderShape(answer: object, version: string, store: Store): object {
  const applicable = changes.filter(({ since }) => version.slice(0, 10) < since);
  return applicable.length === 0 ? answer : (walk(answer, applicable, store) as object);
}

function walk(value: unknown, applicable: typeof changes, store: Store): unknown {
  if (Array.isArray(value)) return value.map((one) => walk(one, applicable, store));
  if (typeof value !== 'object' || value === null) return value;
  const inner: Json = {};
  for (const [key, one] of Object.entries(value)) inner[key] = walk(one, applicable, store);
  return applicable.reduce<Json>((object, { convert }) => {
    const name = String(object['object']);
    // A checkout session's line items are `item`; a line of an invoice has a parent.
    return Object.hasOwn(convert, name) ? convert[name]!(object, store) : object;
  }, inner);
}
