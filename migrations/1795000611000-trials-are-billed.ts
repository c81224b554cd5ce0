import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What is used in a trial is billed: a subscription in its trial has a period too, and is due when that ends. */
export class TrialsAreBilled1795000611000 implements MigrationInterface {
  readonly name = 'TrialsAreBilled1795000611000';

  async up(q: QueryRunner): Promise<void> {
    await this.dueIndex(q, `status in ('ACTIVE', 'TRIAL') or final_invoice_due`);
  }

  async down(q: QueryRunner): Promise<void> {
    await this.dueIndex(q, `status = 'ACTIVE' or final_invoice_due`);
  }

  private async dueIndex(q: QueryRunner, due: string): Promise<void> {
    await q.query(`
      drop index ix_subscriptions_due;
      create index ix_subscriptions_due on subscriptions (organization_id, current_period_end, id)
        where (${due}) and payment_provider = 'MANUAL'`);
  }
}
