import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Events that say what they cost, and fees of minimum commitments. */
export class UsageInBuckets1795000110000 implements MigrationInterface {
  readonly name = 'UsageInBuckets1795000110000';

  async up(q: QueryRunner): Promise<void> {
    await q.query(`
      alter table usage_events add column precise_total_amount_cents numeric
        constraint ck_usage_events_total check (precise_total_amount_cents not in ('NaN', 'Infinity', '-Infinity'))`);
    await q.query(fees);
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query(`
      alter table fees drop constraint ck_fees_type, add constraint ck_fees_type check (fee_type in ('subscription', 'charge', 'fixed_charge', 'add_on')) not valid;
      alter table usage_events drop column precise_total_amount_cents`);
  }
}

const fees = `
  alter table fees
    drop constraint ck_fees_type,
    add constraint ck_fees_type check (fee_type in ('subscription', 'charge', 'fixed_charge', 'commitment', 'add_on'))`;
