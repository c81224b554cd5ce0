import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What we know of a payment provider's objects, and the invoices captured from it. Captured invoices keep the guards of all others; what
 * Stripe may still change of an issued one is its links, its placeholder number, and refunds, which are lines of their own.
 */
export class CapturedPayments1795000410000 implements MigrationInterface {
  readonly name = 'CapturedPayments1795000410000';

  async up(q: QueryRunner): Promise<void> {
    await q.query(invoiceColumns);
    await q.query(providerTables);
    await q.query(issuedInvoices({ captured: true }));
    await q.query(insertedFees({ captured: true }));
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query(insertedFees({ captured: false }));
    await q.query(issuedInvoices({ captured: false }));
    await q.query(`
      drop table invoice_payments, provider_objects, provider_subscriptions, provider_customers;
      alter table fees drop constraint ck_fees_type;
      alter table fees add constraint ck_fees_type check (fee_type in ('subscription', 'charge', 'fixed_charge', 'commitment', 'add_on'));
      drop index uq_invoices_subscription_period;
      create unique index uq_invoices_subscription_period on invoices (organization_id, subscription_id, period_start, (coalesce(invoicing_reason = 'STARTING', false)))
        where status <> 'VOID' and subscription_id is not null;
      drop index uq_invoices_provider_invoice;
      alter table invoices drop constraint ck_invoices_captured,
        drop column provider_invoice_id, drop column invoice_pdf, drop column hosted_invoice_url`);
  }
}

/** Stripe bills a subscription as often as it likes in one period; that no period is billed twice is its business there. */
const invoiceColumns = `
  alter table invoices add column provider_invoice_id text, add column invoice_pdf text, add column hosted_invoice_url text,
    add constraint ck_invoices_captured check ((source = 'STRIPE') = (provider_invoice_id is not null));
  -- Partial, also so that no foreign key check takes it for an index by organization alone (docs/decisions/0040).
  create unique index uq_invoices_provider_invoice on invoices (organization_id, provider_invoice_id) where provider_invoice_id is not null;
  drop index uq_invoices_subscription_period;
  create unique index uq_invoices_subscription_period on invoices (organization_id, subscription_id, period_start, (coalesce(invoicing_reason = 'STARTING', false)))
    where status <> 'VOID' and subscription_id is not null and source <> 'STRIPE';
  alter table fees drop constraint ck_fees_type;
  alter table fees add constraint ck_fees_type check (fee_type in ('subscription', 'charge', 'fixed_charge', 'commitment', 'add_on', 'refund'))`;

/** A provider's id belongs to one organization: uniqueness over all of them is what finds the tenant of an event. */
const providerTables = `
  create table provider_customers (
    organization_id uuid not null,
    customer_id uuid not null,
    provider text not null constraint ck_provider_customers_provider check (provider in ('STRIPE')),
    provider_customer_id text not null,
    has_payment_method boolean not null default false,
    default_payment_method_id text,
    deleted_at timestamptz,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint pk_provider_customers primary key (organization_id, customer_id, provider),
    constraint fk_provider_customers_customer foreign key (organization_id, customer_id) references customers (organization_id, id),
    constraint uq_provider_customers_provider_id unique (provider, provider_customer_id)
  );
  create table provider_subscriptions (
    organization_id uuid not null,
    subscription_id uuid not null,
    provider text not null constraint ck_provider_subscriptions_provider check (provider in ('STRIPE')),
    provider_subscription_id text not null,
    provider_customer_id text,
    provider_status text,
    cancel_at_period_end boolean not null default false,
    metadata jsonb not null default '{}',
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint pk_provider_subscriptions primary key (organization_id, subscription_id),
    constraint fk_provider_subscriptions_subscription foreign key (organization_id, subscription_id) references subscriptions (organization_id, id),
    constraint uq_provider_subscriptions_provider_id unique (provider, provider_subscription_id)
  );
  create unique index uq_provider_subscriptions_checkout on provider_subscriptions (provider, (metadata ->> 'checkout_session_id'));
  create table provider_objects (
    provider text not null constraint ck_provider_objects_provider check (provider in ('STRIPE')),
    object_type text not null,
    object_id text not null,
    organization_id uuid constraint fk_provider_objects_organization references organizations (id),
    rank bigint not null,
    occurred_at timestamptz not null,
    asked_at timestamptz,
    state jsonb not null,
    updated_at timestamptz not null,
    constraint pk_provider_objects primary key (provider, object_type, object_id)
  );
  create table invoice_payments (
    organization_id uuid not null,
    id uuid not null,
    invoice_id uuid not null,
    provider text not null constraint ck_invoice_payments_provider check (provider in ('STRIPE')),
    provider_payment_id text not null,
    payment_intent_id text,
    charge_id text,
    status text not null constraint ck_invoice_payments_status check (status in ('OPEN', 'PAID', 'CANCELED')),
    amount_cents bigint not null constraint ck_invoice_payments_amount check (amount_cents >= 0),
    currency text not null,
    refunded_cents bigint not null default 0 constraint ck_invoice_payments_refunded check (refunded_cents >= 0),
    paid_at timestamptz,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint pk_invoice_payments primary key (organization_id, id),
    constraint fk_invoice_payments_invoice foreign key (organization_id, invoice_id) references invoices (organization_id, id),
    constraint uq_invoice_payments_provider_id unique (organization_id, provider, provider_payment_id)
  );
  create index ix_invoice_payments_invoice on invoice_payments (organization_id, invoice_id);
  create index ix_invoice_payments_intent on invoice_payments (payment_intent_id) where payment_intent_id is not null;
  create index ix_invoice_payments_charge on invoice_payments (charge_id) where charge_id is not null`;

