import type { Invariant } from '../invariant.ts';

/** What must hold of drafts when they are issued. A test organization's time says nothing of when an event came: `explain --verify` counts all there. */
export const draftInvariants: readonly Invariant[] = [
  {
    name: 'late_usage_is_billed',
    holds:
      'what a live invoice of the last 30 days counted in arrears is every event that came a minute before its issue or earlier',
    offenders: `select i.invoice_number || ' subscription ' || s.external_id || ' metric ' || m.code from invoices i
      join organizations o on o.id = i.organization_id and o.mode = 'LIVE'
      cross join lateral (select f.subscription_id, f.item_id, f.period_start, f.period_end, sum(f.events_count) as events from fees f
        where f.organization_id = i.organization_id and f.invoice_id = i.id and f.fee_type = 'charge' and f.event_transaction_id is null
          and not f.derivation ? 'true_up' group by 1, 2, 3, 4) counted
      join subscriptions s on s.organization_id = i.organization_id and s.id = counted.subscription_id
      join charges c on c.organization_id = i.organization_id and c.id = counted.item_id and not c.pay_in_advance
      join billable_metrics m on m.organization_id = c.organization_id and m.id = c.billable_metric_id
      where i.source = 'GENERATED' and i.status in ('OPEN', 'PAID', 'UNCOLLECTIBLE') and i.finalized_at > now() - interval '30 days'
        and counted.events < (select count(*) from usage_events e where e.stream_id = s.stream_id and e.metric_key = m.usage_key
          and e.occurred_at >= counted.period_start and e.occurred_at < counted.period_end
          and e.received_at < i.finalized_at - interval '1 minute')`,
  },
  {
    name: 'drafts_are_issued',
    holds: 'no live draft waits for an hour beyond its time, unless it needs attention',
    offenders: `select i.invoice_number from invoices i join organizations o on o.id = i.organization_id and o.mode = 'LIVE'
      where i.status = 'DRAFT' and i.scheduled_finalize_at < now() - interval '1 hour'
        and not exists (select from needs_attention n where n.organization_id = i.organization_id and n.object_id = i.id::text)`,
  },
];
