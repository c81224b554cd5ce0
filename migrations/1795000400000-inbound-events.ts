import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What providers told us. An event arrives before anybody knows whose it is, so this is the one table whose key does not begin
 * with organization_id (docs/decisions/0033).
 */
export class InboundEvents1795000400000 implements MigrationInterface {
  readonly name = 'InboundEvents1795000400000';

  async up(q: QueryRunner): Promise<void> {
    await q.query(`
      create table inbound_events (
        id uuid not null constraint pk_inbound_events primary key,
        provider text not null constraint ck_inbound_events_provider check (provider in ('STRIPE')),
        account text not null,
        livemode boolean not null,
        event_id text not null,
        type text not null,
        api_version text,
        occurred_at timestamptz not null,
        object_type text not null,
        object_id text not null,
        lane text not null,
        body bytea not null,
        fingerprint bytea not null,
        status text not null
          constraint ck_inbound_events_status check (status in ('RECEIVED', 'PROCESSING', 'PROCESSED', 'DEFERRED', 'FAILED', 'DEAD')),
        attempts integer not null default 0 constraint ck_inbound_events_attempts check (attempts >= 0),
        duplicates integer not null default 0,
        next_attempt_at timestamptz not null default clock_timestamp(),
        error text,
        outcome text,
        organization_id uuid constraint fk_inbound_events_organization references organizations (id),
        received_at timestamptz not null default clock_timestamp(),
        processed_at timestamptz,
        constraint uq_inbound_events_event unique (provider, account, event_id),
        constraint ck_inbound_events_processed check ((status = 'PROCESSED') = (processed_at is not null))
      );
      create unique index uq_inbound_events_lane_in_progress on inbound_events (provider, lane) where status = 'PROCESSING';
      create index ix_inbound_events_due on inbound_events (next_attempt_at) where status in ('RECEIVED', 'PROCESSING', 'DEFERRED', 'FAILED');
      create index ix_inbound_events_deferred on inbound_events (provider, lane) where status = 'DEFERRED';
      create index ix_inbound_events_received on inbound_events (received_at desc, id)`);
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query('drop table inbound_events');
  }
}
