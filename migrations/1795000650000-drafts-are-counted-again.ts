import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The boundary that an invoice bills, as the subscription stood then: a draft is priced again from there when events come late. */
export class DraftsAreCountedAgain1795000650000 implements MigrationInterface {
  readonly name = 'DraftsAreCountedAgain1795000650000';

  async up(q: QueryRunner): Promise<void> {
    await q.query(`
      alter table invoice_subscriptions add column current_period_start timestamptz, add column current_period_end timestamptz,
        add constraint ck_invoice_subscriptions_current_period check ((current_period_start is null) = (current_period_end is null)
          and current_period_start <= current_period_end)`);
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query('alter table invoice_subscriptions drop column current_period_start, drop column current_period_end');
  }
}
