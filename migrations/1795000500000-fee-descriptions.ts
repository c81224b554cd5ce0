import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a person wrote about a line of a one-off invoice. */
export class FeeDescriptions1795000500000 implements MigrationInterface {
  readonly name = 'FeeDescriptions1795000500000';

  async up(q: QueryRunner): Promise<void> {
    await q.query('alter table fees add column description text');
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query('alter table fees drop column description');
  }
}
