import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Amounts in advance. A subscription that has some begins with an empty current period: its start is a boundary at which
 * nothing has ended and the first period begins, so the start is due like any other boundary.
 */
export class InAdvance1795000200000 implements MigrationInterface {
  readonly name = 'InAdvance1795000200000';

  async up(q: QueryRunner): Promise<void> {
    await q.query(`
      alter table plans
        add column pay_in_advance boolean not null default false,
        add column bill_charges_monthly boolean not null default false,
        add column bill_fixed_charges_monthly boolean not null default false;
      alter table plans alter column pay_in_advance drop default, alter column bill_charges_monthly drop default,
        alter column bill_fixed_charges_monthly drop default;
      alter table fixed_charges add column pay_in_advance boolean not null default false;
      alter table fixed_charges alter column pay_in_advance drop default;
      alter table subscriptions drop constraint ck_subscriptions_period,
        add constraint ck_subscriptions_period check (current_period_start <= current_period_end);
      alter table invoices add column invoicing_reason text default 'PERIODIC'
        constraint ck_invoices_reason check (invoicing_reason in ('STARTING', 'PERIODIC', 'TERMINATING'));
      alter table invoices alter column invoicing_reason drop default;
      drop index uq_invoices_subscription_period;
      create unique index uq_invoices_subscription_period on invoices (organization_id, subscription_id, period_start, (coalesce(invoicing_reason = 'STARTING', false)))
        where status <> 'VOID' and subscription_id is not null and source <> 'STRIPE'`);
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query(`
      drop index uq_invoices_subscription_period;
      alter table invoices drop column invoicing_reason;
      create unique index uq_invoices_subscription_period on invoices (organization_id, subscription_id, period_start)
        where status <> 'VOID' and subscription_id is not null;
      alter table subscriptions drop constraint ck_subscriptions_period,
        add constraint ck_subscriptions_period check (current_period_start < current_period_end);
      alter table fixed_charges drop column pay_in_advance;
      alter table plans drop column bill_fixed_charges_monthly, drop column bill_charges_monthly, drop column pay_in_advance`);
  }
}
