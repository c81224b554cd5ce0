import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Operations whose work is done elsewhere: whoever does it says over the API how it gets on. */
export class ReportedOperations1795000633000 implements MigrationInterface {
  readonly name = 'ReportedOperations1795000633000';

  async up(q: QueryRunner): Promise<void> {
    await q.query('alter table operations add column reported boolean not null default false');
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query('alter table operations drop column reported');
  }
}
