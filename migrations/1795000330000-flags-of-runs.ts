import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A run keeps the feature flags it began with, whoever takes it up again. */
export class FlagsOfRuns1795000330000 implements MigrationInterface {
  readonly name = 'FlagsOfRuns1795000330000';

  async up(q: QueryRunner): Promise<void> {
    await q.query(`alter table billing_runs add column feature_flags text[] not null default '{}'`);
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query('alter table billing_runs drop column feature_flags');
  }
}
