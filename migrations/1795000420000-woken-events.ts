import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What an event waits for may come while it is being looked at: the wake-up is remembered then. */
export class WokenEvents1795000420000 implements MigrationInterface {
  readonly name = 'WokenEvents1795000420000';

  async up(q: QueryRunner): Promise<void> {
    await q.query('alter table inbound_events add column woken boolean not null default false');
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query('alter table inbound_events drop column woken');
  }
}
