import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What tells a late word of the provider from a new one: since when, by its time, a customer has nothing to pay with; and whether all that was said of
 * an object within the last second is accounted for.
 */
export class WhatComesLate1795000680000 implements MigrationInterface {
  readonly name = 'WhatComesLate1795000680000';

  async up(q: QueryRunner): Promise<void> {
    await q.query(`
      alter table provider_customers add column methods_gone_at timestamptz;
      alter table provider_objects add column is_unbroken boolean not null default false`);
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query(`
      alter table provider_objects drop column is_unbroken;
      alter table provider_customers drop column methods_gone_at`);
  }
}
