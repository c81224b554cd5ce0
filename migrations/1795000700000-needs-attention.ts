import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a job could not work on: one row an object and job until it succeeds, with the reason and the time of the next try. */
export class NeedsAttention1795000700000 implements MigrationInterface {
  readonly name = 'NeedsAttention1795000700000';

  async up(q: QueryRunner): Promise<void> {
    await q.query(`
      create table needs_attention (
        organization_id uuid not null constraint fk_needs_attention_organization references organizations (id),
        job text not null,
        object_type text not null,
        object_id text not null,
        external_id text,
        code text not null,
        field text,
        message text not null,
        attempts integer not null default 1 constraint ck_needs_attention_attempts check (attempts > 0),
        first_seen_at timestamptz not null,
        last_seen_at timestamptz not null,
        next_attempt_at timestamptz not null,
        constraint pk_needs_attention primary key (organization_id, job, object_id)
      )`);
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query('drop table needs_attention');
  }
}
