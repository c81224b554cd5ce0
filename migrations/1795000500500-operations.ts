import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Work that goes on after its request was answered, and what it said on the way. */
export class Operations1795000500500 implements MigrationInterface {
  readonly name = 'Operations1795000500500';

  async up(q: QueryRunner): Promise<void> {
    await q.query(`
      create table operations (
        organization_id uuid not null constraint fk_operations_organization references organizations (id),
        id uuid not null,
        type text not null,
        status text not null constraint ck_operations_status check (status in ('PENDING', 'RUNNING', 'COMPLETED', 'FAILED', 'CANCELLED')),
        cancel_requested boolean not null default false,
        last_sequence bigint not null default 0,
        result jsonb,
        error jsonb,
        created_at timestamptz not null,
        heartbeat_at timestamptz not null,
        finished_at timestamptz,
        constraint pk_operations primary key (organization_id, id),
        constraint ck_operations_finished check ((status in ('COMPLETED', 'FAILED', 'CANCELLED')) = (finished_at is not null))
      );
      create table operation_events (
        organization_id uuid not null,
        operation_id uuid not null,
        sequence bigint not null,
        type text not null,
        payload jsonb not null,
        created_at timestamptz not null,
        constraint pk_operation_events primary key (organization_id, operation_id, sequence),
        constraint fk_operation_events_operation foreign key (organization_id, operation_id) references operations (organization_id, id)
      )`);
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query('drop table operation_events, operations');
  }
}
