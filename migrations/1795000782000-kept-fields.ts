import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What Lago's API says of customers and subscriptions and Florin only shows again is kept as it is. */
export class KeptFields1795000782000 implements MigrationInterface {
  readonly name = 'KeptFields1795000782000';

  async up(q: QueryRunner): Promise<void> {
    await q.query(`
      alter table customers add column kept_fields jsonb not null default '{}';
      alter table subscriptions add column kept_fields jsonb not null default '{}'`);
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query(`
      alter table subscriptions drop column kept_fields;
      alter table customers drop column kept_fields`);
  }
}
