import { type DataSource, In, Raw } from 'typeorm';
import { readStatement } from '../../../platform/database/sql.ts';
import type { Tx } from '../../../platform/database/unit-of-work.ts';
import { CustomerRow } from '../../customers/index.ts';
import { SubscriptionRow } from '../../subscriptions/index.ts';
import { ProviderCustomerRow } from './provider-customer.entity.ts';
import { ProviderSubscriptionRow } from './provider-subscription.entity.ts';

const provider = 'STRIPE';

/** A subscription of ours with what ties it to the provider. */
export interface LinkedSubscription {
  readonly link: ProviderSubscriptionRow;
  readonly subscription: SubscriptionRow;
}

/** By the provider's customer, over all organizations. */
export async function findProviderCustomer(tx: Tx, providerCustomerId: string): Promise<ProviderCustomerRow | undefined> {
  return (await tx.findOneBy(ProviderCustomerRow, { provider, providerCustomerId })) ?? undefined;
}

/** By the provider's subscription or the session it is bought in, over all organizations; locked. */
export async function findLinkedSubscription(tx: Tx, providerSubscriptionId: string): Promise<LinkedSubscription | undefined> {
  const link = await tx.findOneBy(ProviderSubscriptionRow, { provider, providerSubscriptionId });
  return link ? lockLinked(tx, link) : undefined;
}

/** By the session, before and after it was replaced by the subscription. */
export async function findByCheckoutSession(tx: Tx, sessionId: string): Promise<LinkedSubscription | undefined> {
  const link = await tx.findOneBy(ProviderSubscriptionRow, {
    provider,
    metadata: Raw((column) => `${column} ->> 'checkout_session_id' = :sessionId`, { sessionId }),
  });
  return link ? lockLinked(tx, link) : findLinkedSubscription(tx, sessionId);
}

/** By our own id, as the provider's metadata claims it; only subscriptions that wait for a provider can be claimed. */
export async function findClaimedSubscription(tx: Tx, subscriptionId: string): Promise<LinkedSubscription | undefined> {
  const link = await tx.findOneBy(ProviderSubscriptionRow, { provider, subscriptionId });
  return link ? lockLinked(tx, link) : undefined;
}

/** Those of a customer that wait for the provider to say which subscription they became. */
export async function findUnlinkedSubscriptions(
  tx: Tx,
  organizationId: string,
  customerId: string,
): Promise<LinkedSubscription[]> {
  const subscriptions = await tx.findBy(SubscriptionRow, { organizationId, customerId, paymentProvider: 'STRIPE' });
  const waiting = subscriptions.filter(({ status }) => ['PENDING_PAYMENT', 'PROVISIONING', 'UNPAID'].includes(status));
  const found = await Promise.all(
    waiting.map(async ({ id }) => tx.findOneBy(ProviderSubscriptionRow, { organizationId, subscriptionId: id })),
  );
  const links = found.filter((link) => link !== null && isSession(link.providerSubscriptionId)) as ProviderSubscriptionRow[];
  return Promise.all(links.map((link) => lockLinked(tx, link)));
}

/** The id of a checkout session stands where no subscription is known yet. */
export const isSession = (providerSubscriptionId: string): boolean => providerSubscriptionId.startsWith('cs_');

async function lockLinked(tx: Tx, link: ProviderSubscriptionRow): Promise<LinkedSubscription> {
  const { organizationId, subscriptionId } = link;
  const subscription = await tx.findOneOrFail(SubscriptionRow, {
    where: { organizationId, id: subscriptionId },
    lock: { mode: 'pessimistic_write' },
  });
  // Read again under the lock: whoever held it may have replaced the session by the subscription.
  return { link: await tx.findOneByOrFail(ProviderSubscriptionRow, { organizationId, subscriptionId }), subscription };
}

