import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What each transaction of a request came to is kept by the request's Idempotency-Key, written in that transaction. The operator's keys
 * have no organization. Answers and outcomes are bytes: one byte that says whether the rest is sealed, then the rest.
 */
export class KeysInTheWork1795000760000 implements MigrationInterface {
  readonly name = 'KeysInTheWork1795000760000';

  async up(q: QueryRunner): Promise<void> {
    await q.query(`
      alter table idempotency_keys drop constraint pk_idempotency_keys;
      alter table idempotency_keys alter column organization_id drop not null;
      alter table idempotency_keys
        add column id uuid not null default gen_random_uuid(),
        add column attempt integer not null default 1,
        add column outcomes bytea[] not null default '{}',
        alter column response_body type bytea using '\\x00'::bytea || convert_to(response_body, 'UTF8'),
        add constraint pk_idempotency_keys primary key (id),
        add constraint uq_idempotency_keys_key unique nulls not distinct (organization_id, key);
      alter table idempotency_keys alter column id drop default`);
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query(`
      delete from idempotency_keys where organization_id is null or get_byte(response_body, 0) = 1;
      alter table idempotency_keys
        drop constraint uq_idempotency_keys_key, drop constraint pk_idempotency_keys,
        drop column id, drop column attempt, drop column outcomes,
        alter column response_body type text using convert_from(substr(response_body, 2), 'UTF8'),
        add constraint pk_idempotency_keys primary key (organization_id, key)`);
  }
}
