import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Every table of the first house. Keys begin with organization_id, so that no row can point into another tenant. */
export class Foundation1795000000000 implements MigrationInterface {
  readonly name = 'Foundation1795000000000';

  async up(q: QueryRunner): Promise<void> {
    await q.query('create extension if not exists btree_gist');
    for (const statement of [organizations, sellers, catalog, subscriptions, usage, invoices, running]) await q.query(statement);
    await q.query(guards);
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query(`
      drop table job_runs, outbox_events, idempotency_keys, billing_run_errors, billing_runs, billed_periods, invoice_taxes, fees, invoices,
        number_series, usage_events, subscriptions, usage_streams, plan_taxes, charge_taxes, customer_taxes, billing_entity_taxes, taxes,
        fixed_charges, charges, plans, add_ons, billable_metrics, customers, billing_entities, api_keys, organizations;
      drop function refuse_change_of_issued_invoice(), refuse_change_of_issued_fee(), check_inserted_fees(), check_header_sum(), check_fee_sum(),
        check_invoice_sum(uuid, uuid)`);
  }
}

const organizations = `
  create table organizations (
    id uuid not null constraint pk_organizations primary key,
    name text not null,
    mode text not null constraint ck_organizations_mode check (mode in ('LIVE', 'TEST')),
    virtual_now timestamptz constraint ck_organizations_virtual_now check (virtual_now is null or mode = 'TEST'),
    feature_flags text[] not null default '{}',
    last_customer_number bigint not null default 0,
    created_at timestamptz not null,
    updated_at timestamptz not null
  );
  create table api_keys (
    organization_id uuid not null constraint fk_api_keys_organization references organizations (id),
    id uuid not null,
    name text not null,
    role text not null constraint ck_api_keys_role check (role in ('OWNER', 'ADMIN', 'MEMBER')),
    key_hash bytea not null constraint uq_api_keys_hash unique,
    key_hint text not null,
    expires_at timestamptz,
    last_used_at timestamptz,
    revoked_at timestamptz,
    created_at timestamptz not null,
    constraint pk_api_keys primary key (organization_id, id)
  )`;

const sellers = `
  create table billing_entities (
    organization_id uuid not null constraint fk_billing_entities_organization references organizations (id),
    id uuid not null,
    code text not null,
    name text not null,
    legal_name text,
    legal_number text,
    tax_identification_number text,
    email text,
    address_line1 text,
    address_line2 text,
    city text,
    state text,
    zipcode text,
    country text,
    default_currency text not null,
    timezone text not null,
    document_number_prefix text not null,
    document_number_template text not null,
    net_payment_term integer not null constraint ck_billing_entities_net_payment_term check (net_payment_term between 0 and 3650),
    invoice_grace_period integer not null constraint ck_billing_entities_grace check (invoice_grace_period between 0 and 365),
    invoice_footer text,
    is_default boolean not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint pk_billing_entities primary key (organization_id, id),
    constraint uq_billing_entities_code unique (organization_id, code)
  );
  create unique index uq_billing_entities_default on billing_entities (organization_id) where is_default;
  create table number_series (
    organization_id uuid not null,
    billing_entity_id uuid not null,
    series text not null,
    last_number bigint not null constraint ck_number_series_last_number check (last_number >= 0),
    constraint pk_number_series primary key (organization_id, billing_entity_id, series),
    constraint fk_number_series_billing_entity foreign key (organization_id, billing_entity_id) references billing_entities (organization_id, id)
  );
  create table customers (
    organization_id uuid not null constraint fk_customers_organization references organizations (id),
    id uuid not null,
    external_id text not null,
    sequential_id bigint not null,
    billing_entity_id uuid not null,
    name text,
    firstname text,
    lastname text,
    email text,
    phone text,
    url text,
    legal_name text,
    legal_number text,
    tax_identification_number text,
    address_line1 text,
    address_line2 text,
    city text,
    state text,
    zipcode text,
    country text,
    currency text,
    timezone text,
    net_payment_term integer constraint ck_customers_net_payment_term check (net_payment_term between 0 and 3650),
    invoice_grace_period integer constraint ck_customers_grace check (invoice_grace_period between 0 and 365),
    metadata jsonb not null default '[]',
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint pk_customers primary key (organization_id, id),
    constraint uq_customers_external_id unique (organization_id, external_id),
    constraint uq_customers_sequential_id unique (organization_id, sequential_id),
    constraint fk_customers_billing_entity foreign key (organization_id, billing_entity_id) references billing_entities (organization_id, id)
  )`;