const issuedInvoices = ({ captured }: { captured: boolean }): string => `
  create or replace function refuse_change_of_issued_invoice() returns trigger language plpgsql as $$
  declare
    free_columns ${captured ? '' : 'constant '}text[] := array['status', 'total_paid_cents', 'paid_at', 'voided_at', 'payment_method', 'payment_reference', 'metadata', 'updated_at', 'offset_amount_cents'];
  begin
    if tg_op = 'DELETE' then
      raise exception 'invoice % cannot be deleted: void it, so that its number stays in the series', old.invoice_number
        using errcode = '23514', constraint = 'invoices_are_never_deleted';
    end if;
    if old.status <> new.status and not (old.status, new.status) in (('DRAFT', 'OPEN'), ('DRAFT', 'VOID'), ('OPEN', 'PAID'), ('OPEN', 'VOID'),
        ('OPEN', 'UNCOLLECTIBLE'), ('UNCOLLECTIBLE', 'PAID'), ('UNCOLLECTIBLE', 'VOID')) then
      raise exception 'invoice % cannot go from % to %', old.invoice_number, old.status, new.status
        using errcode = '23514', constraint = 'invoices_follow_their_lifecycle';
    end if;${
      captured
        ? `
    -- Its lines stay what they were: check_inserted_fees lets only refunds follow, and they carry the sum with them.
    if old.source = 'STRIPE' then
      free_columns := free_columns || array['invoice_pdf', 'hosted_invoice_url', 'fees_amount_cents', 'total_cents'];
      if old.invoice_number like 'STRIPE-%' then free_columns := free_columns || array['invoice_number']; end if;
    end if;`
        : ''
    }
    if old.status <> 'DRAFT' and (to_jsonb(new) - free_columns) is distinct from (to_jsonb(old) - free_columns) then
      raise exception 'invoice % is issued and cannot change', old.invoice_number
        using errcode = '23514', constraint = 'issued_invoices_are_immutable';
    end if;
    return new;
  end $$`;

const anyFee = `h.source <> 'STRIPE'`;
const anyButRefunds = `(h.source <> 'STRIPE' or exists (select from inserted_fees x
        where x.organization_id = h.organization_id and x.invoice_id = h.id and x.fee_type <> 'refund'))`;

/** The one condition of the check that changes; what else it looks at is not ours to repeat. */
const insertedFees = ({ captured }: { captured: boolean }): string => {
  const [from, to] = captured ? [anyFee, anyButRefunds] : [anyButRefunds, anyFee];
  return `do $do$
    declare
      definition text := pg_get_functiondef('check_inserted_fees'::regproc);
    begin
      if position($from$${from}$from$ in definition) = 0 then raise exception 'check_inserted_fees is not what this migration knows'; end if;
      execute replace(definition, $from$${from}$from$, $to$${to}$to$);
    end $do$`;
};
