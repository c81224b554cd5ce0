import type { Query } from '../../../platform/database/sql.ts';

/** Ours and the provider's name of a subscription. */
export interface LinkKey {
  readonly organization_id: string;
  readonly subscription_id: string;
}

const selectEnded = {
  name: 'provider_subscriptions.ended_here',
  text: `select p.organization_id, p.subscription_id from subscriptions s
    join provider_subscriptions p on p.organization_id = s.organization_id and p.subscription_id = s.id
    where s.payment_provider = 'STRIPE' and s.status = 'TERMINATED' and coalesce(p.provider_status, '') not in ('canceled', 'incomplete_expired')
      and (p.provider_subscription_id not like 'cs\\_%' or p.closes is null)
    order by p.updated_at limit 100`,
};

/** Those that ended here and that the provider may still bill: it has not said that it is over there, and we did not end it there. */
export const endedHere = (query: Query): Promise<LinkKey[]> => query<LinkKey>(selectEnded, []);

const selectChanging = {
  name: 'provider_subscriptions.changing',
  text: `select organization_id, subscription_id from provider_subscriptions
    where changes_to_plan_id is not null order by updated_at limit 100`,
};

/** Changes of plan of which we do not know whether the provider heard them; to hear of one twice changes nothing. */
export const changingPlans = (query: Query): Promise<LinkKey[]> => query<LinkKey>(selectChanging, []);

const touch = {
  name: 'provider_subscriptions.touch',
  text: `update provider_subscriptions set updated_at = clock_timestamp() where organization_id = $1 and subscription_id = $2`,
};

/** What the provider did not take waits behind the others. */
export const tryLater = (query: Query, key: LinkKey): Promise<unknown> =>
  query(touch, [key.organization_id, key.subscription_id]);