const catalog = `
  create table billable_metrics (
    organization_id uuid not null constraint fk_billable_metrics_organization references organizations (id),
    id uuid not null,
    usage_key integer generated always as identity constraint uq_billable_metrics_usage_key unique,
    code text not null,
    name text not null,
    description text,
    aggregation_type text not null
      constraint ck_billable_metrics_aggregation check (aggregation_type in ('COUNT', 'SUM', 'MAX', 'UNIQUE_COUNT', 'LATEST')),
    field_name text,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint pk_billable_metrics primary key (organization_id, id),
    constraint uq_billable_metrics_code unique (organization_id, code),
    constraint ck_billable_metrics_field check ((aggregation_type = 'COUNT') = (field_name is null))
  );
  create table add_ons (
    organization_id uuid not null constraint fk_add_ons_organization references organizations (id),
    id uuid not null,
    code text not null,
    name text not null,
    invoice_display_name text,
    description text,
    amount_cents bigint not null constraint ck_add_ons_amount check (amount_cents >= 0),
    amount_currency text not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint pk_add_ons primary key (organization_id, id),
    constraint uq_add_ons_code unique (organization_id, code)
  );
  create table taxes (
    organization_id uuid not null constraint fk_taxes_organization references organizations (id),
    id uuid not null,
    code text not null,
    name text not null,
    description text,
    rate numeric(30, 15) not null constraint ck_taxes_rate check (rate <> 'NaN' and rate between 0 and 100),
    applied_to_organization boolean not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint pk_taxes primary key (organization_id, id),
    constraint uq_taxes_code unique (organization_id, code)
  );
  create table plans (
    organization_id uuid not null constraint fk_plans_organization references organizations (id),
    id uuid not null,
    code text not null,
    name text not null,
    invoice_display_name text,
    description text,
    interval text not null constraint ck_plans_interval check (interval in ('weekly', 'monthly', 'quarterly', 'semiannual', 'yearly')),
    amount_cents bigint not null constraint ck_plans_amount check (amount_cents >= 0),
    amount_currency text not null,
    trial_period integer not null constraint ck_plans_trial_period check (trial_period between 0 and 3650),
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint pk_plans primary key (organization_id, id),
    constraint uq_plans_code unique (organization_id, code)
  );
  create table charges (
    organization_id uuid not null,
    id uuid not null,
    plan_id uuid not null,
    billable_metric_id uuid not null,
    code text not null,
    invoice_display_name text,
    charge_model text not null constraint ck_charges_model check (charge_model in ('standard')),
    unit_amount numeric(40, 15) not null constraint ck_charges_unit_amount check (unit_amount <> 'NaN' and unit_amount >= 0),
    status text not null constraint ck_charges_status check (status in ('ACTIVE', 'INACTIVE')),
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint pk_charges primary key (organization_id, id),
    constraint uq_charges_code unique (organization_id, plan_id, code),
    constraint fk_charges_plan foreign key (organization_id, plan_id) references plans (organization_id, id),
    constraint fk_charges_billable_metric foreign key (organization_id, billable_metric_id) references billable_metrics (organization_id, id)
  );
  create table fixed_charges (
    organization_id uuid not null,
    id uuid not null,
    plan_id uuid not null,
    add_on_id uuid not null,
    code text not null,
    invoice_display_name text,
    units numeric(40, 15) not null constraint ck_fixed_charges_units check (units <> 'NaN' and units >= 0),
    unit_amount numeric(40, 15) not null constraint ck_fixed_charges_unit_amount check (unit_amount <> 'NaN' and unit_amount >= 0),
    prorated boolean not null,
    status text not null constraint ck_fixed_charges_status check (status in ('ACTIVE', 'INACTIVE')),
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint pk_fixed_charges primary key (organization_id, id),
    constraint uq_fixed_charges_code unique (organization_id, plan_id, code),
    constraint fk_fixed_charges_plan foreign key (organization_id, plan_id) references plans (organization_id, id),
    constraint fk_fixed_charges_add_on foreign key (organization_id, add_on_id) references add_ons (organization_id, id)
  );
  create table billing_entity_taxes (
    organization_id uuid not null,
    billing_entity_id uuid not null,
    tax_id uuid not null,
    constraint pk_billing_entity_taxes primary key (organization_id, billing_entity_id, tax_id),
    constraint fk_billing_entity_taxes_owner foreign key (organization_id, billing_entity_id) references billing_entities (organization_id, id),
    constraint fk_billing_entity_taxes_tax foreign key (organization_id, tax_id) references taxes (organization_id, id)
  );
  create table customer_taxes (
    organization_id uuid not null,
    customer_id uuid not null,
    tax_id uuid not null,
    constraint pk_customer_taxes primary key (organization_id, customer_id, tax_id),
    constraint fk_customer_taxes_owner foreign key (organization_id, customer_id) references customers (organization_id, id),
    constraint fk_customer_taxes_tax foreign key (organization_id, tax_id) references taxes (organization_id, id)
  );
  create table plan_taxes (
    organization_id uuid not null,
    plan_id uuid not null,
    tax_id uuid not null,
    constraint pk_plan_taxes primary key (organization_id, plan_id, tax_id),
    constraint fk_plan_taxes_owner foreign key (organization_id, plan_id) references plans (organization_id, id),
    constraint fk_plan_taxes_tax foreign key (organization_id, tax_id) references taxes (organization_id, id)
  );
  create table charge_taxes (
    organization_id uuid not null,
    charge_id uuid not null,
    tax_id uuid not null,
    constraint pk_charge_taxes primary key (organization_id, charge_id, tax_id),
    constraint fk_charge_taxes_owner foreign key (organization_id, charge_id) references charges (organization_id, id),
    constraint fk_charge_taxes_tax foreign key (organization_id, tax_id) references taxes (organization_id, id)
  )`;

