import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who takes a customer's money, the prices that a provider knows, and what has to be closed at a provider. */
export class Checkout1795000620000 implements MigrationInterface {
  readonly name = 'Checkout1795000620000';

  async up(q: QueryRunner): Promise<void> {
    await q.query(`
      alter table billing_entities add column payment_provider text not null default 'STRIPE'
        constraint ck_billing_entities_payment_provider check (payment_provider in ('MANUAL', 'STRIPE'));
      alter table customers add column payment_provider text constraint ck_customers_payment_provider check (payment_provider in ('MANUAL', 'STRIPE'));
      create table provider_prices (
        organization_id uuid not null,
        plan_id uuid not null,
        provider text not null constraint ck_provider_prices_provider check (provider in ('STRIPE')),
        terms text not null,
        provider_price_id text not null,
        checked_at timestamptz not null,
        constraint pk_provider_prices primary key (organization_id, plan_id, provider, terms),
        constraint fk_provider_prices_plan foreign key (organization_id, plan_id) references plans (organization_id, id) on delete cascade
      );
      alter table provider_subscriptions
        add column closes text constraint ck_provider_subscriptions_closes check (closes in ('SESSION', 'PURCHASE')),
        add column closed_at timestamptz,
        add constraint ck_provider_subscriptions_closed check (closed_at is null or closes is not null);
      create index ix_provider_subscriptions_closing on provider_subscriptions (organization_id, subscription_id) where closes is not null and closed_at is null;
      create index ix_subscriptions_pending_payment on subscriptions (organization_id, customer_id) where status = 'PENDING_PAYMENT'`);
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query(`
      drop index ix_subscriptions_pending_payment;
      drop index ix_provider_subscriptions_closing;
      alter table provider_subscriptions drop constraint ck_provider_subscriptions_closed, drop column closed_at, drop column closes;
      drop table provider_prices;
      alter table customers drop column payment_provider;
      alter table billing_entities drop column payment_provider`);
  }
}
