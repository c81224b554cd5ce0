import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which documents a billing entity sends by e-mail by itself; until now all of them. */
export class EmailSettings1795000642000 implements MigrationInterface {
  readonly name = 'EmailSettings1795000642000';

  async up(q: QueryRunner): Promise<void> {
    await q.query(`
      alter table billing_entities add column email_settings text[] not null default '{invoice.finalized}'
        constraint ck_billing_entities_email_settings check (email_settings <@ array['invoice.finalized'])`);
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query('alter table billing_entities drop column email_settings');
  }
}