/**
 * Narrow keys and no foreign keys: streams and metrics are never deleted, and two checks a row would halve ingestion
 * (docs/decisions/0005). `florin doctor` looks for orphans instead.
 */
const usage = `
  create table usage_events (
    stream_id bigint not null,
    metric_key integer not null,
    occurred_at timestamptz not null,
    value numeric constraint ck_usage_events_value check (value <> 'NaN' and value <> 'Infinity' and value <> '-Infinity'),
    unique_value text,
    transaction_id text not null constraint ck_usage_events_transaction_id check (length(transaction_id) between 1 and 255),
    properties jsonb not null default '{}',
    received_at timestamptz not null,
    constraint pk_usage_events primary key (stream_id, transaction_id)
  );
  create index ix_usage_events_metric on usage_events (stream_id, metric_key, occurred_at) include (value)`;

const subscriptions = `
  create table usage_streams (
    id bigint generated always as identity constraint pk_usage_streams primary key,
    organization_id uuid not null constraint fk_usage_streams_organization references organizations (id),
    external_subscription_id text not null,
    constraint uq_usage_streams_external_id unique (organization_id, external_subscription_id)
  );
  create table subscriptions (
    organization_id uuid not null,
    id uuid not null,
    external_id text not null,
    customer_id uuid not null,
    plan_id uuid not null,
    billing_entity_id uuid,
    stream_id bigint not null constraint fk_subscriptions_stream references usage_streams (id),
    name text,
    status text not null constraint ck_subscriptions_status check (status in ('PENDING', 'PENDING_PAYMENT', 'PROVISIONING', 'TRIAL', 'ACTIVE',
      'PAUSED', 'PAST_DUE', 'UNPAID', 'CANCELED', 'TERMINATED', 'FAILED')),
    billing_time text not null constraint ck_subscriptions_billing_time check (billing_time in ('calendar', 'anniversary')),
    billing_timezone text not null,
    payment_provider text not null constraint ck_subscriptions_payment_provider check (payment_provider in ('MANUAL', 'STRIPE')),
    subscription_at timestamptz not null,
    started_at timestamptz,
    trial_ends_at timestamptz,
    ending_at timestamptz,
    terminated_at timestamptz,
    canceled_at timestamptz,
    current_period_start timestamptz,
    current_period_end timestamptz,
    last_invoiced_at timestamptz,
    final_invoice_due boolean not null default false constraint ck_subscriptions_final_invoice check (not final_invoice_due or terminated_at is not null),
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint pk_subscriptions primary key (organization_id, id),
    constraint fk_subscriptions_customer foreign key (organization_id, customer_id) references customers (organization_id, id),
    constraint fk_subscriptions_plan foreign key (organization_id, plan_id) references plans (organization_id, id),
    constraint fk_subscriptions_billing_entity foreign key (organization_id, billing_entity_id) references billing_entities (organization_id, id),
    constraint ck_subscriptions_period check (current_period_start < current_period_end),
    constraint ck_subscriptions_active_period check (status <> 'ACTIVE' or (current_period_end is not null and started_at is not null))
  );
  create unique index uq_subscriptions_live_external_id on subscriptions (organization_id, external_id)
    where status not in ('CANCELED', 'TERMINATED', 'FAILED');
  create index ix_subscriptions_customer on subscriptions (organization_id, customer_id);
  create index ix_subscriptions_due on subscriptions (organization_id, current_period_end, id)
    where (status = 'ACTIVE' or final_invoice_due) and payment_provider = 'MANUAL';
  create index ix_subscriptions_waiting on subscriptions (organization_id, status) where status in ('PENDING', 'TRIAL');
  create index ix_subscriptions_ending on subscriptions (organization_id, ending_at) where ending_at is not null and status in ('ACTIVE', 'TRIAL')`;

