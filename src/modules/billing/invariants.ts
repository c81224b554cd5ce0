import { capturedInvariants } from './captured-invariants.ts';
import { draftInvariants } from './drafts/draft-invariants.ts';
import { isInVain } from './instant-charges/instant-charges.store.ts';
import type { Invariant } from './invariant.ts';
import { provisioningInvariants } from './provisioning-invariants.ts';
import { subscriptionInvariants } from './subscription-invariants.ts';

/** Every rule `florin doctor` looks at. The database refuses most of these by itself; doctor proves that it did. */
export const invariants: readonly Invariant[] = [
  {
    name: 'period_billed_once',
    holds: 'no item of a subscription is billed twice for the same time, but for what a pause gave back',
    offenders: `select a.subscription_id || ' item ' || a.item_id || ' at ' || a.period from billed_periods a join billed_periods b
      on b.organization_id = a.organization_id and b.subscription_id = a.subscription_id and b.item_id = a.item_id
      and tstzrange(lower(b.period), greatest(lower(b.period), least(upper(b.period), b.given_back_from)))
        && tstzrange(lower(a.period), greatest(lower(a.period), least(upper(a.period), a.given_back_from)))
      and (b.invoice_id, b.period) > (a.invoice_id, a.period) where not a.voided and not b.voided`,
  },
  {
    name: 'periods_touch',
    holds: 'the periods billed for a plan follow each other without a hole, unless it was paused',
    offenders: `select subscription_id || ' before ' || period_start from (
        select organization_id, subscription_id, period_start, lag(period_end) over (partition by organization_id, subscription_id order by period_start) as previous_end
        from invoice_subscriptions where invoicing_reason <> 'STARTING') p where previous_end is not null and previous_end <> period_start
          and not exists (select from subscription_pauses s where s.organization_id = p.organization_id and s.subscription_id = p.subscription_id
            and s.paused_at = previous_end and s.resumed_at = period_start)`,
  },
  {
    name: 'billed_until_current_period',
    holds: "a subscription's current period starts where its last invoice, its trial or its last pause, ended",
    offenders: `select s.id::text from subscriptions s
      join (select organization_id, subscription_id, max(period_end) as billed_until from invoice_subscriptions
          where invoicing_reason <> 'STARTING' group by 1, 2) i
        on i.organization_id = s.organization_id and i.subscription_id = s.id
      where s.status = 'ACTIVE' and s.current_period_start <> greatest(i.billed_until, s.resumed_at)
        and s.current_period_start is distinct from s.trial_ends_at`,
  },
  {
    name: 'pauses_are_free',
    holds: 'no usage is billed for the time in which a subscription was paused',
    offenders: `select b.subscription_id || ' at ' || b.period from subscription_pauses p join billed_periods b
      on b.organization_id = p.organization_id and b.subscription_id = p.subscription_id and b.period && tstzrange(p.paused_at, p.resumed_at)
      join charges c on c.organization_id = b.organization_id and c.id = b.item_id where not b.voided`,
  },
  {
    name: 'invoice_equals_its_fees',
    holds: "an invoice's header is the sum of its fees",
    offenders: `select i.invoice_number from invoices i left join fees f on f.organization_id = i.organization_id and f.invoice_id = i.id
      group by i.organization_id, i.id having i.fees_amount_cents <> coalesce(sum(f.amount_cents), 0)`,
  },
  {
    name: 'fees_share_seller_and_currency',
    holds: 'every fee is of the billing entity and currency of its invoice',
    offenders: `select i.invoice_number from invoices i join fees f on f.organization_id = i.organization_id and f.invoice_id = i.id
      where f.billing_entity_id <> i.billing_entity_id or f.currency <> i.currency`,
  },
  {
    name: 'total_adds_up',
    holds: 'total = fees − discounts + taxes − credit',
    offenders:
      'select invoice_number from invoices where total_cents <> fees_amount_cents - discount_amount_cents + taxes_amount_cents - credit_notes_amount_cents',
  },
  {
    name: 'taxes_add_up',
    holds:
      "an invoice's tax differs from the sum of its rates by less than a cent a rate (it is rounded once, from the exact sum)",
    offenders: `select i.invoice_number from invoices i left join invoice_taxes t on t.organization_id = i.organization_id and t.invoice_id = i.id
      where i.source <> 'STRIPE'
      group by i.organization_id, i.id having abs(i.taxes_amount_cents - coalesce(sum(t.amount_cents), 0)) > count(t.tax_code)`,
  },
  {
    name: 'taxes_have_a_basis',
    holds: 'a tax of an invoice is assigned, or two addresses decided it; where the rule leaves it to others, it is nothing',
    offenders: `select i.invoice_number from invoice_taxes t join invoices i on i.organization_id = t.organization_id and i.id = t.invoice_id
      where (t.tax_id is null) <> (t.address_rule is not null)
        or (t.address_rule in ('eu_reverse_charge', 'export', 'us_not_collected') and (t.tax_rate <> 0 or t.amount_cents <> 0))`,
  },
  {
    name: 'sellers_by_address_have_one',
    holds: 'an entity that taxes by address has a country',
    offenders: 'select code from billing_entities where tax_by_address and country is null',
  },
  {
    name: 'credit_is_accounted_for',
    holds:
      "a credit note's balance and what was taken, paid out or voided of it make its credit, and an invoice shows what it took",
    offenders: `select n.number from credit_notes n left join invoice_credits c on c.organization_id = n.organization_id and c.credit_note_id = n.id
        and not c.is_returned
      group by n.organization_id, n.id having n.credit_amount_cents <> n.balance_amount_cents + n.refunded_balance_cents + n.voided_balance_cents + coalesce(sum(c.amount_cents), 0)
      union all
      select i.invoice_number from invoices i left join invoice_credits c on c.organization_id = i.organization_id and c.invoice_id = i.id
      group by i.organization_id, i.id having i.credit_notes_amount_cents <> coalesce(sum(c.amount_cents), 0)`,
  },
  {
    name: 'credit_stays_with_its_seller',
    holds: 'an invoice takes credit of its own customer, billing entity and currency only',
    offenders: `select n.number from invoice_credits c join invoices i on i.organization_id = c.organization_id and i.id = c.invoice_id
      join credit_notes n on n.organization_id = c.organization_id and n.id = c.credit_note_id
      where (n.customer_id, n.billing_entity_id, n.currency) <> (i.customer_id, i.billing_entity_id, i.currency)`,
  },
  {
    name: 'credit_within_invoice',
    holds: 'all credit notes of an invoice together are at most the invoice',
    offenders: `select i.invoice_number from invoices i join credit_notes n on n.organization_id = i.organization_id and n.invoice_id = i.id
      group by i.organization_id, i.id having sum(n.total_amount_cents - n.voided_balance_cents) > i.fees_amount_cents - i.discount_amount_cents + i.taxes_amount_cents`,
  },
  {
    name: 'numbers_are_gapless',
    holds: 'every series counts on from its first number up to its counter',
    offenders: `select n.billing_entity_id || ' series ' || n.series || ': counter ' || n.last_number || ', invoices ' || count(i.id) from number_series n
      left join invoices i on i.organization_id = n.organization_id and i.billing_entity_id = n.billing_entity_id and i.series = n.series
        and i.source <> 'STRIPE'
      group by n.organization_id, n.billing_entity_id, n.series, n.first_number, n.last_number
      having count(i.id) <> n.last_number - n.first_number + 1 or coalesce(max(i.sequential_id), n.first_number - 1) <> n.last_number
        or coalesce(min(i.sequential_id), n.first_number) <> n.first_number`,
  },
  {
    name: 'every_invoice_has_a_series',
    holds: 'no invoice is numbered outside a counter',
    offenders: `select i.invoice_number from invoices i where i.source <> 'STRIPE' and i.status <> 'CLOSED' and not exists (select from number_series n
      where n.organization_id = i.organization_id and n.billing_entity_id = i.billing_entity_id and n.series = i.series)`,
  },
  {
    name: 'one_seller_and_currency',
    holds: 'the fees of an invoice have its billing entity and currency',
    offenders: `select i.invoice_number from fees f join invoices i on i.organization_id = f.organization_id and i.id = f.invoice_id
      where f.billing_entity_id <> i.billing_entity_id or f.currency <> i.currency`,
  },
  {
    name: 'one_customer',
    holds: 'an invoice bills subscriptions of its own customer',
    offenders: `select i.invoice_number from invoices i join invoice_subscriptions b on b.organization_id = i.organization_id and b.invoice_id = i.id
      join subscriptions s on s.organization_id = b.organization_id and s.id = b.subscription_id where s.customer_id <> i.customer_id`,
  },
  {
    name: 'fees_are_covered',
    holds: 'every fee of a generated invoice has its billed period, and every billed period its fee',
    offenders: `select coalesce(f.invoice_id, p.invoice_id)::text from
        (select f.* from fees f join invoices i on i.organization_id = f.organization_id and i.id = f.invoice_id where i.source = 'GENERATED' and f.event_transaction_id is null) f
      full join billed_periods p on p.organization_id = f.organization_id and p.invoice_id = f.invoice_id and p.subscription_id = f.subscription_id
        and p.item_id = f.item_id and lower(p.period) = f.period_start and upper(p.period) = f.period_end
      where f.id is null or p.invoice_id is null`,
  },
  {
    name: 'void_frees_its_periods',
    holds: 'the billed periods of an invoice are voided exactly when it is',
    offenders: `select i.invoice_number from (select organization_id, invoice_id, voided from billed_periods
        union select organization_id, invoice_id, voided from invoice_subscriptions) p
      join invoices i on i.organization_id = p.organization_id and i.id = p.invoice_id where p.voided <> (i.status = 'VOID')`,
  },
  {
    name: 'usage_is_not_lost',
    holds: 'every usage event belongs to a stream and a metric',
    offenders: `select e.transaction_id from usage_events e left join usage_streams s on s.id = e.stream_id
      left join billable_metrics m on m.usage_key = e.metric_key where s.id is null or m.id is null or m.organization_id <> s.organization_id`,
  },
  {
    name: 'usage_is_never_negative',
    holds: 'no fee of usage, of a fixed charge or of a minimum is below zero',
    offenders: `select id::text from fees where amount_cents < 0 and fee_type in ('charge', 'fixed_charge', 'commitment')`,
  },
  {
    name: 'nothing_waits_in_vain',
    holds: 'no event has waited for an hour to be charged at once that no subscription covers or will cover',
    offenders: `select q.transaction_id from instant_charges q
      join usage_events e on e.stream_id = q.stream_id and e.transaction_id = q.transaction_id
      where e.received_at < now() - interval '1 hour' and ${isInVain}`,
  },
  {
    name: 'every_invoice_was_told',
    holds:
      'every invoice has exactly one invoice.created event (invoice.closed, if it is no document), and every finalized one an invoice.finalized',
    offenders: `select i.invoice_number from invoices i where i.source <> 'STRIPE' and (
        (select count(*) from outbox_events o where o.organization_id = i.organization_id and o.object_id = i.id and o.type = case i.status when 'CLOSED' then 'invoice.closed' else 'invoice.created' end) <> 1
        or (select count(*) from outbox_events o where o.organization_id = i.organization_id and o.object_id = i.id and o.type = 'invoice.finalized')
          <> (i.finalized_at is not null)::int)`,
  },
  {
    name: 'runs_add_up',
    holds: 'the counters of a finished run agree with the invoices and errors it left',
    offenders: `select r.id::text from billing_runs r where r.status = 'COMPLETED' and (
        r.processed <> r.successful + r.failed
        or r.successful <> (select count(*) from invoices i join invoice_subscriptions b on b.organization_id = i.organization_id and b.invoice_id = i.id
          where i.organization_id = r.organization_id and i.billing_run_id = r.id)
        or r.failed <> (select count(*) from billing_run_errors e where e.organization_id = r.organization_id and e.billing_run_id = r.id))`,
  },
  {
    name: 'one_default_seller',
    holds: 'every organization has exactly one default billing entity',
    offenders: `select o.id::text from organizations o left join billing_entities e on e.organization_id = o.id and e.is_default
      group by o.id having count(e.id) <> 1`,
  },
  {
    name: 'nothing_hangs',
    holds: 'no billing run has been silent for an hour while it says it is running',
    offenders: `select id::text from billing_runs where status in ('PENDING', 'RUNNING') and heartbeat_at < now() - interval '1 hour'`,
  },
  ...draftInvariants,
  ...capturedInvariants,
  ...provisioningInvariants,
  ...subscriptionInvariants,
];
