import type { MigrationInterface, QueryRunner } from 'typeorm';

/** An error of a run names the field that was refused. */
export class ReasonsOfRuns1795000701000 implements MigrationInterface {
  readonly name = 'ReasonsOfRuns1795000701000';

  async up(q: QueryRunner): Promise<void> {
    await q.query('alter table billing_run_errors add column field text');
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query('alter table billing_run_errors drop column field');
  }
}