const invoices = `
  create table billing_runs (
    organization_id uuid not null constraint fk_billing_runs_organization references organizations (id),
    id uuid not null,
    trigger text not null constraint ck_billing_runs_trigger check (trigger in ('CRON', 'STARTUP', 'MANUAL', 'CLI', 'CLOCK')),
    status text not null constraint ck_billing_runs_status check (status in ('PENDING', 'RUNNING', 'COMPLETED', 'FAILED', 'CANCELLED')),
    scheduled_for timestamptz,
    as_of timestamptz not null,
    found integer not null default 0,
    processed integer not null default 0,
    successful integer not null default 0,
    failed integer not null default 0,
    started_at timestamptz not null,
    heartbeat_at timestamptz not null,
    finished_at timestamptz,
    constraint pk_billing_runs primary key (organization_id, id),
    constraint uq_billing_runs_slot unique (organization_id, scheduled_for),
    constraint ck_billing_runs_counts check (processed = successful + failed)
  );
  create index ix_billing_runs_unfinished on billing_runs (organization_id) where status in ('PENDING', 'RUNNING');
  create table invoices (
    organization_id uuid not null,
    id uuid not null,
    source text not null constraint ck_invoices_source check (source in ('GENERATED', 'MANUAL', 'STRIPE')),
    invoice_type text not null constraint ck_invoices_type check (invoice_type in ('subscription', 'one_off')),
    status text not null constraint ck_invoices_status check (status in ('DRAFT', 'OPEN', 'PAID', 'VOID', 'UNCOLLECTIBLE')),
    billing_entity_id uuid not null,
    customer_id uuid not null,
    subscription_id uuid,
    billing_run_id uuid,
    invoice_number text not null,
    series text not null,
    sequential_id bigint not null constraint ck_invoices_sequential_id check (sequential_id > 0),
    currency text not null,
    fees_amount_cents bigint not null,
    discount_amount_cents bigint not null default 0,
    taxes_amount_cents bigint not null,
    total_cents bigint not null,
    total_paid_cents bigint not null default 0,
    period_start timestamptz,
    period_end timestamptz,
    timezone text not null,
    issuing_date date not null,
    payment_due_date date not null,
    net_payment_term integer not null,
    scheduled_finalize_at timestamptz,
    finalized_at timestamptz,
    paid_at timestamptz,
    voided_at timestamptz,
    payment_method text,
    payment_reference text,
    metadata jsonb not null default '{}',
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint pk_invoices primary key (organization_id, id),
    constraint uq_invoices_fee_header unique (organization_id, id, billing_entity_id, currency),
    constraint uq_invoices_number unique (organization_id, billing_entity_id, invoice_number),
    constraint uq_invoices_sequential_id unique (organization_id, billing_entity_id, series, sequential_id),
    constraint fk_invoices_customer foreign key (organization_id, customer_id) references customers (organization_id, id),
    constraint fk_invoices_billing_entity foreign key (organization_id, billing_entity_id) references billing_entities (organization_id, id),
    constraint fk_invoices_subscription foreign key (organization_id, subscription_id) references subscriptions (organization_id, id),
    constraint fk_invoices_billing_run foreign key (organization_id, billing_run_id) references billing_runs (organization_id, id),
    constraint ck_invoices_total check (total_cents = fees_amount_cents - discount_amount_cents + taxes_amount_cents),
    constraint ck_invoices_paid check (total_paid_cents between 0 and greatest(total_cents, 0)),
    constraint ck_invoices_period check (period_start < period_end),
    constraint ck_invoices_lifecycle check (
      (status = 'DRAFT') <= (finalized_at is null and paid_at is null and voided_at is null)
      and (status in ('OPEN', 'PAID', 'UNCOLLECTIBLE')) <= (finalized_at is not null)
      and (status = 'PAID') <= (paid_at is not null)
      and (status = 'VOID') = (voided_at is not null))
  );
  create unique index uq_invoices_subscription_period on invoices (organization_id, subscription_id, period_start)
    where status <> 'VOID' and subscription_id is not null;
  create index ix_invoices_customer on invoices (organization_id, customer_id, created_at);
  create index ix_invoices_created on invoices (organization_id, created_at desc, id);
  create index ix_invoices_to_finalize on invoices (organization_id, scheduled_finalize_at) where status = 'DRAFT';
  create table fees (
    organization_id uuid not null,
    id uuid not null,
    invoice_id uuid not null,
    billing_entity_id uuid not null,
    currency text not null,
    subscription_id uuid,
    fee_type text not null constraint ck_fees_type check (fee_type in ('subscription', 'charge', 'fixed_charge', 'add_on')),
    item_id uuid,
    name text not null,
    units numeric(40, 15) not null constraint ck_fees_units check (units <> 'NaN'),
    events_count bigint not null,
    unit_amount numeric(40, 15) not null constraint ck_fees_unit_amount check (unit_amount <> 'NaN'),
    amount_cents bigint not null,
    taxes_rate numeric(30, 15) not null,
    taxes_amount_cents bigint not null,
    period_start timestamptz,
    period_end timestamptz,
    derivation jsonb not null,
    created_at timestamptz not null,
    constraint pk_fees primary key (organization_id, id),
    constraint fk_fees_invoice foreign key (organization_id, invoice_id, billing_entity_id, currency)
      references invoices (organization_id, id, billing_entity_id, currency),
    constraint fk_fees_subscription foreign key (organization_id, subscription_id) references subscriptions (organization_id, id)
  );
  create index ix_fees_invoice on fees (organization_id, invoice_id);
  create table invoice_taxes (
    organization_id uuid not null,
    invoice_id uuid not null,
    tax_id uuid not null,
    tax_code text not null,
    tax_name text not null,
    tax_rate numeric(30, 15) not null,
    fees_amount_cents bigint not null,
    amount_cents bigint not null,
    constraint pk_invoice_taxes primary key (organization_id, invoice_id, tax_id),
    constraint fk_invoice_taxes_invoice foreign key (organization_id, invoice_id) references invoices (organization_id, id),
    constraint fk_invoice_taxes_tax foreign key (organization_id, tax_id) references taxes (organization_id, id)
  );
  create table billed_periods (
    organization_id uuid not null,
    subscription_id uuid not null,
    item_id uuid not null,
    period tstzrange not null constraint ck_billed_periods_period check (not isempty(period) and lower_inc(period) and not upper_inc(period)),
    invoice_id uuid not null,
    voided boolean not null default false,
    constraint pk_billed_periods primary key (organization_id, invoice_id, subscription_id, item_id, period),
    constraint fk_billed_periods_invoice foreign key (organization_id, invoice_id) references invoices (organization_id, id),
    constraint fk_billed_periods_subscription foreign key (organization_id, subscription_id) references subscriptions (organization_id, id),
    constraint ex_billed_periods_once exclude using gist (organization_id with =, subscription_id with =, item_id with =, period with &&) where (not voided)
  )`;

