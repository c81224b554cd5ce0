import type { DataSource } from 'typeorm';
import { type Query, queryOn, readStatement } from '../../../platform/database/sql.ts';
import type { Tx } from '../../../platform/database/unit-of-work.ts';
import { SubscriptionRow } from '../../subscriptions/index.ts';
import { ProviderSubscriptionRow } from '../provider/provider-subscription.entity.ts';

/** A checkout that nobody has paid yet. */
export interface PendingCheckout {
  readonly subscription: SubscriptionRow;
  readonly link: ProviderSubscriptionRow;
}

/** The customer's, for resources of this type. */
export async function pendingCheckouts(
  manager: DataSource['manager'] | Tx,
  { organizationId, customerId, resourceType }: Pick<SubscriptionRow, 'organizationId' | 'customerId' | 'resourceType'>,
): Promise<PendingCheckout[]> {
  const subscriptions = await manager.find(SubscriptionRow, {
    where: { organizationId, customerId, resourceType: resourceType ?? '', status: 'PENDING_PAYMENT', paymentProvider: 'STRIPE' },
    order: { id: 'asc' },
  });
  const found: PendingCheckout[] = [];
  for (const subscription of subscriptions) {
    const link = await manager.findOneBy(ProviderSubscriptionRow, { organizationId, subscriptionId: subscription.id });
    if (link) found.push({ subscription, link });
  }
  return found;
}

const selectAbandoned = {
  name: 'checkouts.abandoned',
  text: `select p.provider_subscription_id as session_id from subscriptions s
    join organizations o on o.id = s.organization_id
    join provider_subscriptions p on p.organization_id = s.organization_id and p.subscription_id = s.id
    where s.status = 'PENDING_PAYMENT' and s.payment_provider = 'STRIPE' and p.provider_subscription_id like 'cs\\_%'
      and s.created_at < coalesce(o.virtual_now, $1) - interval '24 hours' order by s.created_at limit 100`,
};

/** Sessions that were opened a day ago, in the time of their organizations, and never paid. */
export async function abandonedSessions(dataSource: DataSource, now: Date): Promise<string[]> {
  const rows = await readStatement<{ session_id: string }>(dataSource, selectAbandoned, [now]);
  return rows.map((row) => row.session_id);
}

const selectClosing = {
  name: 'checkouts.closing',
  text: `select organization_id, subscription_id, provider_subscription_id, metadata ->> 'checkout_session_id' as session_id, closes
    from provider_subscriptions where closes is not null and closed_at is null and (closes = 'SESSION' or provider_subscription_id not like 'cs\\_%') limit 100`,
};
const markClosed = {
  name: 'checkouts.mark_closed',
  text: `update provider_subscriptions set closes = $3, closed_at = $4, updated_at = $5 where organization_id = $1 and subscription_id = $2`,
};

export interface Closing {
  readonly organization_id: string;
  readonly subscription_id: string;
  readonly provider_subscription_id: string;
  readonly session_id: string | null;
  readonly closes: 'SESSION' | 'PURCHASE';
}

/** What still has to be closed at the provider. */
export const closings = (query: Query): Promise<Closing[]> => query<Closing>(selectClosing, []);

/** `at` null: not yet, but now as a purchase. */
export async function noteClosed(dataSource: DataSource, closing: Closing, at: Date | null, now: Date): Promise<void> {
  const { organization_id: organizationId, subscription_id: subscriptionId, closes } = closing;
  await queryOn(dataSource)(markClosed, [organizationId, subscriptionId, closes, at, now]);
}
