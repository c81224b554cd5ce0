import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The operator reads the runs of all organizations, the youngest first. */
export class RunsByTime1795000643000 implements MigrationInterface {
  readonly name = 'RunsByTime1795000643000';

  async up(q: QueryRunner): Promise<void> {
    await q.query('create index ix_billing_runs_started on billing_runs (started_at desc, id)');
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query('drop index ix_billing_runs_started');
  }
}