const running = `
  create table billing_run_errors (
    organization_id uuid not null,
    billing_run_id uuid not null,
    subscription_id uuid not null,
    code text not null,
    message text not null,
    created_at timestamptz not null,
    constraint pk_billing_run_errors primary key (organization_id, billing_run_id, subscription_id),
    constraint fk_billing_run_errors_run foreign key (organization_id, billing_run_id) references billing_runs (organization_id, id),
    constraint fk_billing_run_errors_subscription foreign key (organization_id, subscription_id) references subscriptions (organization_id, id)
  );
  create table idempotency_keys (
    organization_id uuid not null constraint fk_idempotency_keys_organization references organizations (id),
    key text not null,
    fingerprint bytea not null,
    locked_until timestamptz,
    response_status integer,
    response_body text,
    created_at timestamptz not null,
    constraint pk_idempotency_keys primary key (organization_id, key)
  );
  create index ix_idempotency_keys_created on idempotency_keys (created_at);
  create table outbox_events (
    organization_id uuid not null constraint fk_outbox_events_organization references organizations (id),
    id bigint generated always as identity,
    object_type text not null,
    object_id uuid not null,
    type text not null,
    payload jsonb not null,
    created_at timestamptz not null,
    constraint pk_outbox_events primary key (organization_id, id)
  );
  create index ix_outbox_events_object on outbox_events (organization_id, object_id, id);
  create table job_runs (
    id uuid not null constraint pk_job_runs primary key,
    job text not null,
    scheduled_for timestamptz not null,
    status text not null constraint ck_job_runs_status check (status in ('RUNNING', 'COMPLETED', 'FAILED')),
    started_at timestamptz not null,
    finished_at timestamptz,
    error text,
    constraint uq_job_runs_slot unique (job, scheduled_for)
  );
  create index ix_job_runs_latest on job_runs (job, started_at desc)`;

