import { isId } from '../../../platform/database/ids.ts';
import type { Tx } from '../../../platform/database/unit-of-work.ts';
import { CustomerRow } from '../../customers/index.ts';
import { ProviderCustomerRow } from './provider-customer.entity.ts';
import {
  findByCheckoutSession,
  findClaimedSubscription,
  findLinkedSubscription,
  findProviderCustomer,
  findUnlinkedSubscriptions,
  isSession,
  type LinkedSubscription,
} from './provider-links.store.ts';
import { ownerOfObject } from './provider-objects.store.ts';
import { ProviderSubscriptionRow } from './provider-subscription.entity.ts';

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
  return named ?? findClaimed(tx, traces);
}

/** The session that a subscription of ours is bought in: by its id, else by our id in its metadata, as above. */
export async function findOwnCheckout(
  tx: Tx,
  session: Traces & { readonly id: string },
): Promise<LinkedSubscription | undefined> {
  return (await findByCheckoutSession(tx, session.id)) ?? findClaimed(tx, session);
}

async function findClaimed(tx: Tx, traces: Traces): Promise<LinkedSubscription | undefined> {
  const { claimedSubscriptionId, customerId, subscriptionId } = traces;
  if (claimedSubscriptionId === null || !isId(claimedSubscriptionId)) return undefined;
  const claimed = await findClaimedSubscription(tx, claimedSubscriptionId);
  if (!claimed || !(await isCustomerOf(tx, claimed, customerId))) return undefined;
  // It has become a subscription of the provider already, and this is of another one.
  const { providerSubscriptionId } = claimed.link;
  const isAnother = subscriptionId !== null && subscriptionId !== providerSubscriptionId && !isSession(providerSubscriptionId);
  return isAnother ? undefined : claimed;
}

/** Whether this customer of the provider may be the subscription's: nobody else's, and its customer is not known under another name. */
async function isCustomerOf(
  tx: Tx,
  { link, subscription: { organizationId, customerId } }: LinkedSubscription,
  providerCustomerId: string | null,
): Promise<boolean> {
  if (providerCustomerId === null) return true;
  const owner = await findProviderCustomer(tx, providerCustomerId);
  if (owner) return owner.organizationId === organizationId && owner.customerId === customerId;
  if (link.providerCustomerId !== null) return link.providerCustomerId === providerCustomerId;
  const own = await tx.findOneBy(ProviderCustomerRow, { organizationId, customerId, provider: link.provider });
  return own === null || own.deletedAt !== null;
}

/** What an object names, whatever it is. */
export interface NamedThings {
  readonly customerId: string | null;
  readonly invoiceId: string | null;
  readonly claimedCustomerId: string | null;
  readonly claimedSubscriptionId: string | null;
}

/** Whether anything of this is known here. What names nothing of ours is somebody else's, or comes before everything that is ours of it. */
export async function namesOurs(tx: Tx, named: NamedThings): Promise<boolean> {
  const { customerId, invoiceId, claimedCustomerId, claimedSubscriptionId } = named;
  if (customerId !== null && (await findProviderCustomer(tx, customerId))) return true;
  if (invoiceId !== null && (await ownerOfObject(tx, 'invoice', invoiceId)) !== undefined) return true;
  if (isId(claimedCustomerId ?? '') && (await tx.existsBy(CustomerRow, { id: claimedCustomerId ?? '' }))) return true;
  return (
    isId(claimedSubscriptionId ?? '') && tx.existsBy(ProviderSubscriptionRow, { subscriptionId: claimedSubscriptionId ?? '' })
  );
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
  // It says that it belongs to another one.
  if (traces.claimedSubscriptionId !== null) return undefined;
  const waiting = await findUnlinkedSubscriptions(tx, customer.organizationId, customer.customerId);
  const [only] = waiting;
  return only && waiting.length === 1 ? ownerOf(only) : undefined;
}

const ownerOf = (linked: LinkedSubscription): Owner => ({
  organizationId: linked.subscription.organizationId,
  customerId: linked.subscription.customerId,
  linked,
});
