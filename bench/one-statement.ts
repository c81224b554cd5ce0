/**
 * A whole billing run as one statement: what PostgreSQL can do when nobody asks questions in between. It knows only what the
 * bench's shop sells (whole months, standard charges on sums and counts, the organization's tax), and writes every row and
 * column that the product writes, under the same constraints and triggers. $1 organization, $2 run, $3 as of.
 */
export const billAllAtOnce = `
  with due as materialized (
    select s.id as subscription_id, s.stream_id, s.billing_timezone, s.current_period_start, s.current_period_end, c.id as customer_id,
      coalesce(c.net_payment_term, e.net_payment_term) as net_payment_term, p.id as plan_id, p.name as plan_name, p.amount_cents, p.amount_currency,
      e.id as seller_id, e.document_number_prefix, ($3::timestamptz at time zone s.billing_timezone)::date as issuing_date, uuidv7() as invoice_id,
      row_number() over (partition by e.id order by s.current_period_end, s.id) as position
    from subscriptions s
    join customers c on c.organization_id = s.organization_id and c.id = s.customer_id
    join plans p on p.organization_id = s.organization_id and p.id = s.plan_id
    join billing_entities e on e.organization_id = s.organization_id and e.id = coalesce(s.billing_entity_id, c.billing_entity_id)
    where s.organization_id = $1 and (s.status in ('ACTIVE', 'TRIAL') or s.final_invoice_due) and s.payment_provider = 'MANUAL' and s.current_period_end <= $3
  ), items as materialized (
    select d.invoice_id, 'subscription' as fee_type, d.plan_id as item_id, d.plan_name as name, 1::numeric as units, 0::bigint as events_count,
      round(d.amount_cents / 100.0, 2) as unit_amount
    from due d
    union all
    select d.invoice_id, 'charge', c.id, coalesce(c.invoice_display_name, m.name), trim_scale(u.units), u.events_count, trim_scale((c.properties->>'amount')::numeric)
    from due d
    join charges c on c.organization_id = $1 and c.plan_id = d.plan_id and c.status = 'ACTIVE'
    join billable_metrics m on m.organization_id = c.organization_id and m.id = c.billable_metric_id
    cross join lateral (
      select case m.aggregation_type when 'COUNT' then count(*) else coalesce(sum(v.value), 0) end as units, count(*) as events_count
      from usage_events v
      where v.stream_id = d.stream_id and v.metric_key = m.usage_key and v.occurred_at >= d.current_period_start and v.occurred_at < d.current_period_end
    ) u
  ), lines as materialized (
    select i.*, t.id as tax_id, t.code as tax_code, t.name as tax_name, trim_scale(t.rate) as tax_rate, i.units * i.unit_amount * 100 as precise,
      round(i.units * i.unit_amount * 100) as amount, round(i.units * i.unit_amount * 100) * t.rate / 100 as tax
    from items i join taxes t on t.organization_id = $1 and t.applied_to_organization
  ), totals as materialized (
    select invoice_id, sum(amount)::bigint as fees, round(sum(tax))::bigint as taxes from lines group by invoice_id
  ), drawn as (
    insert into number_series as n (organization_id, billing_entity_id, series, last_number)
    select $1, seller_id, extract(year from issuing_date)::text, count(*) from due group by seller_id, extract(year from issuing_date)
    on conflict (organization_id, billing_entity_id, series) do update set last_number = n.last_number + excluded.last_number
    returning billing_entity_id, series, last_number
  ), headers as materialized (
    select d.*, t.fees, t.taxes, n.series, n.last_number - count(*) over (partition by d.seller_id) + d.position as sequential_id
    from due d join totals t on t.invoice_id = d.invoice_id join drawn n on n.billing_entity_id = d.seller_id
  ), numbered as materialized (
    select h.*, document_number_prefix || '-' || series || '-' || lpad(sequential_id::text, greatest(4, length(sequential_id::text)), '0') as invoice_number
    from headers h
  ), written_invoices as (
    insert into invoices (organization_id, id, source, invoice_type, status, billing_entity_id, customer_id, subscription_id, billing_run_id,
      invoice_number, series, sequential_id, currency, fees_amount_cents, taxes_amount_cents, total_cents, period_start, period_end, timezone,
      issuing_date, payment_due_date, net_payment_term, scheduled_finalize_at, created_at, updated_at)
    select $1, invoice_id, 'GENERATED', 'subscription', 'DRAFT', seller_id, customer_id, subscription_id, $2, invoice_number, series, sequential_id,
      amount_currency, fees, taxes, fees + taxes, current_period_start, current_period_end, billing_timezone, issuing_date,
      issuing_date + net_payment_term, net_payment_term, $3::timestamptz + interval '1 hour', $3, $3
    from numbered
  ), written_invoice_subscriptions as (
    insert into invoice_subscriptions (organization_id, invoice_id, subscription_id, invoicing_reason, period_start, period_end)
    select $1, invoice_id, subscription_id, 'PERIODIC', current_period_start, current_period_end from numbered
  ), written_fees as (
    insert into fees (organization_id, id, invoice_id, billing_entity_id, currency, subscription_id, fee_type, item_id, name, units, events_count,
      unit_amount, amount_cents, taxes_rate, taxes_amount_cents, period_start, period_end, derivation, created_at)
    select $1, uuidv7(), l.invoice_id, d.seller_id, d.amount_currency, d.subscription_id, l.fee_type, l.item_id, l.name, l.units, l.events_count,
      l.unit_amount, l.amount, l.tax_rate, round(l.tax), d.current_period_start, d.current_period_end,
      jsonb_build_object('version', 1, 'currency', d.amount_currency, 'billed', jsonb_build_object('start', d.current_period_start, 'end', d.current_period_end),
        'unit_amount', l.unit_amount::text, 'units', l.units::text, 'events_count', l.events_count::text, 'proration', null,
        'precise_amount_cents', trim_scale(l.precise)::text, 'rounding', 'half_away_from_zero', 'amount_cents', l.amount::text, 'taxes', jsonb_build_array(jsonb_build_object(
          'code', l.tax_code, 'rate', l.tax_rate::text, 'precise_amount_cents', trim_scale(l.tax)::text))), $3
    from lines l join due d on d.invoice_id = l.invoice_id
  ), written_taxes as (
    insert into invoice_taxes (organization_id, invoice_id, tax_id, tax_code, tax_name, tax_rate, fees_amount_cents, amount_cents)
    select $1, invoice_id, tax_id, tax_code, tax_name, tax_rate, sum(amount), round(sum(amount) * tax_rate / 100)
    from lines group by invoice_id, tax_id, tax_code, tax_name, tax_rate
  ), written_periods as (
    insert into billed_periods (organization_id, invoice_id, subscription_id, item_id, period)
    select $1, l.invoice_id, d.subscription_id, l.item_id, tstzrange(d.current_period_start, d.current_period_end)
    from lines l join due d on d.invoice_id = l.invoice_id
  ), told as (
    insert into outbox_events (organization_id, object_type, object_id, type, payload, created_at)
    select $1, 'invoice', invoice_id, 'invoice.created', jsonb_build_object('lago_id', invoice_id, 'number', invoice_number,
      'lago_customer_id', customer_id, 'status', 'DRAFT', 'currency', amount_currency, 'total_amount_cents', fees + taxes), $3
    from numbered
  ), counted as (
    update billing_runs set found = n.count, processed = n.count, successful = n.count, status = 'COMPLETED', finished_at = now()
    from (select count(*) from due) n where organization_id = $1 and id = $2
  )
  update subscriptions s set current_period_start = d.current_period_end,
    current_period_end = (date_trunc('month', d.current_period_end at time zone d.billing_timezone) + interval '1 month') at time zone d.billing_timezone,
    last_invoiced_at = $3, updated_at = $3
  from due d where s.organization_id = $1 and s.id = d.subscription_id`;

export const openRunAtOnce = `insert into billing_runs (organization_id, id, trigger, status, as_of, started_at, heartbeat_at)
  values ($1, uuidv7(), 'MANUAL', 'RUNNING', $2, now(), now()) returning id`;
