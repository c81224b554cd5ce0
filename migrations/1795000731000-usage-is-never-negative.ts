import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Usage, fixed charges and minimums are never billed below zero; only what a provider billed may be. Fees that are stored already are
 * not looked at: they are issued. `florin doctor` lists those.
 */
export class UsageIsNeverNegative1795000731000 implements MigrationInterface {
  readonly name = 'UsageIsNeverNegative1795000731000';

  async up(q: QueryRunner): Promise<void> {
    await q.query(`alter table fees add constraint ck_fees_usage_amount
      check (amount_cents >= 0 or fee_type not in ('charge', 'fixed_charge', 'commitment')) not valid`);
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query('alter table fees drop constraint ck_fees_usage_amount');
  }
}
