import type { Florin, Tenant } from './florin.ts';
import { stockShop, subscribe } from './shop.ts';

/** A shop with `due` subscriptions that have one unbilled month behind them, copies of one. */
export async function subscribeMany(florin: Florin, tenant: Tenant, due: number): Promise<void> {
  await stockShop(tenant.call);
  await subscribe(tenant.call, 'sub-1');
  await florin.sql.query(
    `with streams as (
       insert into usage_streams (organization_id, external_subscription_id) select $1, 'sub-' || n from generate_series(2, $2::int) n returning id, external_subscription_id)
     insert into subscriptions (organization_id, id, external_id, customer_id, plan_id, stream_id, status, billing_time, billing_timezone, payment_provider,
       subscription_at, started_at, current_period_start, current_period_end, created_at, updated_at)
     select s.organization_id, gen_random_uuid(), t.external_subscription_id, s.customer_id, s.plan_id, t.id, s.status, s.billing_time, s.billing_timezone,
       s.payment_provider, s.subscription_at, s.started_at, s.current_period_start, s.current_period_end, s.created_at, s.updated_at
     from subscriptions s, streams t where s.organization_id = $1`,
    [tenant.id, due],
  );
  await florin.sql.query(
    `update subscriptions set subscription_at = m, started_at = m, current_period_start = m, current_period_end = m + interval '1 month'
     from (select date_trunc('month', now()) - interval '1 month' as m) p where organization_id = $1`,
    [tenant.id],
  );
}