/** The rules that hold whatever the code does; test/modules/invoices/database-guards.spec.ts plants each violation. */
const guards = `
  create function refuse_change_of_issued_invoice() returns trigger language plpgsql as $$
  declare
    free_columns constant text[] := array['status', 'total_paid_cents', 'paid_at', 'voided_at', 'payment_method', 'payment_reference', 'metadata', 'updated_at'];
  begin
    if tg_op = 'DELETE' then
      raise exception 'invoice % cannot be deleted: void it, so that its number stays in the series', old.invoice_number
        using errcode = '23514', constraint = 'invoices_are_never_deleted';
    end if;
    if old.status <> new.status and not (old.status, new.status) in (('DRAFT', 'OPEN'), ('DRAFT', 'VOID'), ('OPEN', 'PAID'), ('OPEN', 'VOID'),
        ('OPEN', 'UNCOLLECTIBLE'), ('UNCOLLECTIBLE', 'PAID'), ('UNCOLLECTIBLE', 'VOID')) then
      raise exception 'invoice % cannot go from % to %', old.invoice_number, old.status, new.status
        using errcode = '23514', constraint = 'invoices_follow_their_lifecycle';
    end if;
    if old.status <> 'DRAFT' and (to_jsonb(new) - free_columns) is distinct from (to_jsonb(old) - free_columns) then
      raise exception 'invoice % is issued and cannot change', old.invoice_number
        using errcode = '23514', constraint = 'issued_invoices_are_immutable';
    end if;
    return new;
  end $$;
  create trigger issued_invoices_are_immutable before update or delete on invoices
    for each row execute function refuse_change_of_issued_invoice();

  create function refuse_change_of_issued_fee() returns trigger language plpgsql as $$
  begin
    if exists (select from invoices i where i.organization_id = old.organization_id and i.id = old.invoice_id and i.status <> 'DRAFT') then
      raise exception 'fee % belongs to an issued invoice and cannot change', old.id
        using errcode = '23514', constraint = 'issued_fees_are_immutable';
    end if;
    return case when tg_op = 'DELETE' then old else new end;
  end $$;
  create trigger issued_fees_are_immutable before update or delete on fees
    for each row execute function refuse_change_of_issued_fee();

  -- Set-based, because a run inserts the fees of hundreds of invoices in one statement; the header is written first.
  create function check_inserted_fees() returns trigger language plpgsql as $$
  declare
    wrong text;
  begin
    select i.invoice_number into wrong
    from (select distinct organization_id, invoice_id from inserted_fees) n
    join invoices i on i.organization_id = n.organization_id and i.id = n.invoice_id
    where i.status <> 'DRAFT' and i.source <> 'STRIPE'
    limit 1;
    if found then
      raise exception 'invoice % is issued and takes no more fees', wrong using errcode = '23514', constraint = 'issued_fees_are_immutable';
    end if;
    select i.invoice_number into wrong
    from (select distinct organization_id, invoice_id from inserted_fees) n
    join invoices i on i.organization_id = n.organization_id and i.id = n.invoice_id
    where i.fees_amount_cents <> (select sum(f.amount_cents) from fees f where f.organization_id = i.organization_id and f.invoice_id = i.id)
    limit 1;
    if found then
      raise exception 'the fees of invoice % do not add up to its header', wrong using errcode = '23514', constraint = 'invoice_equals_its_fees';
    end if;
    return null;
  end $$;
  create trigger inserted_fees_add_up after insert on fees referencing new table as inserted_fees
    for each statement execute function check_inserted_fees();

  create function check_invoice_sum(org uuid, invoice uuid) returns void language plpgsql as $$
  declare
    header record;
  begin
    select i.invoice_number, i.fees_amount_cents into header from invoices i where i.organization_id = org and i.id = invoice;
    if header.fees_amount_cents <> coalesce((select sum(f.amount_cents) from fees f where f.organization_id = org and f.invoice_id = invoice), 0) then
      raise exception 'the fees of invoice % do not add up to its header', header.invoice_number
        using errcode = '23514', constraint = 'invoice_equals_its_fees';
    end if;
  end $$;
  create function check_header_sum() returns trigger language plpgsql as $$
  begin perform check_invoice_sum(new.organization_id, new.id); return null; end $$;
  create function check_fee_sum() returns trigger language plpgsql as $$
  begin perform check_invoice_sum(old.organization_id, old.invoice_id); return null; end $$;
  create constraint trigger invoice_equals_its_fees after insert or update of fees_amount_cents on invoices
    deferrable initially deferred for each row execute function check_header_sum();
  create constraint trigger remaining_fees_add_up after update or delete on fees
    deferrable initially deferred for each row execute function check_fee_sum()`;
