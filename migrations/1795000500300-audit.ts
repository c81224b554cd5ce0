import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Who did what: the outbox says by whom a change was told and in which transaction; the audit keeps it for good, each entry of an
 * organization holding the hash of the one before (docs/decisions/0038).
 */
export class Audit1795000500300 implements MigrationInterface {
  readonly name = 'Audit1795000500300';

  async up(q: QueryRunner): Promise<void> {
    await q.query(`
      alter table outbox_events
        add column actor_type text,
        add column actor_id text,
        add column actor_address text,
        add column request_id text,
        add column told_in xid8 not null default pg_current_xact_id();
      create index ix_outbox_events_told_in on outbox_events (told_in);
      create table outbox_readers (
        reader text not null constraint pk_outbox_readers primary key,
        done_before xid8 not null,
        until xid8 not null,
        after_id bigint not null
      );
      create table audit_entries (
        organization_id uuid not null constraint fk_audit_entries_organization references organizations (id),
        sequence bigint not null constraint ck_audit_entries_sequence check (sequence > 0),
        id uuid not null,
        outbox_id bigint not null,
        type text not null,
        object_type text not null,
        object_id uuid not null,
        actor_type text not null,
        actor_id text,
        actor_address text,
        request_id text,
        payload jsonb not null,
        occurred_at timestamptz not null,
        logged_at timestamptz not null,
        hash bytea not null constraint ck_audit_entries_hash check (length(hash) = 32),
        constraint pk_audit_entries primary key (organization_id, sequence),
        constraint uq_audit_entries_id unique (organization_id, id),
        constraint uq_audit_entries_outbox unique (organization_id, outbox_id)
      );
      create index ix_audit_entries_object on audit_entries (organization_id, object_id, sequence);
      create function refuse_change_of_audit() returns trigger language plpgsql as $$
      begin
        raise exception 'audit entries are never changed or removed' using errcode = '23514', constraint = 'audit_is_append_only';
      end $$;
      create trigger audit_is_append_only before update or delete on audit_entries for each row execute function refuse_change_of_audit();
      create trigger audit_is_never_emptied before truncate on audit_entries for each statement execute function refuse_change_of_audit()`);
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query(`
      drop table audit_entries, outbox_readers;
      drop function refuse_change_of_audit();
      alter table outbox_events drop column actor_type, drop column actor_id, drop column actor_address, drop column request_id, drop column told_in`);
  }
}
