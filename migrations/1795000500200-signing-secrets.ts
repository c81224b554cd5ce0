import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Secrets that Florin made for itself and that all its processes share. */
export class SigningSecrets1795000500200 implements MigrationInterface {
  readonly name = 'SigningSecrets1795000500200';

  async up(q: QueryRunner): Promise<void> {
    await q.query(`
      create table signing_secrets (
        purpose text not null constraint pk_signing_secrets primary key,
        secret bytea not null constraint ck_signing_secrets_length check (length(secret) >= 32),
        created_at timestamptz not null
      )`);
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query('drop table signing_secrets');
  }
}
