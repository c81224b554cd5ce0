import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How a billing entity counts the days of a part of a period; until now as the calendar has them. */
export class DayCounts1795000660000 implements MigrationInterface {
  readonly name = 'DayCounts1795000660000';

  async up(q: QueryRunner): Promise<void> {
    await q.query(`
      alter table billing_entities add column day_count text not null default 'actual'
        constraint ck_billing_entities_day_count check (day_count in ('actual', 'thirty_day_months'))`);
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query('alter table billing_entities drop column day_count');
  }
}
