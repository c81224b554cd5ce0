import type { Invariant } from './invariant.ts';

/** What must hold of what payment providers tell us: captured invoices, their payments, and the inbox. */
export const capturedInvariants: readonly Invariant[] = [
  {
    name: 'captured_is_managed',
    holds: 'a captured invoice bills a subscription that its provider manages, or none',
    offenders: `select i.invoice_number from invoices i join subscriptions s on s.organization_id = i.organization_id and s.id = i.subscription_id
      where (i.source = 'STRIPE') <> (s.payment_provider = 'STRIPE')`,
  },
  {
    name: 'managed_is_linked',
    holds: 'every subscription that a provider manages is linked to it',
    offenders: `select s.id::text from subscriptions s left join provider_subscriptions p on p.organization_id = s.organization_id and p.subscription_id = s.id
      where s.payment_provider = 'STRIPE' and p.subscription_id is null`,
  },
  {
    name: 'refunds_agree',
    holds: 'the refund lines of a captured invoice are what went back of its payments',
    offenders: `select i.invoice_number from invoices i
      join (select organization_id, invoice_id, sum(refunded_cents) as refunded from invoice_payments group by 1, 2) p
        on p.organization_id = i.organization_id and p.invoice_id = i.id
      left join (select organization_id, invoice_id, sum(amount_cents) as booked from fees where fee_type = 'refund' group by 1, 2) f
        on f.organization_id = i.organization_id and f.invoice_id = i.id
      where p.refunded <> 0 and p.refunded <> -coalesce(f.booked, 0)`,
  },
  {
    name: 'captured_due_agrees',
    holds: 'of a captured invoice is due what its provider says remains',
    offenders: `select i.invoice_number from invoices i
      join provider_objects p on p.provider = 'STRIPE' and p.object_type = 'invoice' and p.object_id = i.provider_invoice_id
      where i.source = 'STRIPE' and i.status = upper(p.state ->> 'status') and i.status in ('OPEN', 'PAID', 'UNCOLLECTIBLE')
        and p.state ? 'amountRemaining' and (i.total_paid_cents > 0 or i.total_cents = (p.state ->> 'total')::bigint)
        and i.total_cents - i.total_paid_cents - i.provider_balance_cents <> (p.state ->> 'amountRemaining')::bigint`,
  },
  {
    name: 'payment_told_once',
    holds: 'every captured invoice that was paid has exactly one payment.succeeded event',
    offenders: `select i.invoice_number from invoices i where i.source = 'STRIPE' and i.status = 'PAID' and i.payment_method = 'stripe'
      and (select count(*) from outbox_events o where o.organization_id = i.organization_id and o.object_id = i.id and o.type = 'payment.succeeded') <> 1`,
  },
  {
    name: 'checkouts_are_closed',
    holds: 'what nobody wants any more at the payment provider has not waited an hour to be closed there',
    offenders: `select p.subscription_id::text from provider_subscriptions p join organizations o on o.id = p.organization_id and o.virtual_now is null
      where p.closes is not null and p.closed_at is null and p.updated_at < now() - interval '1 hour'`,
  },
  {
    name: 'ended_here_ended_there',
    holds: 'what ended here an hour ago is not renewed by its payment provider any more',
    offenders: `select s.id::text from subscriptions s join organizations g on g.id = s.organization_id and g.virtual_now is null
      join provider_subscriptions p on p.organization_id = s.organization_id and p.subscription_id = s.id
      left join provider_objects o on o.provider = p.provider and o.object_type = 'subscription' and o.object_id = p.provider_subscription_id
      where s.payment_provider = 'STRIPE' and s.updated_at < now() - interval '1 hour' and p.provider_subscription_id like 'sub\\_%'
        and coalesce(p.provider_status, 'active') not in ('canceled', 'incomplete_expired')
        and (s.status = 'TERMINATED' or (s.status = 'CANCELED'
          and ((o.state ->> 'cancelAt' is null and not (o.state ->> 'cancelAtPeriodEnd')::boolean) or s.ending_at < now() - interval '1 day')))`,
  },
  {
    name: 'ended_there_ended_here',
    holds: 'what its payment provider has ended does not go on here',
    offenders: `select s.id::text from subscriptions s join organizations g on g.id = s.organization_id and g.virtual_now is null
      join provider_subscriptions p on p.organization_id = s.organization_id and p.subscription_id = s.id
      left join provider_objects o on o.provider = p.provider and o.object_type = 'subscription' and o.object_id = p.provider_subscription_id
      where s.payment_provider = 'STRIPE' and s.status in ('ACTIVE', 'TRIAL', 'PAST_DUE', 'PAUSED') and s.updated_at < now() - interval '1 hour'
        and (p.provider_status in ('canceled', 'incomplete_expired') or o.state ->> 'status' in ('canceled', 'incomplete_expired'))
        and (s.ending_at is null or s.ending_at < now() - interval '1 hour')`,
  },
  {
    name: 'paid_here_paid_there',
    holds: 'no captured invoice that was paid or voided here an hour ago is still asked for by its payment provider',
    offenders: `select i.invoice_number from invoices i join organizations g on g.id = i.organization_id and g.virtual_now is null
      join provider_objects o on o.provider = 'STRIPE' and o.object_type = 'invoice' and o.object_id = i.provider_invoice_id
      where i.source = 'STRIPE' and i.status in ('PAID', 'VOID') and o.state ->> 'status' in ('draft', 'open')
        and i.updated_at < now() - interval '1 hour'`,
  },
  {
    name: 'plan_changes_are_settled',
    holds: 'no change of plan has waited an hour for its payment provider',
    offenders: `select p.subscription_id::text from provider_subscriptions p join organizations g on g.id = p.organization_id and g.virtual_now is null
      where p.changes_asked_at < now() - interval '1 hour'`,
  },
  {
    name: 'purchases_are_settled',
    holds: 'no purchase that broke off has waited an hour for what was paid to go back',
    offenders: `select id::text from purchases where finished_at is null and locked_until < now() - interval '1 hour'`,
  },
  {
    name: 'inbox_is_worked_off',
    holds: 'no inbound event has waited an hour for a worker',
    offenders: `select event_id from inbound_events where status in ('RECEIVED', 'PROCESSING', 'DEFERRED', 'FAILED')
      and next_attempt_at < now() - interval '1 hour'`,
  },
];
