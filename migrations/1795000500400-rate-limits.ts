import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Counters of requests, shared by all processes. Unlogged: after a crash of the server everybody starts at zero, which is fine. */
export class RateLimits1795000500400 implements MigrationInterface {
  readonly name = 'RateLimits1795000500400';

  async up(q: QueryRunner): Promise<void> {
    await q.query(`
      create unlogged table rate_limit_windows (
        bucket text not null,
        window_start timestamptz not null,
        taken bigint not null,
        constraint pk_rate_limit_windows primary key (bucket, window_start)
      )`);
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query('drop table rate_limit_windows');
  }
}
