import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who makes resources, and every attempt to have one made. Of a subscription at most one attempt is open or has succeeded. */
export class Provisioning1795000631000 implements MigrationInterface {
  readonly name = 'Provisioning1795000631000';

  async up(q: QueryRunner): Promise<void> {
    await q.query(`
      alter table operations add column resumable boolean not null default false;
      alter table subscriptions add column failure_reason text,
        add constraint ck_subscriptions_failure check ((status = 'FAILED') = (failure_reason is not null));
      create table provisioners (
        organization_id uuid not null constraint fk_provisioners_organization references organizations (id),
        id uuid not null,
        resource_type text not null constraint ck_provisioners_resource_type check (resource_type ~ '^[a-z][a-z0-9_-]{0,63}$'),
        kind text not null constraint ck_provisioners_kind check (kind in ('NONE', 'HTTP')),
        url text,
        deadline_seconds integer not null constraint ck_provisioners_deadline check (deadline_seconds between 1 and 86400),
        refund_on_failure boolean not null,
        secret bytea not null constraint ck_provisioners_secret check (length(secret) >= 24),
        created_at timestamptz not null,
        updated_at timestamptz not null,
        constraint pk_provisioners primary key (organization_id, id),
        constraint uq_provisioners_resource_type unique (organization_id, resource_type),
        constraint ck_provisioners_url check ((kind = 'HTTP') = (url is not null))
      );
      create table provisioning_attempts (
        organization_id uuid not null,
        id uuid not null,
        subscription_id uuid not null,
        status text not null constraint ck_provisioning_attempts_status check (status in ('REQUESTED', 'ACCEPTED', 'SUCCEEDED', 'FAILED')),
        tries integer not null default 0,
        last_answer text,
        look_at timestamptz,
        deadline_at timestamptz not null,
        resource_id text,
        failure_type text,
        failure_reason text,
        refunds boolean not null,
        settlement text not null default 'NONE' constraint ck_provisioning_attempts_settlement check (settlement in ('NONE', 'DUE', 'DONE')),
        settlement_tries integer not null default 0,
        created_at timestamptz not null,
        finished_at timestamptz,
        constraint pk_provisioning_attempts primary key (organization_id, id),
        constraint fk_provisioning_attempts_operation foreign key (organization_id, id) references operations (organization_id, id)
          deferrable initially deferred,
        constraint fk_provisioning_attempts_subscription foreign key (organization_id, subscription_id) references subscriptions (organization_id, id),
        constraint ck_provisioning_attempts_finished check ((status in ('SUCCEEDED', 'FAILED')) = (finished_at is not null)),
        constraint ck_provisioning_attempts_resource check ((status = 'SUCCEEDED') = (resource_id is not null)),
        constraint ck_provisioning_attempts_failure check ((status = 'FAILED') = (failure_type is not null and failure_reason is not null)),
        constraint ck_provisioning_attempts_settled check (settlement = 'NONE' or status = 'FAILED'),
        constraint ck_provisioning_attempts_looked_at check ((look_at is not null) = (finished_at is null or settlement = 'DUE'))
      );
      create unique index uq_provisioning_attempts_one on provisioning_attempts (organization_id, subscription_id) where status <> 'FAILED';
      create unique index uq_provisioning_attempts_settled on provisioning_attempts (organization_id, subscription_id) where settlement <> 'NONE';
      create index ix_provisioning_attempts_subscription on provisioning_attempts (organization_id, subscription_id, created_at);
      create index ix_provisioning_attempts_look_at on provisioning_attempts (look_at) where look_at is not null`);
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query(`
      drop table provisioning_attempts, provisioners;
      alter table subscriptions drop constraint ck_subscriptions_failure, drop column failure_reason;
      alter table operations drop column resumable`);
  }
}
