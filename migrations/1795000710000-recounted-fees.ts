import type { MigrationInterface, QueryRunner } from 'typeorm';

/** When a draft's fee was counted again with usage that came after it: a fee keeps its identity, and what is proved of it knows until when it counted. */
export class RecountedFees1795000710000 implements MigrationInterface {
  readonly name = 'RecountedFees1795000710000';

  async up(q: QueryRunner): Promise<void> {
    await q.query('alter table fees add column recounted_at timestamptz');
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query('alter table fees drop column recounted_at');
  }
}
