import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A run that only says what it would do: its planned invoices, each with the digest of its content, and when they were made after all. */
export class PlannedInvoices1795000600000 implements MigrationInterface {
  readonly name = 'PlannedInvoices1795000600000';

  async up(q: QueryRunner): Promise<void> {
    await q.query(`
      alter table billing_runs
        add column dry_run boolean not null default false,
        add column planned integer not null default 0,
        add column applied_at timestamptz,
        add constraint ck_billing_runs_applied check (applied_at is null or dry_run),
        add constraint ck_billing_runs_dry check (not dry_run or applied_at is not null or (successful = 0 and scheduled_for is null));
      create table planned_invoices (
        organization_id uuid not null,
        billing_run_id uuid not null,
        position integer not null,
        customer_id uuid not null,
        subscription_ids uuid[] not null,
        is_invoiced boolean not null,
        currency text not null,
        fees_amount_cents bigint not null,
        taxes_amount_cents bigint not null,
        total_cents bigint not null,
        previous_total_cents bigint,
        content jsonb not null,
        digest text not null,
        invoice_id uuid,
        constraint pk_planned_invoices primary key (organization_id, billing_run_id, position),
        constraint fk_planned_invoices_run foreign key (organization_id, billing_run_id) references billing_runs (organization_id, id),
        constraint fk_planned_invoices_customer foreign key (organization_id, customer_id) references customers (organization_id, id),
        constraint fk_planned_invoices_invoice foreign key (organization_id, invoice_id) references invoices (organization_id, id),
        constraint ck_planned_invoices_total check (total_cents = fees_amount_cents + taxes_amount_cents),
        constraint ck_planned_invoices_invoice check (invoice_id is null or is_invoiced)
      );
      create index ix_planned_invoices_invoice on planned_invoices (organization_id, invoice_id) where invoice_id is not null`);
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query(`
      drop table planned_invoices;
      alter table billing_runs drop constraint ck_billing_runs_dry, drop constraint ck_billing_runs_applied, drop column applied_at,
        drop column planned, drop column dry_run`);
  }
}
