import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Which time of which subscriptions an invoice bills: one row each, so that one invoice can bill several subscriptions of a customer.
 * `invoices.subscription_id` stays for those that bill one.
 */
export class InvoiceSubscriptions1795000320000 implements MigrationInterface {
  readonly name = 'InvoiceSubscriptions1795000320000';

  async up(q: QueryRunner): Promise<void> {
    await q.query(`
      create table invoice_subscriptions (
        organization_id uuid not null,
        invoice_id uuid not null,
        subscription_id uuid not null,
        invoicing_reason text not null
          constraint ck_invoice_subscriptions_reason check (invoicing_reason in ('STARTING', 'PERIODIC', 'TERMINATING')),
        period_start timestamptz not null,
        period_end timestamptz not null,
        voided boolean not null default false,
        constraint pk_invoice_subscriptions primary key (organization_id, invoice_id, subscription_id),
        constraint fk_invoice_subscriptions_invoice foreign key (organization_id, invoice_id) references invoices (organization_id, id),
        constraint fk_invoice_subscriptions_subscription foreign key (organization_id, subscription_id) references subscriptions (organization_id, id)
      );
      create unique index uq_invoice_subscriptions_period
        on invoice_subscriptions (organization_id, subscription_id, period_start, (invoicing_reason = 'STARTING')) where not voided;
      create index ix_invoice_subscriptions_subscription on invoice_subscriptions (organization_id, subscription_id, period_end);
      insert into invoice_subscriptions (organization_id, invoice_id, subscription_id, invoicing_reason, period_start, period_end, voided)
        select organization_id, id, subscription_id, coalesce(invoicing_reason, 'PERIODIC'), period_start, period_end, status = 'VOID' from invoices
        where source = 'GENERATED' and subscription_id is not null;
      alter table customers add column consolidate_invoices boolean not null default false;
      create index ix_customers_consolidating on customers (organization_id, id) where consolidate_invoices`);
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query(`
      drop index ix_customers_consolidating;
      alter table customers drop column consolidate_invoices;
      drop table invoice_subscriptions`);
  }
}
