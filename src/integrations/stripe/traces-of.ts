import type { NamedThings } from '../../modules/payments/index.ts';
import { at, type Fields, refOf, textOf } from './payload.ts';

/** Everything that an object names by which it could be ours; a detached payment method names its customer in what it was before. */
export const tracesOf = (object: Fields, previous: Fields | undefined): NamedThings => ({
  customerId:
    object['object'] === 'customer' ? textOf(object['id']) : (refOf(object['customer']) ?? refOf(at(previous, 'customer'))),
  invoiceId: refOf(object['invoice']),
  claimedCustomerId: textOf(at(object, 'metadata.customer_id')),
  claimedSubscriptionId: textOf(
    at(
      object,
      'metadata.subscription_id',
      'parent.subscription_details.metadata.subscription_id',
      'subscription_details.metadata.subscription_id',
    ),
  ),
});
