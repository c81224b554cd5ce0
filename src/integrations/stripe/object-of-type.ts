import { type Fields, textOf } from './payload.ts';

/** What events tell of, by how their types begin; the first that fits. */
const objects: readonly (readonly [type: string, object: string])[] = [
  ['charge.dispute.', 'dispute'],
  ['charge.refund.', 'refund'],
  ['charge.', 'charge'],
  ['checkout.session.', 'checkout.session'],
  ['credit_note.', 'credit_note'],
  ['customer.subscription.', 'subscription'],
  ['customer.', 'customer'],
  ['invoice.', 'invoice'],
  ['invoice_payment.', 'invoice_payment'],
  ['payment_intent.', 'payment_intent'],
  ['payment_method.', 'payment_method'],
  ['refund.', 'refund'],
  ['setup_intent.', 'setup_intent'],
];

/** What is wrong with an event that holds another kind of object than its type tells of, or one without an id; undefined for nothing. */
export function wrongObject(type: string, object: Fields): string | undefined {
  const wanted = objects.find(([prefix]) => type.startsWith(prefix))?.[1];
  const kind = textOf(object['object']);
  if (wanted === undefined) return undefined;
  if (kind !== null && kind !== wanted) return `${type} holds a ${kind} where a ${wanted} belongs`;
  // What is only announced has none yet.
  return textOf(object['id']) === null && type !== 'invoice.upcoming' ? `${type} holds a ${wanted} without an id` : undefined;
}
