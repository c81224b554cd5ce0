import { isId } from '../../../platform/database/ids.ts';
import type { Tx } from '../../../platform/database/unit-of-work.ts';
import {
  findClaimedSubscription,
  findLinkedSubscription,
  findProviderCustomer,
  findUnlinkedSubscriptions,
  type LinkedSubscription,
} from './provider-links.store.ts';

/** What an object of the provider says of whose it is. */
export interface Traces {
  readonly customerId: string | null;
  readonly subscriptionId: string | null;
  readonly claimedSubscriptionId: string | null;
}

export interface Owner {
  readonly organizationId: string;
  readonly customerId: string;
  readonly linked: LinkedSubscription | null;
}

/**
 * Whose object this is: by the subscription it names, else by our id in its metadata, unless the provider's customer
 * contradicts that, as metadata only suggests (docs/decisions/0033). Undefined for what is nobody's, or nobody's yet.
 */
export async function findOwnSubscription(tx: Tx, traces: Traces): Promise<LinkedSubscription | undefined> {
  const named = traces.subscriptionId === null ? undefined : await findLinkedSubscription(tx, traces.subscriptionId);
  if (named) return named;
  if (traces.claimedSubscriptionId === null || !isId(traces.claimedSubscriptionId)) return undefined;
  const claimed = await findClaimedSubscription(tx, traces.claimedSubscriptionId);
  if (!claimed) return undefined;
  const known = traces.customerId === null ? undefined : await findProviderCustomer(tx, traces.customerId);
  const { organizationId, customerId } = claimed.subscription;
  const contradicts = known && (known.organizationId !== organizationId || known.customerId !== customerId);
  return contradicts ? undefined : claimed;
}

/**
 * Whose invoice this is. One without any subscription is its customer's; one of an unknown subscription may be that of the single
 * subscription of its customer that still waits for its first payment.
 */
export async function findInvoiceOwner(tx: Tx, traces: Traces): Promise<Owner | undefined> {
  const own = await findOwnSubscription(tx, traces);
  if (own) return ownerOf(own);
  const customer = traces.customerId === null ? undefined : await findProviderCustomer(tx, traces.customerId);
  if (!customer) return undefined;
  if (traces.subscriptionId === null)
    return { organizationId: customer.organizationId, customerId: customer.customerId, linked: null };
  const waiting = await findUnlinkedSubscriptions(tx, customer.organizationId, customer.customerId);
  const [only] = waiting;
  return only && waiting.length === 1 ? ownerOf(only) : undefined;
}

const ownerOf = (linked: LinkedSubscription): Owner => ({
  organizationId: linked.subscription.organizationId,
  customerId: linked.subscription.customerId,
  linked,
});