/** Writes these fields of the link. Metadata is given whole. */
export async function updateLink(
  tx: Tx,
  link: ProviderSubscriptionRow,
  changes: Partial<ProviderSubscriptionRow>,
  at: Date,
): Promise<ProviderSubscriptionRow> {
  const { organizationId, subscriptionId } = link;
  await tx.update(ProviderSubscriptionRow, { organizationId, subscriptionId }, { ...changes, updatedAt: at } as object);
  return { ...link, ...changes, updatedAt: at };
}

/**
 * Replaces the session by the subscription it became, keeping the session's id beside the other metadata (B2). A link that has a
 * subscription already keeps it.
 */
export async function adoptProviderSubscription(
  tx: Tx,
  link: ProviderSubscriptionRow,
  providerSubscriptionId: string,
  at: Date,
): Promise<ProviderSubscriptionRow> {
  if (!isSession(link.providerSubscriptionId)) return link;
  const metadata = { ...link.metadata, checkout_session_id: link.metadata['checkout_session_id'] ?? link.providerSubscriptionId };
  return updateLink(tx, link, { providerSubscriptionId, metadata }, at);
}

/**
 * Notes the provider's customer of ours, unless one is known (B1). Answers the row that stands.
 * Undefined: the provider's customer belongs to another customer of ours; nothing is written.
 */
export async function linkCustomer(
  tx: Tx,
  { organizationId, id: customerId }: Pick<CustomerRow, 'organizationId' | 'id'>,
  providerCustomerId: string,
  at: Date,
): Promise<ProviderCustomerRow | undefined> {
  await tx
    .createQueryBuilder()
    .insert()
    .into(ProviderCustomerRow)
    .values({
      organizationId,
      customerId,
      provider,
      providerCustomerId,
      hasPaymentMethod: false,
      defaultPaymentMethodId: null,
      defaultMethodSaidAt: null,
      methodsGoneAt: null,
      deletedAt: null,
      createdAt: at,
      updatedAt: at,
    })
    .orIgnore()
    .execute();
  return (
    (await tx.findOne(ProviderCustomerRow, {
      where: { organizationId, customerId, provider },
      lock: { mode: 'pessimistic_write' },
    })) ?? undefined
  );
}

/** Who paid has something to pay with, unless it was taken away since. */
export async function notePayer(tx: Tx, payer: ProviderCustomerRow, paidAt: Date | null, at: Date): Promise<void> {
  const { organizationId, customerId, hasPaymentMethod, deletedAt, methodsGoneAt } = payer;
  const isOver = deletedAt !== null || (paidAt !== null && methodsGoneAt !== null && paidAt <= methodsGoneAt);
  if (hasPaymentMethod || isOver) return;
  await tx.update(ProviderCustomerRow, { organizationId, customerId, provider }, { hasPaymentMethod: true, updatedAt: at });
}

/** Those of the provider's customers that are ours. */
export async function knownProviderCustomers(dataSource: DataSource, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await dataSource.manager.findBy(ProviderCustomerRow, { provider, providerCustomerId: In([...ids]) });
  return new Set(rows.map((row) => row.providerCustomerId));
}

const selectContradictions = {
  name: 'provider_subscriptions.contradictions',
  text: `select p.provider_subscription_id as id, case when e.has_ended then 'ended_there_live_here' else 'ended_here_live_there' end as how
    from unnest($1::text[], $2::boolean[]) as e (id, has_ended) join provider_subscriptions p on p.provider_subscription_id = e.id
    join subscriptions s on s.organization_id = p.organization_id and s.id = p.subscription_id
    where case when e.has_ended then s.status in ('ACTIVE', 'TRIAL', 'PAST_DUE', 'PAUSED') and s.ending_at is null else s.status in ('TERMINATED', 'FAILED') end`,
};

/** Of the provider's subscriptions, each with whether it has ended there: those whose end our side contradicts, and how. */
export async function contradictions(
  dataSource: DataSource,
  ends: ReadonlyMap<string, boolean>,
): Promise<ReadonlyMap<string, string>> {
  const values = [[...ends.keys()], [...ends.values()]];
  const rows = await readStatement<{ id: string; how: string }>(dataSource, selectContradictions, values);
  return new Map(rows.map(({ id, how }) => [id, how]));
}
