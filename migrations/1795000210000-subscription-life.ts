import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Plan changes, pauses and how a subscription ends. */
export class SubscriptionLife1795000210000 implements MigrationInterface {
  readonly name = 'SubscriptionLife1795000210000';

  async up(q: QueryRunner): Promise<void> {
    await q.query(`
      alter table subscriptions
        add column previous_subscription_id uuid,
        add column successor_id uuid,
        add column bills_successor boolean not null default false,
        add column change_at timestamptz,
        add column paused_at timestamptz,
        add column resume_at timestamptz,
        add column resumed_at timestamptz,
        add column on_termination_credit_note text
          constraint ck_subscriptions_termination_credit_note check (on_termination_credit_note in ('credit', 'refund', 'offset', 'skip')),
        add column on_termination_invoice text constraint ck_subscriptions_termination_invoice check (on_termination_invoice in ('generate', 'skip')),
        add constraint fk_subscriptions_previous foreign key (organization_id, previous_subscription_id) references subscriptions (organization_id, id),
        add constraint fk_subscriptions_successor foreign key (organization_id, successor_id) references subscriptions (organization_id, id)
          deferrable initially deferred,
        add constraint ck_subscriptions_bills_successor check (not bills_successor or successor_id is not null),
        add constraint ck_subscriptions_change check (change_at is null or previous_subscription_id is not null),
        drop constraint ck_subscriptions_final_invoice,
        add constraint ck_subscriptions_final_invoice check (not final_invoice_due or terminated_at is not null or paused_at is not null);
      -- A planned change waits beside the subscription that it will replace, under the same external id.
      drop index uq_subscriptions_live_external_id;
      create unique index uq_subscriptions_live_external_id on subscriptions (organization_id, external_id)
        where status not in ('CANCELED', 'TERMINATED', 'FAILED') and not (status = 'PENDING' and change_at is not null);
      create unique index uq_subscriptions_planned_change on subscriptions (organization_id, previous_subscription_id) where status = 'PENDING';
      create index ix_subscriptions_external_id on subscriptions (organization_id, external_id);
      drop index ix_subscriptions_waiting;
      create index ix_subscriptions_waiting on subscriptions (organization_id, status) where status in ('PENDING', 'TRIAL', 'PAUSED');
      drop index ix_subscriptions_ending;
      create index ix_subscriptions_ending on subscriptions (organization_id, ending_at)
        where ending_at is not null and status in ('ACTIVE', 'TRIAL', 'PAUSED');
      create table subscription_pauses (
        organization_id uuid not null,
        subscription_id uuid not null,
        paused_at timestamptz not null,
        resumed_at timestamptz,
        constraint pk_subscription_pauses primary key (organization_id, subscription_id, paused_at),
        constraint fk_subscription_pauses_subscription foreign key (organization_id, subscription_id) references subscriptions (organization_id, id),
        constraint ck_subscription_pauses_order check (paused_at <= resumed_at),
        constraint ex_subscription_pauses_apart exclude using gist (organization_id with =, subscription_id with =, tstzrange(paused_at, resumed_at) with &&)
      )`);
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query(`
      drop table subscription_pauses;
      drop index ix_subscriptions_ending;
      create index ix_subscriptions_ending on subscriptions (organization_id, ending_at) where ending_at is not null and status in ('ACTIVE', 'TRIAL');
      drop index ix_subscriptions_waiting;
      create index ix_subscriptions_waiting on subscriptions (organization_id, status) where status in ('PENDING', 'TRIAL');
      drop index ix_subscriptions_external_id;
      drop index uq_subscriptions_planned_change;
      drop index uq_subscriptions_live_external_id;
      create unique index uq_subscriptions_live_external_id on subscriptions (organization_id, external_id)
        where status not in ('CANCELED', 'TERMINATED', 'FAILED');
      alter table subscriptions
        drop constraint ck_subscriptions_final_invoice,
        add constraint ck_subscriptions_final_invoice check (not final_invoice_due or terminated_at is not null),
        drop constraint ck_subscriptions_change, drop constraint ck_subscriptions_bills_successor,
        drop column on_termination_invoice, drop column on_termination_credit_note, drop column resumed_at, drop column resume_at,
        drop column paused_at, drop column change_at, drop column bills_successor, drop column successor_id, drop column previous_subscription_id`);
  }
}
