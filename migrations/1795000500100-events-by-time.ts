import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Finds the pages of a span of time; costs ingestion nothing that can be measured (docs/decisions/0008). */
export class EventsByTime1795000500100 implements MigrationInterface {
  readonly name = 'EventsByTime1795000500100';

  async up(q: QueryRunner): Promise<void> {
    await q.query('create index ix_usage_events_occurred_at on usage_events using brin (occurred_at)');
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query('drop index ix_usage_events_occurred_at');
  }
}
