import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Events of somebody else end IGNORED; what waits in a lane, or was ignored in it, is looked at again when the lane moves. */
export class IgnoredEvents1795000750000 implements MigrationInterface {
  readonly name = 'IgnoredEvents1795000750000';

  async up(q: QueryRunner): Promise<void> {
    await q.query(`
      alter table inbound_events
        drop constraint ck_inbound_events_status,
        add constraint ck_inbound_events_status
          check (status in ('RECEIVED', 'PROCESSING', 'PROCESSED', 'DEFERRED', 'FAILED', 'DEAD', 'IGNORED'));
      drop index ix_inbound_events_deferred;
      create index ix_inbound_events_deferred on inbound_events (provider, lane) where status in ('DEFERRED', 'IGNORED')`);
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query(`
      update inbound_events set status = 'DEAD' where status = 'IGNORED';
      drop index ix_inbound_events_deferred;
      create index ix_inbound_events_deferred on inbound_events (provider, lane) where status = 'DEFERRED';
      alter table inbound_events
        drop constraint ck_inbound_events_status,
        add constraint ck_inbound_events_status check (status in ('RECEIVED', 'PROCESSING', 'PROCESSED', 'DEFERRED', 'FAILED', 'DEAD'))`);
  }
}
