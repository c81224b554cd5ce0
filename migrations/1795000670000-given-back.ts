import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Time that was paid in advance and given back by a pause can be billed again: the resumption may come in the same period. */
export class GivenBack1795000670000 implements MigrationInterface {
  readonly name = 'GivenBack1795000670000';

  async up(q: QueryRunner): Promise<void> {
    await q.query(`
      alter table billed_periods add column given_back_from timestamptz,
        add constraint ck_billed_periods_given_back check (given_back_from < upper(period)),
        drop constraint ex_billed_periods_once,
        add constraint ex_billed_periods_once exclude using gist (organization_id with =, subscription_id with =, item_id with =,
          tstzrange(lower(period), greatest(lower(period), least(upper(period), given_back_from))) with &&) where (not voided)`);
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query(`
      alter table billed_periods drop constraint ex_billed_periods_once,
        drop column given_back_from,
        add constraint ex_billed_periods_once exclude using gist (organization_id with =, subscription_id with =, item_id with =, period with &&)
          where (not voided)`);
  }
}
