import type { MigrationInterface, QueryRunner } from 'typeorm';

/** When, by the provider's time, it was said with what a customer pays by default: an older word of it changes nothing. */
export class DefaultsHaveATime1795000752000 implements MigrationInterface {
  readonly name = 'DefaultsHaveATime1795000752000';

  async up(q: QueryRunner): Promise<void> {
    await q.query('alter table provider_customers add column default_method_said_at timestamptz');
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query('alter table provider_customers drop column default_method_said_at');
  }
}
