import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * An event whose transaction id came before with another body is refused by the INSERT itself: nothing of its request is kept. The
 * INSERT compares; this says what it found.
 */
export class ReusedTransactionIds1795000732000 implements MigrationInterface {
  readonly name = 'ReusedTransactionIds1795000732000';

  async up(q: QueryRunner): Promise<void> {
    await q.query(`create function refuse_reused_transaction_id(transaction_id text) returns boolean language plpgsql as $$
      begin
        raise exception 'transaction id % was used for another event', transaction_id
          using errcode = 'unique_violation', constraint = 'transaction_id_reused', table = 'usage_events';
      end $$`);
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query('drop function refuse_reused_transaction_id(text)');
  }
}
